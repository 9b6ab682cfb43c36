/**
 * Codes, for the table of events and read models in `catalogue.test.ts`: what has happened before, what happens then,
 * and the rows it leaves. A row that ends is kept with its end, so that each change is two rows.
 */
import type { AnyEvent, EventType } from '../../events/index.ts';
import type { QrFact } from '../../events/qr.ts';
import { eventOf, type Rows } from '../support/read-models.ts';

const created = Date.UTC(2026, 3, 8);
const later = Date.UTC(2026, 4, 9);
const code = { slug: 'menu', type: 'url', destination: 'https://example.com/a', label: 'Menu' } as const;
const wifi = { slug: 'wlan', type: 'wifi', content: { ssid: 'Guests', password: 'correct horse' } } as const;
const logo = { sha256: 'ab'.repeat(32), width: 640, height: 320 };

/** Positions of what happens before and then. */
const [first, second, then] = [11, 12, 20];
const began = { at: created, position: first };
const went = { version: 2, at: later, position: second };
const next = { version: 2, at: later, position: then };

const domain = { id: 'dom_1', host: 'go.example.com' };
const rule = { name: 'de', when: { countries: ['DE'] }, destination: 'https://example.com/de' };
const plan = { at: 1_800_000_000_000, destination: 'https://example.com/soon' };

export const codesBefore: readonly AnyEvent[] = [
  eventOf('qr.created', 'qr_1', code, began),
  eventOf('qr.created', 'qr_3', wifi, began),
  eventOf('qr.created', 'qr_4', { ...code, slug: 'logo', forced: true }, began),
  eventOf('qr.logo_attached', 'qr_4', { logo }, went),
  eventOf('qr.created', 'qr_5', { ...code, slug: 'gone', test: true }, began),
  eventOf('qr.deleted', 'qr_5', {}, went),
  eventOf('qr.created', 'qr_6', { ...code, slug: 'locked' }, began),
  eventOf('qr.locked', 'qr_6', { hash: 'scrypt$1' }, went),
  eventOf('qr.created', 'qr_7', { ...code, slug: 'paused' }, began),
  eventOf('qr.paused', 'qr_7', { fallback: 'https://example.com/later' }, went),
];

const shop = { ...code, slug: 'shop', style: { dotColor: '#123' }, team: 'team_1', tags: ['a'], folder: 'Flyers' };
export const codesAfter: { [T in QrFact['type']]: AnyEvent } = {
  'qr.created': eventOf('qr.created', 'qr_2', shop, { at: later, position: then }),
  'qr.retargeted': eventOf('qr.retargeted', 'qr_1', { destination: 'https://example.com/b' }, next),
  'qr.rewritten': eventOf('qr.rewritten', 'qr_3', { content: { ssid: 'Staff' } }, next),
  'qr.relabeled': eventOf('qr.relabeled', 'qr_1', { label: null }, next),
  'qr.restyled': eventOf('qr.restyled', 'qr_1', { style: { bgColor: '#fff' } }, next),
  'qr.logo_attached': eventOf('qr.logo_attached', 'qr_1', { logo, forced: true }, next),
  'qr.logo_removed': eventOf('qr.logo_removed', 'qr_4', {}, { ...next, version: 3 }),
  'qr.tagged': eventOf('qr.tagged', 'qr_1', { tags: ['summer', 'a "b", c\\'] }, next),
  'qr.filed': eventOf('qr.filed', 'qr_1', { folder: 'Flyers' }, next),
  'qr.slug_added': eventOf('qr.slug_added', 'qr_1', { slug: 'carte', domain }, next),
  'qr.rules_changed': eventOf('qr.rules_changed', 'qr_1', { rules: [rule] }, next),
  'qr.scheduled': eventOf('qr.scheduled', 'qr_1', { schedule: [plan] }, next),
  'qr.window_changed': eventOf('qr.window_changed', 'qr_1', { startsAt: 5, expiresAt: null }, next),
  'qr.limited': eventOf('qr.limited', 'qr_1', { maxScans: 9 }, next),
  'qr.locked': eventOf('qr.locked', 'qr_1', { hash: 'scrypt$1' }, next),
  'qr.unlocked': eventOf('qr.unlocked', 'qr_6', {}, { ...next, version: 3 }),
  'qr.paused': eventOf('qr.paused', 'qr_1', { fallback: null }, next),
  'qr.resumed': eventOf('qr.resumed', 'qr_7', {}, { ...next, version: 3 }),
  'qr.parameters_changed': eventOf('qr.parameters_changed', 'qr_1', { pass: 'utm', add: { a: 'b' } }, next),
  'qr.deep_linked': eventOf('qr.deep_linked', 'qr_1', { ios: 'https://ios.example/' }, next),
  'qr.deleted': eventOf('qr.deleted', 'qr_1', {}, next),
  'qr.restored': eventOf('qr.restored', 'qr_5', { version: 1 }, { ...next, version: 3 }),
  'qr.erased': eventOf('qr.erased', 'qr_4', {}, { ...next, version: 3 }),
};

