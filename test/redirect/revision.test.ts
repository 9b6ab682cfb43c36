/**
 * New counting rules and the past: scans that older rules took for people are counted anew by what the dictionary knows,
 * both versions can be read side by side, and all of it comes from the ledger alone afterwards.
 */
import { afterAll, beforeAll, expect, test } from 'bun:test';
import type { Scan } from '../../events/scan.ts';
import { currentRules } from '../../projections/counting.ts';
import { sumUp } from '../../projections/scan-answers.ts';
import { kindIn } from '../../projections/scan-items.ts';
import { quarterOf } from '../../projections/scan-times.ts';
import { scans, scanTotals } from '../../projections/scans.ts';
import { Projector } from '../../src/projector.ts';
import { Agents } from '../../src/redirect/agents.ts';
import { countingStream, revise } from '../../src/redirect/revision.ts';
import { agentNumber } from '../../src/redirect/visitor.ts';
import { readHead, readStream } from '../../src/store/read.ts';
import { iPhone } from '../support/client.ts';
import { rebuild, silentFeed } from '../support/read-models.ts';
import { noon, sighting } from '../support/sightings.ts';
import { type TestStore, testStore } from '../support/store.ts';

const reader = 'QRReader/3.1 CFNetwork/1410.0.3 Darwin/22.6.0';
const forgotten = 'Other/2.0 CFNetwork/1410.0.3 Darwin/22.6.0';
const key = new Uint8Array(32).fill(7);
const errors: unknown[] = [];
let store: TestStore;
let done = 0;

beforeAll(async () => {
  store = await testStore();
});
afterAll(async () => {
  expect(errors).toEqual([]);
  await store.close();
});

async function record(...list: Partial<Scan>[]): Promise<void> {
  const made = list.map(more => ({ ...sighting(1), data: { ...sighting(1).data, ...more } }));
  await store.ledger.append({
    ...{ at: noon, org: null, actor: 'scanner', request: null, writes: [] },
    scans: { stream: 'scans-old', expected: done, scans: made },
  });
  done += made.length;
}

/** People by each version of the rules, as a read model that is built from position 0 counts them. */
async function counted(): Promise<number[]> {
  const projector = new Projector({ sql: store.sql, feed: silentFeed, onError: error => errors.push(error) });
  await projector.prepare([scans]);
  await projector.start([scans]);
  await projector.reached(await readHead(store.sql), [scans.name]);
  await rebuild({ sql: store.sql, feed: silentFeed, onError: error => errors.push(error) }, scans);
  await projector.stop();
  const { sums } = await sumUp(store.sql, {
    names: ['qr_1'],
    spans: [{ from: quarterOf(noon), to: quarterOf(noon) + 1 }],
  });
  const totals = [1, 2].map(version =>
    [...sums].reduce((n, [kinds, sum]) => n + (kindIn(kinds, version) === 'scan' ? sum.scans : 0), 0),
  );
  expect((await scanTotals(store.sql, ['qr_1'])).get('qr_1')).toBe(totals[1]!);
  return totals;
}

test('a ledger without scans of older rules has nothing to be counted anew', async () => {
  expect(await revise(store.sql, store.ledger, noon)).toEqual([]);
});

test('the past is counted by new rules as far as user agents are known, once, and the old numbers stay', async () => {
  const agents = new Agents(
    store.sql,
    () => noon,
    error => errors.push(error),
  );
  for (const agent of [iPhone, reader]) agents.note(agentNumber(key, agent), agent, 16);
  await agents.close();
  await record(
    { agent: agentNumber(key, iPhone) },
    { agent: agentNumber(key, reader) },
    { agent: agentNumber(key, reader), kind: 'head' },
    { agent: agentNumber(key, forgotten) },
    // Judged by the new rules themselves.
    { agent: agentNumber(key, reader), kind: 'bot', rules: currentRules, earlier: { 1: 'scan' } },
  );
  expect(await revise(store.sql, store.ledger, noon)).toEqual([2]);
  const [event, ...more] = await readStream(store.sql, countingStream);
  expect(more).toEqual([]);
  expect(event!.data).toEqual({ version: 2, bots: [agentNumber(key, reader)], people: [] });
  expect(await counted()).toEqual([4, 2]);

  // From here on the ledger says it all.
  await store.sql`delete from public.indelible_agents`;
  expect(await revise(store.sql, store.ledger, noon)).toEqual([]);
  await record({ agent: agentNumber(key, reader) });
  expect(await counted()).toEqual([5, 2]);
});

test('of two processes that start at once, one puts it on record', async () => {
  const other = await testStore();
  await other.ledger.append({
    ...{ at: noon, org: null, actor: 'scanner', request: null, writes: [] },
    scans: { stream: 'scans-old', expected: 0, scans: [sighting(1)] },
  });
  await Promise.all([1, 2, 3].map(() => revise(other.sql, other.ledger, noon)));
  expect(await readStream(other.sql, countingStream)).toHaveLength(1);
  await other.close();
});
