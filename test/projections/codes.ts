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

export const codesBefore: readonly AnyEvent[] = [
  eventOf('qr.created', 'qr_1', code, began),
  eventOf('qr.created', 'qr_3', wifi, began),
  eventOf('qr.created', 'qr_4', { ...code, slug: 'logo', forced: true }, began),
  eventOf('qr.logo_attached', 'qr_4', { logo }, went),
  eventOf('qr.created', 'qr_5', { ...code, slug: 'gone', test: true }, began),
  eventOf('qr.deleted', 'qr_5', {}, went),
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
  'qr.deleted': eventOf('qr.deleted', 'qr_1', {}, next),
  'qr.restored': eventOf('qr.restored', 'qr_5', { version: 1 }, { ...next, version: 3 }),
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
const fresh = { ...row, ...shop, id: 'qr_2', version: 1, created_ms: later };

const none = { held: null, test: null, parked: null };
const entry = { slug: 'menu', qr: 'qr_1', org: 'org_1', version: 2, destination: code.destination, ...none };

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
    'qr.deleted': changed({ status: 'deleted' }),
    'qr.restored': { codes: [{ ...row, ...gone }], code_versions: [ended({ ...gone, status: 'deleted' }, 2)] },
  },
  redirects: {
    'qr.created': { redirects: [{ ...entry, slug: 'shop', qr: 'qr_2', version: 1 }] },
    'qr.retargeted': { redirects: [{ ...entry, destination: 'https://example.com/b' }] },
    'qr.rewritten': {
      redirects: [
        { ...entry, slug: 'wlan', qr: 'qr_3', destination: null, held: { type: 'wifi', content: { ssid: 'Staff' } } },
      ],
    },
    'qr.relabeled': { redirects: [entry] },
    'qr.restyled': { redirects: [entry] },
    'qr.logo_attached': { redirects: [entry] },
    'qr.logo_removed': { redirects: [{ ...entry, slug: 'logo', qr: 'qr_4', version: 3 }] },
    'qr.tagged': { redirects: [entry] },
    'qr.filed': { redirects: [entry] },
    'qr.deleted': { redirects: [{ ...entry, destination: null, parked: { destination: code.destination } }] },
    'qr.restored': { redirects: [{ ...entry, slug: 'gone', qr: 'qr_5', version: 3, test: true }] },
  },
};
