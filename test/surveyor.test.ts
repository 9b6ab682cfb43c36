/**
 * Tables that have grown: Postgres is made to look at them soon, at each once, and at no others.
 */
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { transaction } from '../src/store/connect.ts';
import { Surveyor } from '../src/surveyor.ts';
import { type TestStore, testStore } from './support/store.ts';
import { until } from './support/until.ts';

let store: TestStore;
beforeAll(async () => {
  store = await testStore();
});
afterAll(() => store.close());

test('a table that has grown to more than twice is looked at, once, and a small one or a stranger’s is not', async () => {
  const { sql } = store;
  const errors: unknown[] = [];
  const grow = async (table: string, rows: number) => {
    await transaction(sql, async tx => {
      await tx.unsafe(`insert into ${table} select generate_series(1, ${rows})`);
      await tx`select pg_stat_force_next_flush()`;
    });
  };
  const looks = async () => {
    const rows = await sql`
      select relname as name, analyze_count as looks from pg_stat_user_tables where schemaname = 'survey' order by 1`;
    return Object.fromEntries(rows.map(({ name, looks }) => [name, looks]));
  };
  await sql`create schema survey`;
  // Postgres' own look, once a minute, would come before ours some day.
  for (const table of ['early', 'late', 'small', 'strange'])
    await sql.unsafe(`create table survey.${table} (n integer) with (autovacuum_enabled = off)`);
  await sql`create role survey_stranger`;
  await sql`alter table survey.strange owner to survey_stranger`;
  await grow('survey.small', 900);
  await grow('survey.strange', 5_000);
  await grow('survey.early', 2_000);
  const surveyor = new Surveyor({ sql, onError: error => errors.push(error) });
  surveyor.start();
  await until(async () => (await looks())['early'] === 1, 10_000);
  // Half as many more, and then enough in another: what is not looked at by then is not.
  await grow('survey.early', 1_000);
  await grow('survey.late', 1_100);
  await until(async () => (await looks())['late'] === 1, 10_000);
  expect(await looks()).toEqual({ early: 1, late: 1, small: 0, strange: 0 });
  await grow('survey.early', 2_000);
  await until(async () => (await looks())['early'] === 2, 10_000);
  await surveyor.stop();
  await sql`drop schema survey cascade`;
  await sql`drop role survey_stranger`;
  expect(errors).toEqual([]);
});
