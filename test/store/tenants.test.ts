/**
 * Row-level security: whatever a statement forgets, who reads for one organisation sees that organisation's rows, in every
 * table that has any, whoever owns the tables.
 */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { randomBytes } from 'node:crypto';
import { projections } from '../../projections/index.ts';
import { schemaOf } from '../../projections/projection.ts';
import { Recent } from '../../projections/recent.ts';
import { sumUp } from '../../projections/scan-answers.ts';
import { type Condensing, keepCondensed } from '../../projections/scan-condensing.ts';
import { organizationSubject } from '../../projections/scan-intake.ts';
import { partMax } from '../../projections/scan-parts.ts';
import { quarterOf } from '../../projections/scan-times.ts';
import { scansMax } from '../../projections/scan-tree.ts';
import { condensedMax, condensingSizes } from '../../src/http/condensing.ts';
import { connect, type Sql } from '../../src/store/connect.ts';
import { Ledger } from '../../src/store/ledger.ts';
import { migrate } from '../../src/store/migrate.ts';
import { readPage, readStream } from '../../src/store/read.ts';
import { openTenants, type Tenants } from '../../src/store/tenants.ts';
import { type LiveModels, liveModels } from '../support/live-models.ts';
import { testDatabase } from '../support/postgres.ts';
import { samples } from '../support/samples.ts';
import { created, cutConnections, requestOf, scanOf, scansTo, type TestStore, testStore } from '../support/store.ts';

let store: TestStore;
let models: LiveModels;
let tenants: Tenants;
const closing: (() => Promise<unknown>)[] = [];
const orgs = ['org_a', 'org_b'] as const;
const searchPath = projections.map(schemaOf);

/** Every table with rows of organisations, and the column that says whose they are. */
async function tablesOf(sql: Sql): Promise<{ name: string; org: string; forced: boolean }[]> {
  const rows = await sql`
    select c.oid::regclass::text as name, a.attname as org, c.relrowsecurity and c.relforcerowsecurity as forced
    from pg_class c join pg_attribute a on a.attrelid = c.oid join pg_namespace n on n.oid = c.relnamespace
    where c.relkind in ('r', 'p') and n.nspname !~ '^pg_|^information_schema$'
      and (a.attname = 'org' or (c.relname = 'organizations' and a.attname = 'id'))
    order by 1`;
  return rows as unknown as { name: string; org: string; forced: boolean }[];
}

beforeAll(async () => {
  store = await testStore();
  models = await liveModels(store);
  for (const org of orgs) {
    const answer = { org, key: 'k', fingerprint: 'f', status: 200, headers: {}, body: '{}' };
    await store.ledger.append({
      ...requestOf(org, 0, { type: 'org.created', data: { name: org, plan: 'free' } }),
      org,
    });
    await store.ledger.append({ ...requestOf(`qr_${org}`, 0, created(org)), org, answer });
    const relabeled = { type: 'qr.relabeled', data: { label: `Second ${org}` } };
    await store.ledger.append({ ...requestOf(`qr_${org}`, 1, relabeled), org });
    for (const type of ['member.added', 'key.issued', 'style.created', 'webhook.created']) {
      const [, data] = samples.find(([its]) => its === type)!;
      const own = 'hash' in data ? { ...data, hash: org } : data;
      await store.ledger.append({ ...requestOf(`${type.split('.')[0]}_${org}`, 0, { type, data: own }), org });
    }
    // So many that they are summed up, too.
    const visits = Array.from({ length: scansMax + partMax }, () => ({ ...scanOf(`qr_${org}`), org }));
    await store.ledger.append(scansTo(`scans-${org}`, 0, ...visits));
  }
  await models.fresh(...projections.map(({ name }) => name));
  tenants = await openTenants(store.url, store.sql, searchPath, closing);
});
afterAll(async () => {
  for (const close of closing) await close();
  await models.stop();
  await store.close();
});

