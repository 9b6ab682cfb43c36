/**
 * An organisation moved from one instance into another: the same facts, the same rows, the same answers.
 */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { join } from 'node:path';
import { projections } from '../../projections/index.ts';
import { schemaOf } from '../../projections/projection.ts';
import { digested, leftOut } from '../../src/audit/digest.ts';
import { eventOfEntry } from '../../src/audit/entry-event.ts';
import { PositionMap } from '../../src/audit/position-map.ts';
import { slugClaim } from '../../src/deciders/claims.ts';
import { connect } from '../../src/store/connect.ts';
import { entryText, readEntries } from '../../src/store/entries.ts';
import { readHead, readRun } from '../../src/store/read.ts';
import { audit } from '../support/audit.ts';
import { type Call, caller, iPhone } from '../support/client.ts';
import { type Endpoint, startEndpoint } from '../support/endpoint.ts';
import { logoForm } from '../support/form.ts';
import { plainSvg } from '../support/logos.ts';
import { scratchDirectory, testDatabase } from '../support/postgres.ts';
import { type Program, startProgram } from '../support/program.ts';
import { eventOf, prepareModels } from '../support/read-models.ts';
import { created, requestOf, testStore } from '../support/store.ts';
import { ledgerOf } from '../support/tampering.ts';
import { anotherOrganization, organizationOf } from '../support/tenants.ts';
import { until } from '../support/until.ts';

let source: Program;
let endpoint: Endpoint;
let webhook: string;
let call: Call;
let org: string;
let key: string;
let file: string;
let erased: { id: string; slug: string };
const codes: { id: string; slug: string }[] = [];

beforeAll(async () => {
  endpoint = await startEndpoint(({ body }, response) => response.writeHead(500).end(`no: ${body}`));
  source = await startProgram({ env: { WEBHOOK_ALLOW: 'loopback' } });
  call = caller(source.url, source.key);
  org = await organizationOf(source);
  const other = caller(source.url, (await anotherOrganization(source)).key);
  webhook = (await call('POST', '/v1/webhooks', { json: { url: endpoint.url, events: ['qr.*'] } })).body.id;
  for (let i = 0; i < 6; i++) {
    const json = { destination: `https://example.com/${i}`, label: `Ölüdeniz ${i}`, tags: ['a', `t${i}`] };
    codes.push((await call('POST', '/v1/qr/create', { json })).body);
    await other('POST', '/v1/qr/create', { json });
  }
  codes.push((await call('POST', '/v1/qr/create', { json: { type: 'text', content: { text: 'Table 12' } } })).body);
  const [first, second, third] = codes as [(typeof codes)[0], (typeof codes)[0], (typeof codes)[0]];
  await call('POST', `/v1/qr/${first.id}/logo`, logoForm(plainSvg));
  await call('PATCH', `/v1/qr/${first.id}`, { json: { label: null, destination: 'https://example.com/new' } });
  await call('DELETE', `/v1/qr/${second.id}`);
  await call('DELETE', `/v1/qr/${third.id}`);
  await call('POST', `/v1/qr/${third.id}/restore`, { json: {} });
  await call('POST', '/v1/styles', { json: { name: 'Brand', style: { dotColor: '#123' } } });
  const domain = (await call('POST', '/v1/domains', { json: { host: 'go.example.com' } })).body.id;
  await call('PATCH', `/v1/domains/${domain}`, { json: { pages: { gone: { title: 'Gone', text: 'Sorry' } } } });
  await call('PUT', '/v1/blocklist', { json: { hosts: ['evil.example'] } });
  await call('POST', '/v1/exclusions', { json: { utmSource: 'trial', reason: 'Trial' } });
  const member = (await call('POST', '/v1/members', { json: { name: 'Ada', role: 'viewer' } })).body.id;
  await call('POST', `/v1/members/${member}/erase`);
  const failures = async () => (await call('GET', `/v1/webhooks/${webhook}/deliveries?limit=100`)).body.data;
  await until(async () => (await failures()).every((row: { attempts: number }) => row.attempts > 0), 10_000);
  erased = (await call('POST', '/v1/qr/create', { json: { destination: 'https://example.com/jane', label: 'Jane' } }))
    .body;
  await caller(source.url)('GET', `/${erased.slug}`, { headers: { 'user-agent': iPhone } });
  await call('POST', `/v1/qr/${erased.id}/erase`);
  for (let i = 0; i < 30; i++) {
    const headers = { 'user-agent': iPhone, 'x-forwarded-for': `8.8.8.${i % 9}` };
    await caller(source.url)('GET', `/${codes[i % codes.length]!.slug}`, { headers });
  }
  key = (await call('GET', '/v1/proofs/key')).body.verifier;
  file = join(scratchDirectory(), 'org.ledger.gz');
  expect((await audit(source.databaseUrl, 'export', '--org', org, '--out', file)).status).toBe(0);
}, 120_000);
afterAll(async () => {
  await source?.stop();
  await endpoint?.close();
});

