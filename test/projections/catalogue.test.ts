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
import { codeRows, codesAfter, codesBefore } from './codes.ts';
import { namingAfter, namingBefore, namingRows } from './naming.ts';
import { tellingAfter, tellingBefore, tellingRows } from './telling.ts';
import { tenancyAfter, tenancyBefore, tenancyRows } from './tenancy.ts';

let store: TestStore;
beforeAll(async () => {
  store = await testStore();
  await prepareModels(store.sql, projections);
});
afterAll(() => store.close());

const created = Date.UTC(2026, 3, 8);
const later = Date.UTC(2026, 4, 9);
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

/** The quarter of an hour that both scans are in; 0x1e1aa0, as their bytes say. */
const quarter = created / 900_000;

const next = { version: 2, at: later };
const rowFault = { row: 1, pointer: '/id', code: 'unknown', detail: 'There is no such code.' };
/** What has happened before. */
const before: readonly AnyEvent[] = [
  ...tenancyBefore,
  ...codesBefore,
  ...namingBefore,
  eventOf('style.created', 'sty_1', { name: 'Brand', style: {}, forced: true }, { at: created }),
  eventOf('request.metered', 'requests-1', { key: 'key_1', period: '2026-05', count: 2 }, { at: created }),
  eventOf('job.requested', 'job_1', { kind: 'create', rows: 4 }, { at: created }),
  eventOf('traffic.excluded', 'exc_1', { codes: ['qr_1'], utmSource: 'test', reason: 'Trial' }, { at: created }),
  eventOf('scan.recorded', 'scans-1', scan, { at: created }),
  ...tellingBefore,
];

const after: { [T in EventType]: AnyEvent } = {
  ...tenancyAfter,
  ...codesAfter,
  ...namingAfter,
  ...tellingAfter,
  'style.created': eventOf('style.created', 'sty_2', { name: 'Menu', style: { dotColor: '#123' } }, { at: later }),
  'style.renamed': eventOf('style.renamed', 'sty_1', { name: 'Brand 2' }, next),
  'style.changed': eventOf('style.changed', 'sty_1', { style: { dotColor: '#123' } }, next),
  'style.deleted': eventOf('style.deleted', 'sty_1', {}, next),
  'style.erased': eventOf('style.erased', 'sty_1', {}, next),
  'job.requested': eventOf('job.requested', 'job_2', { kind: 'delete', rows: 2, team: 'team_1' }, { at: later }),
  'job.advanced': eventOf('job.advanced', 'job_1', { from: 0, codes: ['qr_1', null], faults: [rowFault] }, next),
  'job.cancelled': eventOf('job.cancelled', 'job_1', {}, next),
  'job.failed': eventOf('job.failed', 'job_1', { reason: 'revoked' }, next),
  'job.finished': eventOf('job.finished', 'job_1', {}, next),
  'quota.reached': eventOf(
    'quota.reached',
    'quota-1',
    { quota: 'qrCodesPerMonth', threshold: 80, team: null, period: '2026-05', used: 8, limit: 10 },
    { at: later },
  ),
  'request.metered': eventOf('request.metered', 'requests-1', { key: 'key_1', period: '2026-05', count: 3 }, next),
  'counting.revised': eventOf('counting.revised', 'counting', { version: 2, bots: [2], people: [] }),
  'traffic.excluded': eventOf('traffic.excluded', 'exc_2', { key: 'key_1', from: quarter * 900_000 }, { at: later }),
  'traffic.included': eventOf('traffic.included', 'exc_1', {}, next),
  'traffic.erased': eventOf('traffic.erased', 'exc_1', {}, next),
  'scan.recorded': eventOf(
    'scan.recorded',
    'scans-1',
    { ...scan, country: null, device: 'desktop', os: null, referrer: 'a.example', visitor: 6 * 16 + 1 },
    { version: 2, at: created + 1 },
  ),
};

const template = { id: 'sty_1', org: 'org_1', name: 'Brand', style: {}, forced: true, deleted: false, version: 2 };
const brand = { ...template, created_ms: created, updated_ms: later };