const row = {
  id: 'qr_1',
  org: 'org_1',
  slug: 'menu',
  type: 'url',
  static: false,
  destination: 'https://example.com/a',
  content: null,
  label: 'Menu',
  style: {},
  logo: null,
  forced: false,
  team: null,
  test: false,
  tags: [],
  folder: null,
  domain: null,
  former: [],
  routing: {},
  due_ms: null,
  status: 'active',
  version: 2,
  created_ms: created,
  updated_ms: later,
  since: then,
  since_ms: later,
  search: 'menu\nmenu\nhttps://example.com/a',
};
/** A row as it was before, and the end it was given. */
const ended = (was: object, version = 1) => ({
  ...row,
  ...was,
  version,
  ...(version === 1 ? { updated_ms: created, since: first, since_ms: created } : { since: second }),
  until: then,
  until_ms: later,
});
const changed = (change: object): Rows => ({ codes: [{ ...row, ...change }], code_versions: [ended({})] });

const lobby = { id: 'qr_3', ...wifi, destination: null, label: null, search: '\nwlan\n' };
const branded = { id: 'qr_4', slug: 'logo', version: 3, search: 'menu\nlogo\nhttps://example.com/a' };
const gone = { id: 'qr_5', slug: 'gone', test: true, version: 3, search: 'menu\ngone\nhttps://example.com/a' };
const wiped = { id: 'qr_4', slug: 'logo', destination: null, label: null, search: '\nlogo\n' };
const locked = { id: 'qr_6', slug: 'locked', version: 3, search: 'menu\nlocked\nhttps://example.com/a' };
const paused = { id: 'qr_7', slug: 'paused', version: 3, search: 'menu\npaused\nhttps://example.com/a' };
const fresh = { ...row, ...shop, id: 'qr_2', version: 1, created_ms: later };

const entry = { slug: 'menu', qr: 'qr_1', org: 'org_1', version: 2, destination: code.destination, rare: null };
const routed = (routing: object): Rows => ({ redirects: [{ ...entry, rare: { routing } }] });

