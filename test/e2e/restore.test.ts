/**
 * A dump by `pg_dump` in a brand-new cluster of another version, while the broker's store, the spools and what the nodes
 * keep on disk stay as they were. Of the newest state everybody goes on as if nothing had been; of an older one what is
 * ahead of the ledger is found and put right.
 */
import { afterAll, beforeAll, expect, setDefaultTimeout, test } from 'bun:test';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { projections } from '../../projections/index.ts';
import { schemaOf } from '../../projections/projection.ts';
import { stateDigest } from '../../src/audit/digest.ts';
import { connect } from '../../src/store/connect.ts';
import { audit } from '../support/audit.ts';
import { type Call, caller } from '../support/client.ts';
import { type OwnCluster, ownCluster } from '../support/cluster.ts';
import { type Endpoint, startEndpoint } from '../support/endpoint.ts';
import { natsServer, type TestNats } from '../support/nats.ts';
import { scratchDirectory } from '../support/postgres.ts';
import { restore, type ToolServer, toolServer } from '../support/postgres-tools.ts';
import { type Program, startProgram } from '../support/program.ts';
import { liftLimits, organizationOf } from '../support/tenants.ts';
import { until } from '../support/until.ts';
import { idsAt } from '../webhooks/rig.ts';
import { streamed } from './crash-rest.ts';
import { parallel } from './parallel.ts';
import { type Code, scan, visitor } from './visits.ts';

setDefaultTimeout(120_000);

const soonMs = 30_000;
let [source, nats, endpoint] = [] as unknown as [ToolServer, TestNats, Endpoint];
let [office, node] = [] as unknown as [Program, Program];
let call: Call;
let target: OwnCluster;
let early: string;
let org: string;
/** A checkpoint of the newest state, as an auditor keeps it. */
const kept = join(scratchDirectory(), 'kept.txt');
const codes: Code[] = [];
const answered = new Map<string, number>();
/** What the endpoint has to be told of: codes made and scans answered. */
let events = 0;

/** Both programs, on a database; again with what they have on disk. */
async function started(url: string): Promise<void> {
  const env = { DATABASE_URL: url, NATS_URL: nats.url, WEBHOOK_ALLOW: 'loopback' };
  office = await startProgram({ env, ...(office && { again: office }), runtime: 'bun' });
  node = await startProgram({ env: { ...env, ROLE: 'redirect' }, ...(node && { again: node }), runtime: 'bun' });
  call = caller(office.url, office.key);
}

async function made(count: number): Promise<void> {
  for (let i = 0; i < count; i++) {
    const destination = `https://example.com/${codes.length}`;
    const { status, body } = await call('POST', '/v1/qr/create', { json: { destination } });
    expect(status).toBe(201);
    codes.push({ id: body.id, slug: new URL(body.shortUrl).pathname.slice(1), destination });
    answered.set(body.id, 0);
    events += 1;
  }
}

const leads = async (url: string, { slug }: Code) =>
  (await fetch(`${url}/${slug}`, { method: 'HEAD', redirect: 'manual' })).headers.get('location');

async function scans(count: number, urls = [office.url, node.url]): Promise<void> {
  for (const code of codes) {
    for (const url of urls) await until(async () => (await leads(url, code)) === code.destination, soonMs);
  }
  await parallel(
    Array.from({ length: count }, (_, n) => n),
    8,
    async n => {
      const code = codes[n % codes.length]!;
      const { status, location } = await scan(urls[n % urls.length]!, code.slug, visitor(n));
      expect([status, location]).toEqual([302, code.destination]);
      answered.set(code.id, answered.get(code.id)! + 1);
      events += 1;
    },
  );
}

const counted = async () =>
  new Map(
    await parallel(codes, 4, async ({ id }) => {
      const { body } = await call('GET', `/v1/qr/${id}/analytics`);
      return [id, body.totalScans as number] as const;
    }),
  );

/** Every scan that was answered is counted, once. */
async function expectCounted(): Promise<void> {
  const sum = (counts: ReadonlyMap<string, number>) => [...counts.values()].reduce((a, b) => a + b, 0);
  await until(async () => sum(await counted()) >= sum(answered), soonMs);
  expect(await counted()).toEqual(answered);
}

