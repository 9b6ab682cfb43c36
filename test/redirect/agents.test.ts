/**
 * The dictionary of user agents on a real database: what was noted can be looked up, what is rare is forgotten after 90
 * days, and what many have stays.
 */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'bun:test';
import { Agents, commonFrom, knownAgents } from '../../src/redirect/agents.ts';
import type { Sql } from '../../src/store/connect.ts';
import { type TestStore, testStore } from '../support/store.ts';

const dayMs = 86_400_000;
let store: TestStore;
let now = Date.UTC(2026, 0, 1);
let agents: Agents;
const errors: unknown[] = [];

beforeAll(async () => {
  store = await testStore();
});
beforeEach(async () => {
  await store.sql`delete from public.indelible_agents`;
  now = Date.UTC(2026, 0, 1);
  await agents?.close();
  agents = new Agents(
    store.sql,
    () => now,
    error => errors.push(error),
  );
});
afterAll(async () => {
  await agents.close();
  expect(errors).toEqual([]);
  await store.close();
});

const known = async () => Object.fromEntries(await knownAgents(store.sql));

describe('the dictionary', () => {
  test('knows what was noted, each number once, and nothing of a scan without a user agent', async () => {
    agents.note(7, 'Browser/1', 16);
    agents.note(7, 'Browser/1', 17);
    agents.note(8, 'Browser/2 \u0000\ud800', 16);
    agents.note(0, null, 16);
    await agents.flush();
    await agents.flush();
    expect(await known()).toEqual({ 7: 'Browser/1', 8: 'Browser/2 \ufffd' });
  });

  test('forgets a string that few visitors had, 90 days after the first of them', async () => {
    agents.note(1, 'Rare/1', 16);
    await agents.flush();
    now += 89 * dayMs;
    // Seen again: that makes it no more common.
    agents.note(1, 'Rare/1', 16);
    agents.note(2, 'Rare/2', 16);
    await agents.flush();
    await agents.forget();
    expect(await known()).toEqual({ 1: 'Rare/1', 2: 'Rare/2' });
    now += 2 * dayMs;
    await agents.forget();
    expect(await known()).toEqual({ 2: 'Rare/2' });
  });

  test('keeps a string that many visitors had, whenever they came', async () => {
    for (let visitor = 1; visitor <= commonFrom; visitor++) {
      agents.note(3, 'Common/1', visitor * 16);
      if (visitor % 7 === 0) await agents.flush();
    }
    agents.note(4, 'Rare/1', 16);
    await agents.flush();
    now += 1_000 * dayMs;
    await agents.forget();
    expect(await known()).toEqual({ 3: 'Common/1' });
    const [row] = await store.sql`select cardinality(visitors) as n from public.indelible_agents`;
    expect(row!['n']).toBe(commonFrom);
  });

  test('takes in no more in an outage than before it, however often it can not be written', async () => {
    let isAway = true;
    const sql = ((strings: TemplateStringsArray, ...values: never[]) =>
      isAway ? Promise.reject(new Error('away')) : store.sql(strings, ...values)) as unknown as Sql;
    const flooded = new Agents(
      sql,
      () => now,
      () => {},
    );
    let number = 0;
    const flood = (count: number) => {
      for (let i = 0; i < count; i++) flooded.note(++number, `Invented/${number}`, 16);
    };
    flood(15_000);
    for (let time = 0; time < 3; time++) {
      const flushing = flooded.flush();
      flood(15_000);
      await expect(flushing).rejects.toThrow('away');
    }
    isAway = false;
    await flooded.close();
    const [row] = await store.sql`select count(*)::int as n, max(number) as last from public.indelible_agents`;
    expect([row!['n'], row!['last']]).toEqual([20_000, 20_000]);
  });

  test('is written by itself, and at the end', async () => {
    agents.note(5, 'Last/1', 16);
    await agents.close();
    expect(await known()).toEqual({ 5: 'Last/1' });
  });
});
