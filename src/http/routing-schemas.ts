/**
 * A code's routing as the API takes and shows it. It says what the event says, with times as RFC 3339 and the password
 * instead of its hash; what is shown can be sent back as it is, but for the password, of which only is told that there
 * is one.
 */
import { type ObjectOptions, type Static, type TSchema, Type } from '@sinclair/typebox';
import Bowser from 'bowser';
import { Weekday } from '../../events/routing.ts';
import { Device } from '../../events/scan.ts';
import { destinationMaxLength } from '../deciders/destination.ts';
import { parametersMax, plannedMax, rulesMax, variantsMax } from '../deciders/routing.ts';
import { Closed, OneOf, OrNull } from './shapes.ts';

const Name = Type.String({
  pattern: '^[a-z0-9][a-z0-9_-]{0,31}$',
  description: 'Up to 32 of a-z, 0-9, - and _, the first a letter or digit; stands in the scans that were led by it',
  examples: ['lunch'],
});
const Destination = Type.String({
  minLength: 1,
  maxLength: destinationMaxLength,
  examples: ['https://example.com/menu'],
});
const Time = Type.String({
  pattern: '^\\d{4}-\\d\\d-\\d\\d[Tt]\\d\\d:\\d\\d:\\d\\d(\\.\\d{1,9})?([Zz]|[+-]\\d\\d:\\d\\d)$',
  description: 'A time with its offset (RFC 3339)',
  examples: ['2026-04-08T12:00:00Z'],
});
const Clock = Type.String({
  pattern: '^([01]\\d|2[0-3]):[0-5]\\d$',
  description: 'Hour and minute, 00:00 to 23:59',
  examples: ['18:00'],
});
const some = <T extends TSchema>(item: T, description: string, maxItems = 300) =>
  Type.Optional(Type.Array(item, { minItems: 1, maxItems, uniqueItems: true, description }));
/** Parameters by name. Without the last word a name of another shape would have any value at all (JSON Schema 2020-12, 10.3.2.3). */
const parameters = <T extends TSchema>(value: T, options: ObjectOptions) =>
  Type.Record(Type.String({ pattern: '^.{1,64}$' }), value, { ...options, additionalProperties: false });
/** A part that a change may set or take away. */
const Part = <T extends TSchema>(schema: T, description: string) => Type.Optional(OrNull(schema, description));

/** Names as a scan has them. */
const systems = [...new Set(Object.values(Bowser.OS_MAP))].sort();
const browsers = [...new Set(Object.values(Bowser.BROWSER_MAP))].sort();

const When = Closed(
  {
    countries: some(Type.String({ pattern: '^[A-Z]{2}$', description: 'ISO 3166-1 alpha-2' }), 'Where visitors are'),
    devices: some(Device, 'Kinds of device'),
    systems: some(OneOf(systems), 'Operating systems, by the names that analytics show'),
    browsers: some(OneOf(browsers), 'Browsers, by the names that analytics show'),
    languages: some(
      Type.String({
        pattern: '^[a-z]{2,3}$',
        description: 'BCP 47 primary subtag in small letters; regions are not told apart',
      }),
      'First language the browser asks for',
    ),
    from: Type.Optional(Time),
    until: Type.Optional({
      ...Time,
      description: 'Up to this moment and without it, a time with its offset (RFC 3339)',
    }),
    weekdays: some(Weekday, 'Days of the week', 7),
    hours: Type.Optional(
      Closed({ from: Clock, until: Clock }, { description: 'From later than until is over midnight' }),
    ),
    timeZone: Type.Optional(
      Type.String({
        maxLength: 64,
        description: 'Whose weekdays and hours; UTC when absent',
        examples: ['Europe/Berlin'],
      }),
    ),
    query: Type.Optional(
      parameters(OrNull(Type.String({ maxLength: 256 })), {
        maxProperties: 10,
        description: 'Parameters of the short URL, each with its value; null for any',
      }),
    ),
  },
  { title: 'RuleConditions', description: 'All that is named has to hold; in each list one. Empty: always' },
);