const work = {
  ...{
    id: 'job_1',
    org: 'org_1',
    key: 'key_1',
    request: null,
    kind: 'create',
    status: 'queued',
    team: null,
    test: false,
  },
  ...{ rows: 4, done: 0, failed: 0, reason: null, version: 2, created_ms: created, updated_ms: later },
};
const used = { org: 'org_1', period: '2026-05', key: 'key_1' };

/** Rows that are new or changed after the event; what is not named passes by. */
const rows: Record<string, { [T in EventType]?: Rows }> = {
  ...tenancyRows,
  ...codeRows,
  ...namingRows,
  ...tellingRows(after),
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
    'style.erased': { styles: [{ ...brand, deleted: true, name: '', style: {}, forced: false }] },
  },
  jobs: {
    'job.requested': {
      jobs: [
        {
          ...{ ...work, id: 'job_2', kind: 'delete', team: 'team_1', rows: 2 },
          ...{ version: 1, created_ms: later },
        },
      ],
    },
    'job.advanced': {
      jobs: [{ ...work, status: 'running', done: 2, failed: 1 }],
      job_rows: [
        { job: 'job_1', row: 0, code: 'qr_1', faults: [] },
        {
          ...{ job: 'job_1', row: 1, code: null },
          faults: [{ pointer: '/id', code: 'unknown', detail: 'There is no such code.' }],
        },
      ],
    },
    'job.cancelled': { jobs: [{ ...work, status: 'cancelled' }] },
    'job.failed': { jobs: [{ ...work, status: 'failed', reason: 'revoked' }] },
    'job.finished': { jobs: [{ ...work, status: 'finished' }] },
  },
  usage: {
    'qr.created': { usage_codes: [{ ...used, team: 'team_1', units: 1, first: 20, last: 20 }] },
    'request.metered': { usage_requests: [{ ...used, team: '', units: 5, first: 1, last: 1 }] },
    'quota.reached': {
      usage_thresholds: [{ org: 'org_1', period: '2026-05', team: '', quota: 'qrCodesPerMonth', threshold: 80 }],
    },
  },
  scans: {
    'scan.recorded': {
      scan_combinations: [{ id: 2, combination: 'scan scan\t\t\t\tdesktop\t\tSafari\tde\ta.example\t\t\t\t' }],
      // Of the code and of its organisation.
      scan_parts: [1, 2].map(subject => ({
        ...{ org: 'org_1', subject, month: quarter - 7 * 96, part: 0, scans: 2, first: quarter, last: quarter },
        items: `\\x${['a01a1e', '530000', '01000000', '0100'].join('')}${['a01a1e', '610000', '02000000', '0100'].join('')}`,
      })),
      scan_totals: [
        { qr: 'qr_1', org: 'org_1', subject: 1, scans: 2, last_month: quarter - 7 * 96 },
        { qr: 'org_1', org: 'org_1', subject: 2, scans: 2, last_month: quarter - 7 * 96 },
      ],
    },
  },
};

const noFlags = { utm_source: null, utm_medium: null, utm_campaign: null };
const trial = {
  ...{ id: 'exc_1', org: 'org_1', codes: ['qr_1'], key: null, from_ms: null, before_ms: null, ...noFlags },
  ...{ utm_source: 'test', reason: 'Trial', included: true, version: 2, created_ms: created, updated_ms: later },
};
rows['exclusions'] = {
  'qr.created': { code_makers: [{ qr: 'qr_2', key: 'key_1' }] },
  'traffic.excluded': {
    exclusions: [
      {
        ...{ ...trial, ...noFlags, id: 'exc_2', codes: null, key: 'key_1', from_ms: created, reason: null },
        ...{ included: false, version: 1, created_ms: later },
      },
    ],
  },
  'traffic.included': { exclusions: [trial] },
  'traffic.erased': { exclusions: [{ ...trial, included: false, reason: null }] },
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
    const { family } = projection;
    expect(projection.handles.map(familyOf).every(its => family === 'all' || its === family)).toBe(true);
  });
});

test('no two models have a table of the same name, because all of them stand on one search path', async () => {
  const schemas = projections.map(schemaOf);
  const tables = await store.sql`select table_name from information_schema.tables where table_schema = any(${schemas})`;
  const names = tables.map(table => table['table_name']);
  expect(names.length).toBeGreaterThanOrEqual(projections.length);
  expect(new Set(names).size).toBe(names.length);
});