/** What of a delivery does not speak of its place. */
const toldOf = ({ type, responseStatus }: Record<string, unknown>) => ({ type, responseStatus });

/** What the organisation has used of its allowances. */
async function usedIn(url: string): Promise<[string, number][]> {
  const sql = connect(url, { max: 1 });
  const rows = await sql`select name, used from limits.used where name like ${`%${org}%`} and used > 0 order by name`;
  await sql.end();
  expect(rows.length).toBeGreaterThan(0);
  return rows.map(row => [row['name'], row['used']]);
}

describe('an organisation', () => {
  test('is in a second instance what it was in the first, and goes on there', async () => {
    // What was counted meanwhile belongs to both or to none.
    const before = (await call('GET', `/v1/webhooks/${webhook}/deliveries?limit=100`)).body.data;
    await source.stop();
    const file = join(scratchDirectory(), 'again.ledger');
    expect((await audit(source.databaseUrl, 'export', '--org', org, '--out', file)).status).toBe(0);
    const digest = (await audit(source.databaseUrl, 'digest', '--org', org)).output.trim();
    expect(digest).toMatch(/^[0-9a-f]{64}$/);
    const { url } = await testDatabase();
    const imported = await audit(url, 'import', file, '--key', key);
    expect(imported.output).toContain(`26 scans of ${org} are in this ledger now.`);
    expect(imported.output).toContain(`digest ${digest}`);
    expect(imported.status).toBe(0);
    expect((await audit(url, 'verify')).status).toBe(0);
    const target = await startProgram({ again: { ...source, databaseUrl: url }, env: { WEBHOOK_ALLOW: 'loopback' } });
    const there = caller(target.url, source.key);
    for (const { id, slug } of codes) {
      const code = await there('GET', `/v1/qr/${id}`);
      const visit = await caller(target.url)('GET', `/${slug}`, { headers: { 'user-agent': iPhone } });
      expect([code.status, visit.status]).toEqual(
        id === codes[1]!.id ? [404, 410] : [200, slug === codes[6]!.slug ? 200 : 302],
      );
    }
    expect((await there('GET', `/v1/qr/${codes[0]!.id}/history`)).body.total).toBe(4);
    const gone = await caller(target.url)('GET', `/${erased.slug}`, { headers: { 'user-agent': iPhone } });
    const past = (await there('GET', `/v1/qr/${erased.id}/history`)).body;
    expect([gone.status, past.total, JSON.stringify(past).includes('ane')]).toEqual([410, 2, false]);
    // No slug is given away again, whatever became of its code, and what was used of allowances is.
    for (const { slug } of [codes[0]!, codes[1]!, erased]) {
      const json = { destination: 'https://example.com/', slug };
      expect((await there('POST', '/v1/qr/create', { json })).body.code).toBe('slug_taken');
    }
    expect(await usedIn(url)).toEqual(await usedIn(source.databaseUrl));
    // What it was told it is not told once more: the log is the same, and goes on with what happens here.
    const log = await there('GET', `/v1/webhooks/${webhook}/deliveries?limit=100`);
    expect(log.body.data.map(toldOf)).toEqual(before.map(toldOf));
    expect((await there('GET', `/v1/qr/${codes[0]!.id}/image`)).status).toBe(200);
    await there('PATCH', `/v1/qr/${codes[0]!.id}`, { json: { label: 'on its own now' } });
    const refused = await audit(url, 'import', file, '--key', key);
    expect(refused.errors).toContain('The program is running');
    await target.stop();
    expect((await audit(url, 'digest', '--org', org)).output.trim()).not.toBe(digest);
    const another = connect(url, { max: 1, name: 'indelible audit' });
    await another`select pg_advisory_lock(hashtext('indelible import'))`;
    expect((await audit(url, 'import', file, '--key', key)).errors).toContain('Another import is at work');
    await another.end();
    const twice = await audit(url, 'import', file, '--key', key);
    expect([twice.status, twice.errors.includes('is in this ledger already')]).toEqual([1, true]);
    source = await startProgram({ again: source });
  }, 120_000);

  test('is not taken from a file that is not whole, or from one that was made for checking', async () => {
    const { url } = await testDatabase();
    const sealed = join(scratchDirectory(), 'sealed.ledger');
    await audit(source.databaseUrl, 'export', '--org', org, '--out', sealed, '--sealed');
    expect((await audit(undefined, 'verify', sealed, '--key', key)).status).toBe(0);
    expect((await audit(url, 'import', sealed, '--key', key)).errors).toContain('made for checking');
    const foreign = `${key.split('+')[0]}x+00000000+${key.split('+')[2]}`;
    expect((await audit(url, 'import', file, '--key', foreign)).status).toBe(1);
    const sql = connect(url, { max: 1 });
    expect(await readHead(sql)).toBe(0);
    await sql.end();
  }, 120_000);

  test('is not taken where a slug of it is somebody else’s, and nothing of it is written', async () => {
    const store = await testStore();
    const claims = [{ name: slugClaim(codes[3]!.slug, null), stream: 'qr_other' }];
    await store.ledger.append({ ...requestOf('qr_other', 0, created(codes[3]!.slug)), org: 'org_other', claims });
    const taken = await audit(store.url, 'import', file, '--key', key);
    expect([taken.status, taken.errors]).toMatchObject([
      1,
      expect.stringContaining(`Taken here already: ${claims[0]!.name}`),
    ]);
    expect(await readHead(store.sql)).toBe(1);
    await store.close();
  });
});