describe('Every table that has an organisation', () => {
  test('has row-level security, forced for its owner too', async () => {
    const tables = await tablesOf(store.sql);
    expect(tables.length).toBeGreaterThan(10);
    expect(tables.filter(({ forced }) => !forced)).toEqual([]);
  });

  test('shows to a statement that forgot its organisation the rows of the one in whose scope it is', async () => {
    let filled = 0;
    for (const { name, org } of await tablesOf(store.sql)) {
      const all = await store.sql.unsafe(`select ${org} as org from ${name}`);
      const expected = orgs.map(one => all.filter(row => row['org'] === one).length);
      for (const [i, one] of orgs.entries()) {
        const rows = (await tenants.within(one, () =>
          tenants.sql.unsafe(`select ${org} as org from ${name}`),
        )) as unknown as {
          org: string;
        }[];
        expect([name, rows.map(row => row.org)]).toEqual([name, Array(expected[i]).fill(one)]);
      }
      if (expected.every(count => count > 0)) filled += 1;
    }
    expect(filled).toBeGreaterThan(8);
  });

  test('shows nothing of another organisation when it is asked for by name', async () => {
    const { sql, within } = tenants;
    expect(await within('org_a', () => readStream(sql, 'qr_org_b'))).toEqual([]);
    expect(await within('org_a', () => readPage(sql, { org: 'org_b' }, 0, 100))).toEqual([]);
    expect(await within('org_a', () => readStream(sql, 'qr_org_a'))).toHaveLength(2);
    const [row] = await within(
      'org_a',
      async () => sql`select count(*) as n from codes where ${sql`org = ${'org_b'}`}`,
    );
    expect(row!['n']).toBe(0);
  });

  test('tells no scans of another organisation, neither one by one nor summed up', async () => {
    const { sql, within } = tenants;
    const day = quarterOf(scanOf('qr').at);
    const recent = new Recent(1_000_000);
    const condensing = (): Condensing => ({
      ...{ ...condensingSizes, until: 2 * day, left: condensedMax, recent },
      keep: row => keepCondensed(store.sql, row),
    });
    for (const span of [
      { from: 0, to: 2 * day },
      { from: day, to: day + 1 },
    ]) {
      for (const name of ['qr_org_b', organizationSubject('org_b', false)]) {
        for (const more of [{}, { matches: () => true, condensing: condensing() }]) {
          const count = (org: string) =>
            within(org, async () =>
              [...(await sumUp(sql, { names: [name], spans: [span], ...more })).sums.values()].map(
                ({ scans }) => scans,
              ),
            );
          expect([await count('org_a'), await count('org_b')]).toEqual([[], [scansMax + partMax]]);
        }
      }
    }
    // What the one has had condensed is hers, too.
    const [name, matches] = ['qr_org_a', () => true];
    await within('org_a', () =>
      sumUp(sql, { names: [name], spans: [{ from: 0, to: 2 * day }], matches, condensing: condensing() }),
    );
    for (const table of ['scan_totals', 'scan_parts', 'scan_sums', 'scan_condensed']) {
      const rows = await store.sql`select distinct org from ${store.sql(table)} order by org`;
      expect([table, ...rows.map(row => row['org'])]).toEqual([table, ...orgs]);
    }
  });

  test('can be written by nobody who reads for an organisation', async () => {
    const { sql, within } = tenants;
    const change = within('org_a', async () => sql`update codes set label = 'x'`);
    await expect(change).rejects.toMatchObject({ code: '42501' });
  });
});

describe('A scope', () => {
  test('ends where it ends: outside, the program sees all', async () => {
    tenants.within('org_a', () => {});
    const rows = await tenants.sql`select distinct org from codes order by org`;
    expect(rows.map(row => row['org'])).toEqual([...orgs]);
  });

  test('is that in which a statement was written, however many there are at once', async () => {
    const { sql, within } = tenants;
    const asked = Array.from({ length: 200 }, (_, i) => {
      const org = orgs[i % 2]!;
      return within(org, async () => {
        const [one, two] = await Promise.all([sql`select org from codes`, sql`select distinct org from ledger.events`]);
        return [...one, ...two].every(row => row['org'] === org);
      });
    });
    expect(new Set(await Promise.all(asked))).toEqual(new Set([true]));
  });

  test('outlives its connections', async () => {
    const { sql, within } = tenants;
    const label = () => within('org_a', async () => (await sql`select label from codes`)[0]!['label']);
    expect(await label()).toBe('Second org_a');
    expect(await cutConnections(store, 'indelible tenants')).toBeGreaterThan(0);
    expect(await Promise.all([label(), label(), label()])).toEqual(['Second org_a', 'Second org_a', 'Second org_a']);
  });
});

test('Whoever reads without saying for whom is told, and sees nothing', async () => {
  const sql = connect(store.url, { max: 1, searchPath, role: 'pg_read_all_data', org: '' });
  const filled = new Set<string>();
  for (const { name } of await tablesOf(store.sql)) {
    if ((await store.sql.unsafe(`select from ${name} limit 1`)).length > 0) filled.add(name);
    const seen = await sql.unsafe(`select * from ${name}`).then(
      rows => rows.length,
      error => error.code,
    );
    expect([name, seen]).toEqual([name, filled.has(name) ? 'IN001' : 0]);
  }
  await sql.end();
});

test('An owner who is no superuser is bound too: he says for whom he reads, or sees nothing', async () => {
  const owner = `owner_${randomBytes(6).toString('hex')}`;
  const { url, drop } = await testDatabase();
  const admin = connect(url, { max: 1 });
  await admin.unsafe(`create role ${owner} login password 'x'`);
  await admin.unsafe(`create database ${owner} owner ${owner}`);
  const theirs = Object.assign(new URL(url), { username: owner, password: 'x', pathname: `/${owner}` }).href;
  const all = connect(theirs, { max: 1 });
  await migrate(all);
  const ledger = new Ledger(theirs);
  for (const org of orgs) await ledger.append({ ...requestOf(`qr_${org}`, 0, created(org)), org });
  const ends: (() => Promise<unknown>)[] = [];
  const { sql, within } = await openTenants(theirs, all, [], ends);
  const rows = await within('org_a', async () => sql`select org from ledger.events`);
  expect(rows.map(row => row['org'])).toEqual(['org_a']);
  expect(await all`select from ledger.events`).toHaveLength(2);
  const unsaid = connect(theirs, { max: 1, org: '' });
  await expect(unsaid`select from ledger.events`.execute()).rejects.toMatchObject({ code: 'IN001' });
  for (const end of [...ends, () => ledger.close(), () => all.end(), () => unsaid.end()]) await end();
  await admin.unsafe(`drop database ${owner} with (force)`);
  await admin.unsafe(`drop role ${owner}`);
  await admin.end();
  await drop();
});
