/**
 * What stands between a scan and a code's own destination: rules that lead some visitors elsewhere, changes that are
 * planned ahead, and what closes the way. What a code's routing is after an event is told here once, for the rules, the
 * read models and the memory of the redirect alike.
 */
import { type Static, type TSchema, Type } from '@sinclair/typebox';
import { Data, type FactOf, personal, withheld } from './envelope.ts';
import { Device } from './scan.ts';

const Destination = personal(Type.String());
/** Milliseconds since 1970, UTC. */
const Time = Type.Integer();
const TimeOrNull = Type.Union([Time, Type.Null()]);
const some = <T extends TSchema>(item: T) => Type.Optional(Type.Array(item, { minItems: 1 }));

export const Weekday = Type.Union(
  [
    Type.Literal('mon'),
    Type.Literal('tue'),
    Type.Literal('wed'),
    Type.Literal('thu'),
    Type.Literal('fri'),
    Type.Literal('sat'),
    Type.Literal('sun'),
  ],
  { title: 'Weekday' },
);
export type Weekday = Static<typeof Weekday>;

/** All that is named has to hold; in each list one has to. */
export const When = Data({
  /** ISO 3166-1 alpha-2. */
  countries: some(Type.String()),
  devices: some(Device),
  systems: some(Type.String()),
  browsers: some(Type.String()),
  /** First language the browser asks for, as BCP 47 primary subtag. */
  languages: some(Type.String()),
  /** From the first moment on, up to the second and without it. */
  from: Type.Optional(Time),
  until: Type.Optional(Time),
  weekdays: some(Weekday),
  /** `HH:MM` by the clock of the time zone; from later than until means over midnight. */
  hours: Type.Optional(Data({ from: Type.String(), until: Type.String() })),
  /** IANA name; UTC when absent. */
  timeZone: Type.Optional(Type.String()),
  /** Parameters of the short URL; null for any value. */
  query: Type.Optional(Type.Record(Type.String(), Type.Union([Type.String(), Type.Null()]))),
});
export type When = Static<typeof When>;

/** Of several, each gets visitors by its weight, and a visitor the same one every time. */
export const Variant = Data({ name: Type.String(), weight: Type.Integer({ minimum: 1 }), destination: Destination });
export type Variant = Static<typeof Variant>;

/** Leads where it says when everything holds: to one destination or to one of several. */
export const Rule = Data({
  /** Named in the scans that it led. */
  name: Type.String(),
  when: When,
  destination: Type.Optional(Destination),
  split: Type.Optional(Type.Array(Variant, { minItems: 2 })),
});
export type Rule = Static<typeof Rule>;

/** From then on the code leads there. */
export const Planned = Data({ at: Time, destination: Destination });
export type Planned = Static<typeof Planned>;

/** Parameters that are added where the destination does not name them itself. */
export const Parameters = Data({
  /** Which of the short URL's own are handed on: none, `utm_…` only, all, or these. */
  pass: Type.Union([Type.Literal('none'), Type.Literal('utm'), Type.Literal('all'), Type.Array(Type.String())]),
  /** Added to each destination, unless they are handed on. */
  add: personal(Type.Record(Type.String(), Type.String())),
});
export type Parameters = Static<typeof Parameters>;

/** Where phones are led instead: a page of the app's maker or a link that opens the app. */
export const AppLinks = Data({ ios: Type.Optional(Destination), android: Type.Optional(Destination) });
export type AppLinks = Static<typeof AppLinks>;

export const routingEvents = {
  /** The whole new list, in the order in which they are asked. */
  'qr.rules_changed': Data({ rules: Type.Array(Rule) }),
  /** The whole new plan, in the order of times. */
  'qr.scheduled': Data({ schedule: Type.Array(Planned) }),
  /** The code leads nowhere before the first moment, and from the second on no more. */
  'qr.window_changed': Data({ startsAt: TimeOrNull, expiresAt: TimeOrNull }),
  /** The code leads nowhere once it was scanned so often. */
  'qr.limited': Data({ maxScans: Type.Union([Type.Integer({ minimum: 1 }), Type.Null()]) }),
  /** Who has no password sees a form; the hash says how it was made. */
  'qr.locked': Data({ hash: withheld(personal(Type.String())) }),
  'qr.unlocked': Data({}),
  /** All are led there meanwhile, or are told that the code rests. */
  'qr.paused': Data({ fallback: Type.Union([Destination, Type.Null()]) }),
  'qr.resumed': Data({}),
  'qr.parameters_changed': Parameters,
  'qr.deep_linked': AppLinks,
} as const;

export type RoutingFact = FactOf<typeof routingEvents>;

/** What is as it is without any of these events is absent. */
export interface Routing {
  readonly rules?: readonly Rule[];
  readonly schedule?: readonly Planned[];
  readonly startsAt?: number;
  readonly expiresAt?: number;
  readonly maxScans?: number;
  /** Hash of the password. */
  readonly lock?: string;
  readonly paused?: { readonly fallback: string | null };
  readonly parameters?: Parameters;
  readonly appLinks?: AppLinks;
}

/** A code's routing after a fact; the same object when the fact has nothing to do with it. */
export function routingAfter(routing: Routing, { type, data }: RoutingFact | { type: string; data: unknown }): Routing {
  const fact = { type, data } as RoutingFact;
  switch (fact.type) {
    case 'qr.rules_changed':
      return defined({ ...routing, rules: filled(fact.data.rules) });
    case 'qr.scheduled':
      return defined({ ...routing, schedule: filled(fact.data.schedule) });
    case 'qr.window_changed': {
      const { startsAt, expiresAt } = fact.data;
      return defined({ ...routing, startsAt: startsAt ?? undefined, expiresAt: expiresAt ?? undefined });
    }
    case 'qr.limited':
      return defined({ ...routing, maxScans: fact.data.maxScans ?? undefined });
    case 'qr.locked':
      return { ...routing, lock: fact.data.hash };
    case 'qr.unlocked':
      return defined({ ...routing, lock: undefined });
    case 'qr.paused':
      return { ...routing, paused: { fallback: fact.data.fallback } };
    case 'qr.resumed':
      return defined({ ...routing, paused: undefined });
    case 'qr.parameters_changed': {
      const { pass, add } = fact.data;
      const isNone = pass === 'none' && Object.keys(add).length === 0;
      return defined({ ...routing, parameters: isNone ? undefined : { pass, add } });
    }
    case 'qr.deep_linked':
      return defined({ ...routing, appLinks: Object.keys(fact.data).length === 0 ? undefined : fact.data });
    default:
      return routing;
  }
}

const filled = <T>(list: readonly T[]): readonly T[] | undefined => (list.length > 0 ? list : undefined);

/** Without the fields that are undefined: of a million entries nearly all have none. */
const defined = (fields: { [F in keyof Routing]: Routing[F] | undefined }): Routing =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));

export const hasRouting = (routing: Routing): boolean => Object.keys(routing).length > 0;