test('an entry is read back as the event that it was', async () => {
  const store = await ledgerOf(200);
  const entries = await readEntries(store.sql, 0, 200);
  for (const family of ['facts', 'scans'] as const) {
    const { events } = await readRun(store.sql, family, 0, 1_000);
    for (const event of events) {
      const read = eventOfEntry(entryText(entries[event.position - 1]!));
      const { sealed: _, ...open } = read.data as { sealed?: string };
      expect({ ...event, data: { ...event.data } }).toMatchObject({ ...read, data: open } as object);
    }
  }
  await store.close();
});

test('what speaks of places is led to the new ones', () => {
  const map = new PositionMap();
  for (const [old, now] of [
    [10, 3],
    [20, 4],
    [30, 9],
  ] as const)
    map.add(old, now);
  expect([5, 10, 15, 20, 29, 30, 99].map(at => map.at(at))).toEqual([0, 3, 3, 4, 4, 9, 9]);
  const attempt = { position: 20, status: 500, latencyMs: 5 };
  const told = eventOf('delivery.attempted', 'd', { webhook: 'wh_1', attempts: [attempt], excerpts: { 20: 'no' } });
  expect(map.moved(told).data).toEqual({
    webhook: 'wh_1',
    attempts: [{ ...attempt, position: 4 }],
    excerpts: { 4: 'no' },
  });
  const asked = eventOf('replay.requested', 'r', { webhook: 'wh_1', after: 10, until: 30 });
  expect(map.moved(asked).data).toEqual({ webhook: 'wh_1', after: 3, until: 9 });
  const gone = eventOf('replay.advanced', 'r', {
    webhook: 'wh_1',
    through: 25,
    deliveries: { 'qr.created': [10, 20] },
  });
  expect(map.moved(gone).data).toEqual({ webhook: 'wh_1', through: 4, deliveries: { 'qr.created': [3, 4] } });
  const plain = eventOf('qr.deleted', 'qr_1', {});
  expect(map.moved(plain)).toBe(plain);
  expect([told, asked, gone, plain].map(event => map.lastIn(event))).toEqual([20, 30, 25, 0]);
});

test('the digest knows every table of the read models', async () => {
  const store = await testStore();
  await prepareModels(store.sql, projections);
  const rows = await store.sql`
    select table_name from information_schema.tables where table_schema = any(${projections.map(schemaOf)})`;
  expect(rows.map(row => row['table_name'] as string).sort()).toEqual([...digested, ...leftOut].sort());
  await store.close();
});
