/**
 * Old scans moved into files while the program runs, by the operator's command line: the API tells the same, the auditor
 * finds the chain whole, and a program that starts anew goes on from there.
 */
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { connect } from '../../src/store/connect.ts';
import { audit } from '../support/audit.ts';
import { type Call, caller, iPhone } from '../support/client.ts';
import { onRecord } from '../support/keys.ts';
import { scratchDirectory } from '../support/postgres.ts';
import { type Program, startProgram } from '../support/program.ts';
import { organizationOf } from '../support/tenants.ts';
import { until } from '../support/until.ts';

const root = join(import.meta.dirname, '../..');
const directory = scratchDirectory();
let program: Program;
let call: Call;
let id: string;
let path: string;

beforeAll(async () => {
  program = await startProgram();
  call = caller(program.url, program.key);
  const sql = connect(program.databaseUrl, { max: 1 });
  // Partitions of a size that a test can fill.
  await sql
    .unsafe(`
      create table ledger.scans_old (like ledger.scans including all);
      create table ledger.scans_0 (like ledger.scans including all);
      alter table ledger.scans attach partition ledger.scans_old for values from (0) to (200);
      alter table ledger.scans attach partition ledger.scans_0 for values from (200) to (10000000)`)
    .simple();
  await sql.end();
  const { body } = await call('POST', '/v1/qr/create', { json: { destination: 'https://example.com/' } });
  id = body.id;
  path = new URL(body.shortUrl).pathname;
});
afterAll(async () => {
  await program?.stop();
});

const scan = (visitor: number) =>
  call('GET', path, { headers: { 'user-agent': iPhone, 'x-forwarded-for': `8.8.8.${visitor}` } });
const counted = async () => (await call('GET', `/v1/qr/${id}/analytics`)).body.totalScans;

async function scans(...words: string[]): Promise<string> {
  const env = { ...process.env, DATABASE_URL: program.databaseUrl, DATA_DIR: program.dataDir };
  const child = spawn(process.execPath, ['src/scans.ts', ...words], { cwd: root, env });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', text => (output += text));
  const [status] = await once(child, 'close');
  expect([status, output]).toEqual([0, expect.any(String)]);
  return output.trim();
}

test('scans leave the database for a file, and nothing that is told changes', async () => {
  for (let visitor = 1; visitor <= 6; visitor++) await scan(visitor);
  const renamed = Array.from({ length: 200 }, (_, i) => ({ type: 'org.renamed', data: { name: `Name ${i}` } }));
  const org = await organizationOf(program);
  await onRecord(program, org, org, ...renamed);
  for (let visitor = 1; visitor <= 3; visitor++) await scan(visitor);
  await until(async () => (await counted()) === 9, 20_000);
  const list = (await call('GET', '/v1/scans?order=asc')).body.data;
  expect(list).toHaveLength(9);

  expect(await scans('archive', '--dir', directory)).toBe('');
  expect(await scans('archive', '--dir', directory, '--keep', '0')).toMatch(
    /scans-0-199\.parquet\t6 scans\t[0-9a-f]{64}$/,
  );
  expect(await scans('archives')).toMatch(/^0-199\t6 scans\t/);
  expect((await call('GET', '/v1/scans?order=asc')).body.data).toEqual(list);
  expect((await call('GET', `/v1/scans/${list[0].position}/explain`)).status).toBe(200);
  expect((await audit(program.databaseUrl, 'verify')).status).toBe(0);

  await program.stop();
  program = await startProgram({ again: program });
  call = caller(program.url, program.key);
  await scan(7);
  await until(async () => (await counted()) === 10, 20_000);
  expect((await call('GET', '/v1/scans')).body.data).toHaveLength(10);
}, 90_000);