const Variant = Closed(
  {
    name: Name,
    weight: Type.Integer({ minimum: 1, maximum: 1_000_000 }),
    destination: Destination,
  },
  { title: 'RuleVariant' },
);
const Rule = Closed(
  {
    name: Name,
    when: When,
    destination: Type.Optional(Destination),
    split: Type.Optional(
      Type.Array(Variant, {
        minItems: 2,
        maxItems: variantsMax,
        description:
          'Instead of a destination: several, each for a share of the visitors; a visitor gets the same each time',
      }),
    ),
  },
  { title: 'RoutingRule' },
);
const Rules = Type.Array(Rule, { maxItems: rulesMax, description: 'Asked in this order; the first that holds leads' });
const Schedule = Type.Array(Closed({ at: Time, destination: Destination }, { title: 'PlannedChange' }), {
  maxItems: plannedMax,
  description: 'Changes of destination that are planned; each is taken at its time, by itself',
});
const Parameters = Closed(
  {
    pass: Type.Optional(
      Type.Union([
        Type.Literal('none'),
        Type.Literal('utm'),
        Type.Literal('all'),
        Type.Array(Type.String({ minLength: 1, maxLength: 64 }), { maxItems: parametersMax, uniqueItems: true }),
      ]),
    ),
    add: Type.Optional(
      parameters(Type.String({ maxLength: 256 }), {
        maxProperties: parametersMax,
        examples: [{ utm_source: 'poster' }],
      }),
    ),
  },
  {
    title: 'RoutingParameters',
    description:
      'Parameters of destinations: which of the short URL’s own are handed on, and what is added. What a destination names itself stays',
  },
);
const AppLinks = Closed(
  { ios: Type.Optional(Destination), android: Type.Optional(Destination) },
  {
    title: 'AppLinks',
    description: 'Where phones are led instead: a web address, or a link of a scheme that the operator allows',
  },
);
const Paused = Closed({ fallback: OrNull(Destination) }, { title: 'Pause' });
const MaxScans = Type.Integer({ minimum: 1, maximum: 1_000_000_000 });

/** What a change may hold; null takes a part away. */
export const RoutingInput = Closed(
  {
    rules: Part(Rules, 'Rules, all of them: the list replaces the one before'),
    schedule: Part(Schedule, 'Planned changes, all of them: the list replaces the one before'),
    startsAt: Part(Time, 'The code leads nowhere before'),
    expiresAt: Part(Time, 'The code leads nowhere from then on'),
    maxScans: Part(MaxScans, 'The code leads nowhere once it was scanned so often'),
    password: Part(Type.String({ minLength: 4, maxLength: 200 }), 'Asked for before anything is shown'),
    paused: Part(Paused, 'Leads everybody to the fallback, or nowhere'),
    parameters: Part(Parameters, 'Parameters that are added to destinations'),
    appLinks: Part(AppLinks, 'Links into apps'),
  },
  {
    title: 'RoutingInput',
    minProperties: 1,
    description: 'Where visitors are led besides, and what closes the way',
    examples: [
      {
        rules: [
          {
            name: 'lunch',
            when: {
              weekdays: ['mon', 'tue', 'wed', 'thu', 'fri'],
              hours: { from: '11:30', until: '14:00' },
              timeZone: 'Europe/Berlin',
            },
            destination: 'https://example.com/lunch',
          },
        ],
        parameters: { pass: 'utm', add: { utm_source: 'poster' } },
      },
    ],
  },
);
export type RoutingInput = Static<typeof RoutingInput>;

/** What is shown: every part there is. */
export const RoutingShown = Type.Object(
  {
    rules: Rules,
    schedule: Schedule,
    startsAt: OrNull(Time),
    expiresAt: OrNull(Time),
    maxScans: OrNull(MaxScans),
    password: Type.Boolean({ description: 'Whether one is asked for' }),
    paused: OrNull(Paused),
    parameters: Type.Required(Parameters, { title: 'RoutingParametersInFull' }),
    appLinks: AppLinks,
  },
  { title: 'Routing' },
);
export type RoutingShown = Static<typeof RoutingShown>;
