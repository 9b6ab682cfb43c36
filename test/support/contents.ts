/**
 * Contents of every type at random, without faults, and full of what could end a field early: the marks that mean
 * something in one of the formats, line breaks, other scripts, emoji, and characters beyond the basic plane.
 */
import fc from 'fast-check';
import { type ContentOf, type ContentType, contentTypes } from '../../events/content.ts';
import { contentFaults } from '../../src/content/faults.ts';

const marks = [
  ...`;,:\\"'\`&=?%#<>@+/|{}[]()!$*~^_- .`,
  '\\n',
  '%0A',
  'é',
  'ß',
  '漢',
  'ع',
  '😀',
  '👩‍👩‍👧',
  '\u{10ffff}',
  '\u00a0',
];
const unit = fc.oneof(fc.constantFrom(...marks), fc.constantFrom(...'abcXYZ019'));
const text = (units: fc.Arbitrary<string>, maxLength: number) =>
  fc.array(units, { minLength: 1, maxLength }).map(units => units.join(''));
export const line = (maxLength = 40) => text(unit, maxLength);
export const lines = (maxLength = 120) => text(fc.oneof({ weight: 9, arbitrary: unit }, fc.constant('\n')), maxLength);

export const number = fc
  .tuple(fc.constantFrom('+1 ', '+49-', '+852/'), fc.stringMatching(/^\d{3}[ .-]?\d{4,7}$/))
  .map(parts => parts.join(''));
const localPart = fc.oneof(
  fc.stringMatching(/^[a-z0-9!#$%&'*+/=?^_`{|}~-]{1,20}(\.[a-z0-9]{1,5})?$/),
  fc.constantFrom('"not@me"', '"a;b,c: \\"d\\""', 'δοκιμή', '用户'),
);
const email = fc
  .tuple(localPart, fc.constantFrom('example.com', 'a-b.example', 'bücher.example', '納豆.example.org'))
  .map(([local, domain]) => `${local}@${domain}`);
const url = fc
  .tuple(fc.constantFrom('https://example.com', 'http://bücher.example:8080'), fc.webPath(), fc.webQueryParameters())
  .map(([host, path, query]) => `${host}${path}?q=${query}`);
const moment = (min: number, max: number) =>
  fc
    .tuple(fc.integer({ min, max }), fc.constantFrom('UTC', '+05:45', '-08:00'))
    .map(([seconds, zone]) => Temporal.Instant.fromEpochMilliseconds(seconds * 1000).toString({ timeZone: zone }));
/** Never -0, which JSON writes as 0: what is stored can't be that letter by letter. */
const degrees = (max: number) => fc.double({ min: -max, max, noNaN: true }).map(value => value + 0);
const gtin = fc.stringMatching(/^(\d{7}|\d{11,13})$/).map(digits => {
  const sum = [...digits].reverse().reduce((total, digit, i) => total + Number(digit) * (i % 2 === 0 ? 3 : 1), 0);
  return `${digits}${(10 - (sum % 10)) % 10}`;
});
const batch = fc.stringMatching(/^[!"%-?A-Z_a-z]{1,20}$/);
const day = fc.constantFrom('2027-03-31', '2028-02-29', '270300', '991231');
const days = fc.tuple(
  fc.constantFrom('2027-05-01', '2027-02-28'),
  fc.constantFrom('2027-05-01', '2028-02-29', '2027-12-31'),
);
const span = fc.oneof(days, fc.tuple(moment(0, 2_000_000_000), moment(2_000_000_001, 4_000_000_000)));

const some = <T extends object, K extends keyof T>(
  model: { [P in keyof T]: fc.Arbitrary<NonNullable<T[P]>> },
  requiredKeys: K[],
) => fc.record(model, { requiredKeys: requiredKeys as never }) as unknown as fc.Arbitrary<T>;

const raw: { readonly [T in ContentType]: fc.Arbitrary<ContentOf<T>> } = {
  text: fc.record({ text: lines(400) }),
  email: some({ to: email, subject: line(), body: lines() }, ['to']),
  phone: fc.record({ number }),
  sms: some({ number, message: lines() }, ['number']),
  whatsapp: some({ number, message: lines() }, ['number']),
  wifi: some({ ssid: line(16), password: line(30), encryption: fc.constantFrom('WPA', 'WEP'), hidden: fc.boolean() }, [
    'ssid',
    'password',
  ]),
  vcard: some(
    {
      firstName: line(),
      lastName: line(),
      organization: line(),
      title: line(),
      phone: number,
      email,
      url,
      address: lines(),
      note: lines(),
    },
    ['firstName'],
  ),
  event: fc
    .tuple(span, some({ title: line(80), location: line(80), description: lines(200) }, ['title']))
    .map(([[start, end], rest]) => ({ start, end, ...rest }) as ContentOf<'event'>),
  geo: fc.record({ latitude: degrees(90), longitude: degrees(180) }),
  app: some({ ios: url, android: url, fallback: url }, ['fallback']),
  file: fc.record({ url }),
  gs1: some(
    {
      gtin,
      variant: batch,
      lot: batch,
      serial: batch,
      productionDate: day,
      bestBefore: day,
      expiry: day,
      domain: fc.constantFrom('id.gs1.org', 'id.example.com', 'example.com:8443'),
    },
    ['gtin'],
  ),
};

/** A content of one type in which `contentFaults` finds nothing. */
export const contentOf = <T extends ContentType>(type: T): fc.Arbitrary<ContentOf<T>> =>
  raw[type].filter(content => contentFaults(type, content).length === 0);

/** A type and a content of it. */
export const anyContent = fc
  .constantFrom(...contentTypes)
  .chain(type => contentOf(type).map(content => [type, content] as const));
