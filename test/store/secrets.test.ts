/**
 * Secrets of the instance: one per name, the same for all who ask, whoever asks first.
 */
import { expect, test } from 'bun:test';
import { connect } from '../../src/store/connect.ts';
import { secret } from '../../src/store/secrets.ts';
import { testStore } from '../support/store.ts';

test('many programs that ask at once get the same secret, and another one under another name', async () => {
  const store = await testStore();
  const pools = Array.from({ length: 5 }, () => connect(store.url, { max: 1 }));
  const given = await Promise.all(pools.map(sql => secret(sql, 'visitor')));
  expect(new Set(given.map(bytes => bytes.toHex())).size).toBe(1);
  expect(given[0]).toHaveLength(32);
  expect((await secret(store.sql, 'other')).toHex()).not.toBe(given[0]!.toHex());
  expect((await secret(store.sql, 'visitor')).toHex()).toBe(given[0]!.toHex());
  await Promise.all(pools.map(sql => sql.end()));
  await store.close();
});
