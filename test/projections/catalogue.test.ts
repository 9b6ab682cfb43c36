/**
 * Every pair of event and read model: either the rows the event leaves, exactly, or that it passes the model by. The
 * table below is checked against the catalogue, so that a new event or a new model is found missing here.
 */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { type AnyEvent, catalogue, type EventType, familyOf } from '../../events/index.ts';
import { projections } from '../../projections/index.ts';
import { schemaOf } from '../../projections/projection.ts';
import { added, eventOf, modelled, prepareModels, type Rows } from '../support/read-models.ts';
import { type TestStore, testStore } from '../support/store.ts';

let store: TestStore;
beforeAll(async () => {
  store = await testStore();
  await prepareModels(store.sql, projections);
});
afterAll(() => store.close());

const created = Date.UTC(2026, 3, 8);
const later = Date.UTC(2026, 4, 9);
const key = { name: 'Server', mode: 'live', scope: 'admin', hash: 'aa', lastFour: '7QxZ' } as const;
const code = { slug: 'menu', type: 'url', destination: 'https://example.com/a', label: 'Menu' } as const;
const wifi = { slug: 'wlan', type: 'wifi', content: { ssid: 'Guests', password: 'correct horse' } } as const;
const logo = { sha256: 'ab'.repeat(32), width: 640, height: 320 };
const scan = {
  qr: 'qr_1',
  qrVersion: 1,
  rule: null,
  kind: 'scan',
  country: 'DE',
  device: 'mobile',
  os: 'iOS',
  browser: 'Safari',
  referrer: null,
  language: 'de',
  agent: 1,
  visitor: 5 * 16 + 3,
} as const;

const next = { version: 2, at: later };
/** What has happened before. */
const before: readonly AnyEvent[] = [
  eventOf('org.created', 'org_1', { name: 'Nordlicht', plan: 'enterprise' }, { at: created }),
  eventOf('key.issued', 'key_1', key, { at: created }),
  eventOf('qr.created', 'qr_1', code, { at: created }),
  eventOf('qr.created', 'qr_3', wifi, { at: created }),
  eventOf('qr.created', 'qr_4', { ...code, slug: 'logo', forced: true }, { at: created }),
  eventOf('qr.logo_attached', 'qr_4', { logo }, next),
  eventOf('style.created', 'sty_1', { name: 'Brand', style: {}, forced: true }, { at: created }),
  eventOf('request.metered', 'requests-1', { key: 'key_1', period: '2026-05', count: 2 }, { at: created }),
  eventOf('scan.recorded', 'scans-1', scan, { at: created }),
];

const after: { [T in EventType]: AnyEvent } = {
  'org.created': eventOf('org.created', 'org_2', { name: 'Café', plan: 'free' }, { at: later }),
  'org.plan_changed': eventOf('org.plan_changed', 'org_1', { plan: 'pro' }, next),
  'org.limits_changed': eventOf(
    'org.limits_changed',
    'org_1',
    { limits: { qrCodesPerMonth: 7, apiRequestsPerMinute: 9 } },
    next,
  ),
  'key.issued': eventOf('key.issued', 'key_2', { ...key, hash: 'bb', chosen: true }, { at: later }),
  'key.revoked': eventOf('key.revoked', 'key_1', {}, next),
  'qr.created': eventOf('qr.created', 'qr_2', { ...code, slug: 'shop', style: { dotColor: '#123' } }, { at: later }),
  'qr.retargeted': eventOf('qr.retargeted', 'qr_1', { destination: 'https://example.com/b' }, next),
  'qr.rewritten': eventOf('qr.rewritten', 'qr_3', { content: { ssid: 'Staff' } }, next),
  'qr.relabeled': eventOf('qr.relabeled', 'qr_1', { label: null }, next),
  'qr.restyled': eventOf('qr.restyled', 'qr_1', { style: { bgColor: '#fff' } }, next),
  'qr.logo_attached': eventOf('qr.logo_attached', 'qr_1', { logo, forced: true }, next),
  'qr.logo_removed': eventOf('qr.logo_removed', 'qr_4', {}, { version: 3, at: later }),
  'qr.deleted': eventOf('qr.deleted', 'qr_1', {}, next),
  'style.created': eventOf('style.created', 'sty_2', { name: 'Menu', style: { dotColor: '#123' } }, { at: later }),
  'style.renamed': eventOf('style.renamed', 'sty_1', { name: 'Brand 2' }, next),
  'style.changed': eventOf('style.changed', 'sty_1', { style: { dotColor: '#123' } }, next),
  'style.deleted': eventOf('style.deleted', 'sty_1', {}, next),
  'request.metered': eventOf('request.metered', 'requests-1', { key: 'key_1', period: '2026-05', count: 3 }, next),
  'scan.recorded': eventOf(
    'scan.recorded',
    'scans-1',
    { ...scan, country: null, device: 'desktop', os: null, referrer: 'a.example', visitor: 6 * 16 + 1 },
    { version: 2, at: created + 1 },
  ),
};

