/**
 * What a code can hold besides a web address: one closed shape for each type. Here stand names, kinds and lengths, which
 * bind for ever; whether a number can be dialled or a check digit is right is asked in `src/content/faults.ts`. Almost
 * every field may name a person or open a door, so almost every field is personal.
 */
import { type Static, type TObject, type TProperties, Type } from '@sinclair/typebox';
import { personal } from './envelope.ts';

/** Bytes that the largest code holds at level L (ISO/IEC 18004, table 7): no payload may be longer. */
export const payloadBytesMax = 2953;

const Shape = <P extends TProperties>(properties: P, options: { description: string; minProperties?: number }) =>
  Type.Object(properties, { additionalProperties: false, ...options }) as TObject<P>;

/** A text of at least one character that may name a person or be a secret. */
const Words = (maxLength: number, description: string, example: string) =>
  personal(Type.String({ minLength: 1, maxLength, description, examples: [example] }));

const Link = (description: string, example: string) => Words(2048, `${description}: an http or https URL`, example);

const Phone = Words(
  32,
  'A phone number; with + and country code it works from everywhere. Spaces, dots, hyphens, slashes and brackets are dropped',
  '+49 30 901820',
);
const Email = Words(254, 'One e-mail address', 'jane@example.com');
const Message = Words(1000, 'A message that is prepared for sending', 'Hello!');

/** A day as RFC 3339 writes it or, as on packages, YYMMDD, where day 00 leaves the day open. */
const Day = (description: string) =>
  Type.String({ pattern: '^(20\\d{2}-\\d{2}-\\d{2}|\\d{6})$', description, examples: ['2027-03-31'] });

/** Up to 20 characters of the set 82 of the GS1 General Specifications, section 7.11. */
const Batch = (description: string, example: string) =>
  Type.String({
    pattern: '^[!"%-?A-Z_a-z]{1,20}$',
    description: `${description}: 1 to 20 characters of GS1's set 82`,
    examples: [example],
  });

const When = (description: string) =>
  personal(
    Type.String({
      minLength: 10,
      maxLength: 40,
      description: `${description}: a time with its offset, or a day for what lasts whole days`,
      examples: ['2027-05-01T18:00:00Z'],
    }),
  );

export const contentSchemas = {
  text: Shape(
    { text: Words(payloadBytesMax, 'The text; at most 2,953 bytes in UTF-8', 'Table 12') },
    { description: 'A text that is shown as it is' },
  ),
  email: Shape(
    {
      to: Email,
      subject: Type.Optional(Words(250, 'The subject', 'Your offer')),
      body: Type.Optional(Words(2000, 'The text', 'Dear Jane,')),
    },
    { description: 'An e-mail that is prepared for sending' },
  ),
  phone: Shape({ number: Phone }, { description: 'A number to call' }),
  sms: Shape({ number: Phone, message: Type.Optional(Message) }, { description: 'A short message' }),
  whatsapp: Shape(
    { number: Phone, message: Type.Optional(Message) },
    { description: 'A WhatsApp chat; the number needs its country code' },
  ),
  wifi: Shape(
    {
      ssid: Words(32, 'The name of the network; at most 32 bytes in UTF-8', 'Guests'),
      password: Type.Optional(
        personal(
          Type.String({ maxLength: 64, description: 'The password; none for nopass', examples: ['correct horse'] }),
        ),
      ),
      encryption: Type.Optional(
        Type.Union([Type.Literal('WPA'), Type.Literal('WEP'), Type.Literal('nopass')], {
          description: 'WPA (1, 2 and 3), WEP or nopass; by default WPA with a password and nopass without',
        }),
      ),
      hidden: Type.Optional(Type.Boolean({ description: 'Whether the network does not show its name' })),
    },
    { description: 'A wireless network to join' },
  ),
  vcard: Shape(
    {
      firstName: Type.Optional(Words(100, 'Given name', 'Jane')),
      lastName: Type.Optional(Words(100, 'Family name', 'Doe')),
      organization: Type.Optional(Words(150, 'Company or other organisation', 'Example Ltd')),
      title: Type.Optional(Words(150, 'Position in it', 'Head of Sales')),
      phone: Type.Optional(Phone),
      email: Type.Optional(Email),
      url: Type.Optional(Link('A web page', 'https://example.com')),
      address: Type.Optional(Words(300, 'Postal address, in lines as on an envelope', '1 Main Street\nSpringfield')),
      note: Type.Optional(Words(1000, 'Anything else', 'Met at the fair')),
    },
    { description: 'A contact; it has a first name, a last name or an organization', minProperties: 1 },
  ),
  event: Shape(
    {
      title: Words(250, 'What it is', 'Opening'),
      start: When('When it begins'),
      end: When('When it ends; of days, the last one'),
      location: Type.Optional(Words(300, 'Where it is', 'Town hall')),
      description: Type.Optional(Words(1500, 'More about it', 'Free entry')),
    },
    { description: 'An entry for the calendar' },
  ),
  geo: Shape(
    {
      latitude: personal(
        Type.Number({ minimum: -90, maximum: 90, description: 'Degrees north, WGS 84', examples: [52.516275] }),
      ),
      longitude: personal(
        Type.Number({ minimum: -180, maximum: 180, description: 'Degrees east, WGS 84', examples: [13.377704] }),
      ),
    },
    { description: 'A place' },
  ),
  app: Shape(
    {
      ios: Type.Optional(Link('Where an iPhone or iPad is led', 'https://apps.apple.com/app/id123456789')),
      android: Type.Optional(
        Link('Where an Android device is led', 'https://play.google.com/store/apps/details?id=com.example'),
      ),
      fallback: Type.Optional(Link('Where everything else is led', 'https://example.com/app')),
    },
    { description: 'An app, in the store of the device that asks', minProperties: 1 },
  ),
  file: Shape(
    { url: Link('A PDF or other file', 'https://example.com/menu.pdf') },
    { description: 'A file on the web' },
  ),
  gs1: Shape(
    {
      gtin: Type.String({
        pattern: '^(\\d{8}|\\d{12,14})$',
        description: 'Global Trade Item Number of 8, 12, 13 or 14 digits with a right check digit, AI (01)',
        examples: ['09506000134352'],
      }),
      variant: Type.Optional(Batch('Consumer product variant, AI (22)', '2A')),
      lot: Type.Optional(Batch('Batch or lot, AI (10)', 'ABC123')),
      serial: Type.Optional(Batch('Serial number, AI (21)', '12345')),
      productionDate: Type.Optional(Day('Production date, AI (11)')),
      bestBefore: Type.Optional(Day('Best before date, AI (15)')),
      expiry: Type.Optional(Day('Expiration date, AI (17)')),
      domain: Type.Optional(
        Type.String({
          minLength: 1,
          maxLength: 253,
          description: 'Host of the resolver, id.gs1.org by default',
          examples: ['id.example.com'],
        }),
      ),
    },
    { description: 'A product as GS1 Digital Link' },
  ),
} as const;

/** The types whose codes have `content`; a code of type `url` has a `destination` instead. */
export type ContentType = keyof typeof contentSchemas;
export type ContentOf<T extends ContentType> = Static<(typeof contentSchemas)[T]>;
export type Content = ContentOf<ContentType>;

export const contentTypes = Object.keys(contentSchemas) as readonly ContentType[];