async function expectWhole(url: string): Promise<void> {
  for (const words of [['verify'], ['replay', '--keep']]) {
    const { status, output, errors } = await audit(url, ...words);
    expect({ status, errors: status === 0 ? '' : `${output}${errors}` }).toEqual({ status: 0, errors: '' });
  }
  await streamed(url, nats.url);
}

async function digestOf(url: string): Promise<string> {
  const sql = connect(url, { max: 1, searchPath: projections.map(schemaOf) });
  return stateDigest(sql, org).finally(() => sql.end());
}

/** What the relays have said since the last start. */
const reports = () =>
  office
    .log()
    .split('\n')
    .filter(line => line.includes('stream compared with the ledger'))
    .map(line => JSON.parse(line) as { family: string; stream: number; ledger: number; rebuilt: boolean });

beforeAll(async () => {
  [source, nats, endpoint] = await Promise.all([toolServer(), natsServer(), startEndpoint()]);
  await started(source.url);
  await liftLimits(office);
  org = await organizationOf(office);
  const json = { url: endpoint.url, events: ['qr.created', 'scan.created'] };
  expect((await call('POST', '/v1/webhooks', { json })).status).toBe(201);
  await made(10);
  await scans(200);
  await expectCounted();
  await until(() => endpoint.received.length >= events, soonMs);
});
afterAll(async () => {
  await Promise.all([office, node].map(program => program?.kill()));
  await target?.kill();
  await endpoint?.close();
  await nats?.remove();
});

test('of the newest state: consumers go on, nothing is lost and nothing repeated', async () => {
  early = source.dump();
  await made(5);
  await scans(100);
  await until(() => endpoint.received.length >= events, soonMs);
  const { body } = await call('GET', '/v1/proofs/checkpoint?format=text');
  writeFileSync(kept, body);
  expect([await office.stop(), await node.stop()]).toEqual([0, 0]);
  const before = await digestOf(source.url);
  target = await ownCluster();
  restore(source.dump(), target.url);
  expect(await digestOf(target.url)).toBe(before);

  await started(target.url);
  await made(5);
  await scans(100);
  await expectCounted();
  await until(() => endpoint.received.length >= events, soonMs);
  await expectWhole(target.url);
  // The stream was gone on with where it was.
  expect(reports().map(({ rebuilt }) => rebuilt)).toEqual(reports().map(() => false));
  const ids = idsAt(endpoint);
  expect([ids.length, new Set(ids).size]).toEqual([events, events]);
  expect(await audit(target.url, 'verify', '--checkpoint', kept)).toMatchObject({ status: 0 });
});

test('of an older state: stream, spool and nodes that are ahead of the ledger are put right', async () => {
  // One code was changed after the dump, and some scans never reached any database.
  const [code] = codes as [Code];
  const elsewhere = 'https://example.com/elsewhere';
  expect((await call('PATCH', `/v1/qr/${code.id}`, { json: { destination: elsewhere } })).status).toBe(200);
  await until(async () => (await leads(node.url, code)) === elsewhere, soonMs);
  await office.kill();
  await target.kill();
  for (let n = 0; n < 50; n++) expect((await scan(node.url, codes[1]!.slug, visitor(n))).status).toBe(302);
  await node.kill();
  target = await ownCluster();
  restore(early, target.url);

  await started(target.url);
  const gone = codes.splice(10);
  for (const { id } of gone) answered.delete(id);
  for (const url of [office.url, node.url]) {
    await until(async () => (await leads(url, code)) === code.destination, soonMs);
    for (const { slug } of gone) await until(async () => (await fetch(`${url}/${slug}`)).status === 404, soonMs);
  }
  // What is counted are the scans up to the dump, and those that waited in the spool.
  for (const { id } of codes) answered.set(id, 20);
  answered.set(codes[1]!.id, 20 + 50);
  await expectCounted();
  const found = reports().slice(0, 2);
  expect(found.map(({ family }) => family).sort()).toEqual(['facts', 'scans']);
  expect(found.map(({ rebuilt }) => rebuilt)).toEqual([true, true]);
  const told = endpoint.received.length;
  await made(5);
  await scans(90);
  await expectCounted();
  await until(() => endpoint.received.length >= told + 5 + 90, soonMs);
  await expectWhole(target.url);
  // The auditor sees that this is not all that was.
  const verified = await audit(target.url, 'verify', '--checkpoint', kept);
  expect(verified.status).not.toBe(0);
  expect(verified.output + verified.errors).toContain('This is not the ledger of the checkpoint');
});
