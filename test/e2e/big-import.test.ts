/**
 * Imports as large as they come, and one whose program is killed meanwhile. They are told by the API, but what they try
 * is the same whatever the program runs on, so they are not tried on both.
 */
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { type Call, caller } from '../support/client.ts';
import { jobOver, jobRows, ndjson, numbered } from '../support/jobs.ts';
import { type Program, startProgram } from '../support/program.ts';
import { liftLimits } from '../support/tenants.ts';
import { until } from '../support/until.ts';

let program: Program;
let call: Call;
beforeAll(async () => {
  program = await startProgram();
  await liftLimits(program);
  call = caller(program.url, program.key);
});
afterAll(async () => {
  await program?.stop();
});

const codes = async () => (await call('GET', '/v1/qr?limit=1')).body.total;

test('an import of 50,000 rows with 100 bad ones makes all others, after a dry run that names every bad row', async () => {
  const bad = new Set(Array.from({ length: 100 }, (_, i) => i * 497 + 3));
  const lines = Array.from({ length: 50_000 }, (_, i) =>
    bad.has(i) ? `nowhere ${i},Bad` : `https://example.com/${i},Label ${i}`,
  );
  const file = { raw: `Target,label\n${lines.join('\n')}\n`, headers: { 'content-type': 'text/csv' } };
  const path = `/v1/qr/import?columns=${encodeURIComponent('{"destination":"Target"}')}`;
  const before = await codes();
  const dry = await call('POST', `${path}&dryRun=true`, file);
  expect([dry.status, dry.body.rows, dry.body.valid, dry.body.bad]).toEqual([200, 50_000, 49_900, 100]);
  expect(dry.body.errors.map((error: { row: number }) => error.row)).toEqual([...bad]);
  expect(await codes()).toBe(before);
  const { body } = await call('POST', path, file);
  expect(await jobOver(call, body.id)).toMatchObject({ status: 'finished', rows: 50_000, done: 50_000, failed: 100 });
  expect((await jobRows(call, body.id, '&outcome=failed')).map((row: { row: number }) => row.row)).toEqual([...bad]);
  expect(await codes()).toBe(before + 49_900);
}, 120_000);

test('a job goes on after the program was killed, and no row takes effect twice', async () => {
  const before = await codes();
  const { body } = await call('POST', '/v1/qr/import', ndjson(numbered(12_000)));
  await until(async () => (await call('GET', `/v1/jobs/${body.id}`)).body.done > 0, 30_000);
  await program.kill();
  program = await startProgram({ again: program });
  call = caller(program.url, program.key);
  expect(await jobOver(call, body.id)).toMatchObject({ status: 'finished', done: 12_000, failed: 0 });
  expect(await codes()).toBe(before + 12_000);
}, 120_000);
