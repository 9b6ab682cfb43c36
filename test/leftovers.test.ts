/**
 * What an earlier version of the program has left behind in the database, and what it still uses.
 */
import { expect, test } from 'bun:test';
import { qrs } from '../projections/qrs.ts';
import { Leftovers } from '../src/leftovers.ts';
import { Projector } from '../src/projector.ts';
import { silentFeed } from './support/read-models.ts';
import { created, requestOf, testStore } from './support/store.ts';

test('read models of earlier versions are dropped when nobody follows them any more, and no others', async () => {
  const { sql, ledger, close } = await testStore();
  const errors: unknown[] = [];
  const onError = (error: unknown) => errors.push(error);
  await new Projector({ sql, feed: silentFeed, onError }).prepare([qrs]);
  const append = (n: number) => ledger.append(requestOf(`qr_${n}`, 0, created(`s${n}`)));
  await append(1);
  const now = `qrs_v${qrs.version}`;
  const others = ['qrs_v0', 'qrs_v0_next', 'qrs_v99', 'other_v0', 'domains_v0'];
  for (const schema of others) {
    await sql.unsafe(`create schema ${schema}; create table ${schema}.codes (id text)`).simple();
    await sql`insert into projections.checkpoints values (${schema}, 0)`;
  }
  const there = async () => {
    const rows = await sql`
      select c.schema from projections.checkpoints c join pg_namespace on nspname = c.schema order by 1`;
    return rows.map(row => row['schema'] as string);
  };
  const move = (position: number) =>
    sql`update projections.checkpoints set position = ${position} where schema = 'domains_v0'`;
  const projections = [qrs, { name: 'domains', version: 1 }];
  const leftovers = new Leftovers({ sql, onError, projections });
  await leftovers.look();
  expect(await there()).toEqual([...others, now].sort());
  // This one is followed, as far as it has come.
  await move(1);
  await append(2);
  await leftovers.look();
  expect(await there()).toEqual([...others.filter(schema => schema !== 'qrs_v0'), now].sort());
  // And this one stands at the end, with nothing to take in.
  await move(2);
  for (let i = 0; i < 3; i++) await leftovers.look();
  expect(await there()).toContain('domains_v0');
  expect(errors).toEqual([]);
  await close();
});
