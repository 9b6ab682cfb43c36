/**
 * An example of every message, for the API's description and for trying a webhook out. What an event holds is told by
 * its schema, and so is the example: an event that is new has one without anybody writing it.
 */
import type { TSchema } from '@sinclair/typebox';
import { catalogue, type EventType } from '../../events/index.ts';
import { typesOf } from '../../events/names.ts';

export interface Example {
  readonly type: string;
  readonly timestamp: string;
  readonly data: Readonly<Record<string, unknown>>;
}

const at = Date.UTC(2026, 3, 8, 12);
const idLike = '01J3K9M2P8XABCDEFGHJKMNPQR';

/** What stands in a field of this name, where its schema tells no example. */
const words: Readonly<Record<string, string>> = {
  actor: `key_${idLike}`,
  android: 'https://play.google.com/store/apps/details?id=com.example',
  browser: 'Safari',
  city: 'Berlin',
  country: 'DE',
  destination: 'https://example.com/new-landing',
  email: 'ada@example.com',
  error: 'There was no connection.',
  fallback: 'https://example.com/closed',
  folder: 'Flyers',
  hash: '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
  ios: 'https://apps.apple.com/app/id123456789',
  key: `key_${idLike}`,
  label: 'Campaign A',
  language: 'de',
  lastFour: '7QxZ',
  name: 'Campaign team',
  os: 'iOS',
  period: '2026-04',
  qr: `qr_${idLike}`,
  reason: 'Rehearsal',
  referrer: 'news.example.com',
  region: 'DE-BE',
  sha256: '60303ae22b998861bce3b28f33eec1be758a213c86c93c076dbe9f558c11c752',
  slug: 'summer-sale',
  timeZone: 'Europe/Berlin',
  url: 'https://yourapp.com/webhooks/qr-scans',
};
/** Entries of lists. */
const entries: Readonly<Record<string, string>> = {
  addresses: '203.0.113.0/24',
  browsers: 'Safari',
  codes: `qr_${idLike}`,
  countries: 'DE',
  domains: 'go.example.com',
  events: 'scan.created',
  languages: 'de',
  operations: 'qr.read',
  systems: 'iOS',
  tags: 'menu',
};

/** Those that people look at first, told whole. */
const told: { readonly [T in EventType]?: Readonly<Record<string, unknown>> } = {
  'qr.created': {
    ...{ slug: 'abc23456', type: 'url', destination: 'https://example.com/landing', label: 'Campaign A' },
    style: { dotColor: '#1a1a2e', bgColor: '#ffffff' },
  },
  'qr.rewritten': { content: { ssid: 'Guests', encryption: 'WPA' } },
  'qr.restyled': { style: { dotColor: '#1a1a2e', dotShape: 'rounded' } },
  'style.created': { name: 'Brand', style: { dotColor: '#1a1a2e' } },
  'style.changed': { style: { dotColor: '#1a1a2e' } },
  'scan.recorded': {
    ...{ qr: `qr_${idLike}`, qrVersion: 3, rule: null, kind: 'scan', country: 'DE', region: 'DE-BE', city: 'Berlin' },
    ...{ device: 'mobile', os: 'iOS', browser: 'Safari', referrer: null, language: 'de' },
    utm: { source: 'poster', campaign: 'spring' },
  },
};

/** Stream prefix of a noun's events. */
const streams: Readonly<Record<string, string>> = {
  ...{ qr: 'qr', org: 'org', team: 'org', member: 'mem', key: 'key', style: 'sty', webhook: 'wh', replay: 'rep' },
};

/** An example of the message with this name. */
export function exampleOf(name: string): Example {
  const type = typesOf(name)[0]!;
  const schema = (catalogue as Readonly<Record<string, TSchema>>)[type]!;
  const prefix = streams[type.slice(0, type.indexOf('.'))];
  const place = { name: type, position: 1042 };
  const envelope =
    type === 'scan.recorded' ? place : { ...place, version: 3, actor: `key_${idLike}`, request: `req_${idLike}` };
  const data = told[type] ?? (valueFor(schema, '') as Readonly<Record<string, unknown>>);
  return {
    type: name,
    timestamp: new Date(at).toISOString(),
    data: { ...(prefix && { id: `${prefix}_${idLike}` }), ...data, event: envelope },
  };
}

function valueFor(schema: TSchema, name: string): unknown {
  if (Array.isArray(schema.examples)) return schema.examples[0];
  if ('const' in schema) return schema['const'];
  const choices = schema['anyOf'] as TSchema[] | undefined;
  if (choices) return valueFor(choices.find(({ type }) => type !== 'null') ?? choices[0]!, name);
  switch (schema['type']) {
    case 'object':
      return objectOf(schema);
    case 'array':
      return Array.from({ length: schema['minItems'] ?? 1 }, () =>
        valueFor(schema['items'], name in entries ? name : ''),
      );
    case 'boolean':
      return true;
    case 'integer':
    case 'number':
      return /(^at|^before|^from|At|Until|Since)$/.test(name) ? at : Math.max(1, schema['minimum'] ?? 1);
    default:
      return textOf(schema, name);
  }
}

/** Its fields, of what may be absent only what is simple; what is withheld is in no message. */
function objectOf(schema: TSchema): Record<string, unknown> {
  const properties = Object.entries((schema['properties'] ?? {}) as Record<string, TSchema>);
  const required: readonly string[] = schema['required'] ?? [];
  return Object.fromEntries(
    properties
      .filter(([name, its]) => its['x-withheld'] !== true && (required.includes(name) || its['type'] !== 'object'))
      .map(([name, its]) => [name, valueFor(its, name)]),
  );
}

function textOf({ pattern }: TSchema, name: string): string {
  const prefix = /^\^([a-z]+)_\[/.exec(pattern ?? '')?.[1];
  return prefix ? `${prefix}_${idLike}` : (entries[name] ?? words[name] ?? 'text');
}
