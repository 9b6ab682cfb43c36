/**
 * The program does what nobody asks for: beside it stands nothing but a client of its API.
 */
import { expect, test } from 'bun:test';
import { schemaOf } from '../projections/projection.ts';
import { qrs } from '../projections/qrs.ts';
import { connect } from '../src/store/connect.ts';
import { caller } from './support/client.ts';
import { startProgram } from './support/program.ts';
import { until } from './support/until.ts';

test('a program takes planned changes and has grown tables looked at', async () => {
  const program = await startProgram();
  const call = caller(program.url, program.key);
  const sql = connect(program.databaseUrl, { max: 1 });
  // Else Postgres may have looked itself by then, and nothing has grown since.
  for (const table of ['ledger.events', 'ledger.claims', `${schemaOf(qrs)}.codes`]) {
    await sql.unsafe(`alter table ${table} set (autovacuum_enabled = false)`);
  }
  const soon = new Date(Date.now() + 1_500).toISOString();
  const routing = { schedule: [{ at: soon, destination: 'https://example.com/then' }] };
  const { body } = await call('POST', '/v1/qr/create', { json: { destination: 'https://example.com/now', routing } });
  const codes = Array.from({ length: 1_500 }, (_, i) => ({ destination: `https://example.com/${i}` }));
  expect((await call('POST', '/v1/qr/bulk', { json: { codes } })).status).toBe(201);
  const taken = await until(async () => {
    const { data } = (await call('GET', `/v1/events?stream=${body.id}`)).body;
    return data.some(({ type }: { type: string }) => type === 'qr.retargeted');
  }, 10_000);
  const seen = await until(async () => {
    const rows =
      await sql`select analyze_count from pg_stat_user_tables where relname in ('events', 'claims', 'codes')`;
    return rows.every(row => row['analyze_count'] > 0);
  }, 10_000);
  expect([taken, seen]).toEqual([true, true]);
  await sql.end();
  await program.stop();
}, 60_000);