/** Rows that are new or changed after the event; what is not named passes by. */
export const codeRows: Record<string, { [T in EventType]?: Rows }> = {
  qrs: {
    'qr.created': { codes: [{ ...fresh, search: 'menu\nshop\nhttps://example.com/a' }] },
    'qr.retargeted': changed({ destination: 'https://example.com/b', search: 'menu\nmenu\nhttps://example.com/b' }),
    'qr.rewritten': {
      codes: [{ ...row, ...lobby, content: { ssid: 'Staff' } }],
      code_versions: [ended(lobby)],
    },
    'qr.relabeled': changed({ label: null, search: '\nmenu\nhttps://example.com/a' }),
    'qr.restyled': changed({ style: { bgColor: '#fff' } }),
    'qr.logo_attached': changed({ logo, forced: true }),
    'qr.logo_removed': { codes: [{ ...row, ...branded }], code_versions: [ended({ ...branded, logo }, 2)] },
    'qr.tagged': changed({ tags: ['summer', 'a "b", c\\'] }),
    'qr.filed': changed({ folder: 'Flyers' }),
    'qr.slug_added': changed({
      ...{ slug: 'carte', domain, former: [{ slug: 'menu', domain: null }] },
      search: 'menu\ncarte\nhttps://example.com/a',
    }),
    'qr.rules_changed': changed({ routing: { rules: [rule] } }),
    'qr.scheduled': changed({ routing: { schedule: [plan] }, due_ms: plan.at }),
    'qr.window_changed': changed({ routing: { startsAt: 5 } }),
    'qr.limited': changed({ routing: { maxScans: 9 } }),
    'qr.locked': changed({ routing: { lock: 'scrypt$1' } }),
    'qr.unlocked': {
      codes: [{ ...row, ...locked }],
      code_versions: [ended({ ...locked, routing: { lock: 'scrypt$1' } }, 2)],
    },
    'qr.paused': changed({ routing: { paused: { fallback: null } } }),
    'qr.resumed': {
      codes: [{ ...row, ...paused }],
      code_versions: [ended({ ...paused, routing: { paused: { fallback: 'https://example.com/later' } } }, 2)],
    },
    'qr.parameters_changed': changed({ routing: { parameters: { pass: 'utm', add: { a: 'b' } } } }),
    'qr.deep_linked': changed({ routing: { appLinks: { ios: 'https://ios.example/' } } }),
    'qr.deleted': changed({ status: 'deleted' }),
    'qr.restored': { codes: [{ ...row, ...gone }], code_versions: [ended({ ...gone, status: 'deleted' }, 2)] },
    // Those of its past too, which were there before: its first version, and now its second.
    'qr.erased': {
      codes: [{ ...row, ...wiped, version: 3, status: 'erased' }],
      code_versions: [
        { ...ended(wiped), until: second },
        { ...ended({ ...wiped, logo: null }, 2), until: then },
      ],
    },
  },
  redirects: {
    'qr.created': { redirects: [{ ...entry, slug: 'shop', qr: 'qr_2', version: 1 }] },
    'qr.retargeted': { redirects: [{ ...entry, destination: 'https://example.com/b' }] },
    'qr.rewritten': {
      redirects: [
        {
          ...{ ...entry, slug: 'wlan', qr: 'qr_3', destination: null },
          rare: { held: { type: 'wifi', content: { ssid: 'Staff' } } },
        },
      ],
    },
    'qr.relabeled': { redirects: [entry] },
    'qr.restyled': { redirects: [entry] },
    'qr.logo_attached': { redirects: [entry] },
    'qr.logo_removed': { redirects: [{ ...entry, slug: 'logo', qr: 'qr_4', version: 3 }] },
    'qr.tagged': { redirects: [entry] },
    'qr.filed': { redirects: [entry] },
    'qr.slug_added': { redirects: [{ ...entry, slug: 'carte', rare: { domain: 'dom_1', also: ['menu'] } }] },
    'qr.rules_changed': routed({ rules: [rule] }),
    'qr.scheduled': routed({ schedule: [plan] }),
    'qr.window_changed': routed({ startsAt: 5 }),
    'qr.limited': routed({ maxScans: 9 }),
    'qr.locked': routed({ lock: 'scrypt$1' }),
    'qr.unlocked': { redirects: [{ ...entry, slug: 'locked', qr: 'qr_6', version: 3 }] },
    'qr.paused': routed({ paused: { fallback: null } }),
    'qr.resumed': { redirects: [{ ...entry, slug: 'paused', qr: 'qr_7', version: 3 }] },
    'qr.parameters_changed': routed({ parameters: { pass: 'utm', add: { a: 'b' } } }),
    'qr.deep_linked': routed({ appLinks: { ios: 'https://ios.example/' } }),
    'qr.deleted': { redirects: [{ ...entry, rare: { deleted: true } }] },
    'qr.restored': { redirects: [{ ...entry, slug: 'gone', qr: 'qr_5', version: 3, rare: { test: true } }] },
    'qr.erased': {
      redirects: [{ ...entry, slug: 'logo', qr: 'qr_4', version: 3, destination: null, rare: { deleted: true } }],
    },
  },
};