const org = { id: 'org_1', name: 'Nordlicht', plan: 'enterprise', limits: null, created_ms: created };
const access = { id: 'key_1', org: 'org_1', name: 'Server', mode: 'live', scope: 'admin', hash: 'aa' };
const issued = { ...access, last_four: '7QxZ', chosen: false, revoked: false, created_ms: created };
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
  status: 'active',
  version: 2,
  created_ms: created,
  updated_ms: later,
};
/** Those that were there before. */
const lobby = { ...row, id: 'qr_3', ...wifi, destination: null, label: null };
const branded = { ...row, id: 'qr_4', slug: 'logo', logo, version: 3 };
const entry = { slug: 'menu', qr: 'qr_1', org: 'org_1', version: 2, destination: 'https://example.com/a', held: null };
const template = { id: 'sty_1', org: 'org_1', name: 'Brand', style: {}, forced: true, deleted: false, version: 2 };
const brand = { ...template, created_ms: created, updated_ms: later };

/** Rows that are new or changed after the event; what is not named passes by. */
const rows: Record<string, { [T in EventType]?: Rows }> = {
  keys: {
    'org.created': { organizations: [{ ...org, id: 'org_2', name: 'Café', plan: 'free', created_ms: later }] },
    'org.plan_changed': { organizations: [{ ...org, plan: 'pro' }] },
    'org.limits_changed': {
      organizations: [{ ...org, limits: { qrCodesPerMonth: 7, apiRequestsPerMinute: 9 } }],
    },
    'key.issued': { keys: [{ ...issued, id: 'key_2', hash: 'bb', chosen: true, created_ms: later }] },
    'key.revoked': { keys: [{ ...issued, revoked: true }] },
  },
  qrs: {
    'qr.created': {
      codes: [{ ...row, id: 'qr_2', slug: 'shop', style: { dotColor: '#123' }, version: 1, created_ms: later }],
    },
    'qr.retargeted': { codes: [{ ...row, destination: 'https://example.com/b' }] },
    'qr.rewritten': { codes: [{ ...lobby, content: { ssid: 'Staff' } }] },
    'qr.relabeled': { codes: [{ ...row, label: null }] },
    'qr.restyled': { codes: [{ ...row, style: { bgColor: '#fff' } }] },
    'qr.logo_attached': { codes: [{ ...row, logo, forced: true }] },
    'qr.logo_removed': { codes: [{ ...branded, logo: null }] },
    'qr.deleted': { codes: [{ ...row, status: 'deleted' }] },
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
    'qr.deleted': { redirects: [{ ...entry, destination: null }] },
  },
  styles: {
    'style.created': {
      styles: [
        {
          ...brand,
          id: 'sty_2',
          name: 'Menu',
          style: { dotColor: '#123' },
          forced: false,
          version: 1,
          created_ms: later,
        },
      ],
    },
    'style.renamed': { styles: [{ ...brand, name: 'Brand 2' }] },
    'style.changed': { styles: [{ ...brand, style: { dotColor: '#123' }, forced: false }] },
    'style.deleted': { styles: [{ ...brand, deleted: true }] },
  },
  usage: {
    'qr.created': { usage_codes: [{ org: 'org_1', period: '2026-05', created: 1 }] },
    'request.metered': { usage_requests: [{ org: 'org_1', period: '2026-05', key: 'key_1', requests: 5 }] },
  },
  scans: {
    'scan.recorded': {
      scan_days: [
        {
          qr: 'qr_1',
          day: '2026-04-08',
          scans: 2,
          counts: {
            kind: { scan: 2 },
            country: { DE: 1, '': 1 },
            device: { mobile: 1, desktop: 1 },
            os: { iOS: 1, '': 1 },
            browser: { Safari: 2 },
            referrer: { '': 1, 'a.example': 1 },
            language: { de: 2 },
          },
        },
      ],
      scan_totals: [{ qr: 'qr_1', scans: 2 }],
      scan_visitors: [{ qr: 'qr_1', day: '2026-04-08', visitors: [5 * 16 + 3, 6 * 16 + 1] }],
    },
  },
};

const byText = (a: object, b: object) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1);
/** The same rows in an order of their own, columns by name. */
const sorted = (some: Rows): Rows =>
  Object.fromEntries(
    Object.entries(some).map(([table, list]) => [
      table,
      list.map(item => Object.fromEntries(Object.entries(item).sort(([a], [b]) => (a < b ? -1 : 1)))).sort(byText),
    ]),
  );

describe.each(projections.map(projection => [projection.name, projection] as const))('%s', (name, projection) => {
  test.each(Object.keys(catalogue) as EventType[])('takes in %s as it should, or lets it pass by', async type => {
    const start = await modelled(store.sql, projection, before);
    const end = await modelled(store.sql, projection, before, [after[type]]);
    expect(sorted(added(start, end))).toEqual(sorted(rows[name]![type] ?? {}));
  });

  test('says exactly which events it handles, and all of them are of its family', () => {
    expect([...projection.handles].sort()).toEqual(Object.keys(rows[name]!).sort() as EventType[]);
    expect(projection.handles.map(familyOf).every(family => family === projection.family)).toBe(true);
  });
});

test('no two models have a table of the same name, because all of them stand on one search path', async () => {
  const schemas = projections.map(schemaOf);
  const tables = await store.sql`select table_name from information_schema.tables where table_schema = any(${schemas})`;
  const names = tables.map(table => table['table_name']);
  expect(names.length).toBeGreaterThanOrEqual(projections.length);
  expect(new Set(names).size).toBe(names.length);
});
