/**
 * More scans than the ledger takes in time: they wait on disk, where they are as safe, and come home when the rush is over.
 */
import { afterAll, beforeAll, expect, test } from 'bun:test';
import type { Recorder } from '../../src/redirect/recorder.ts';
import type { Ledger } from '../../src/store/ledger.ts';
import { recording } from '../support/recording.ts';
import { recordedBy, sighting } from '../support/sightings.ts';
import { type TestStore, testStore } from '../support/store.ts';
import { until } from '../support/until.ts';

let store: TestStore;
beforeAll(async () => {
  store = await testStore();
});
afterAll(() => store.close());

const numbers = (from: number, count: number) => Array.from({ length: count }, (_, i) => from + i);
const sorted = (values: readonly number[]) => [...values].sort((a, b) => a - b);

/** A ledger that takes 20 ms for each commit, and counts the scans that it has taken. */
function slowly() {
  let taken = 0;
  const append: Ledger['append'] = async request => {
    await store.sql`select pg_sleep(0.02)`;
    const events = await store.ledger.append(request);
    taken += events.length;
    return events;
  };
  return { append, taken: () => taken };
}

/** Scans by a crowd, each of whom scans again when answered, until `isOver`; how many were answered. */
async function rush(recorder: Recorder, crowd: number, isOver: (answered: number) => boolean): Promise<number> {
  let [next, answered] = [0, 0];
  await Promise.all(
    numbers(0, crowd).map(async () => {
      while (!isOver(answered)) {
        await recorder.record(sighting(next++));
        answered += 1;
      }
    }),
  );
  return answered;
}

test('what a slow ledger does not take in a rush waits on disk, and is on record once when that is over', async () => {
  const { append, taken } = slowly();
  const { recorder, spools, drained, close, errors } = await recording(store, { node: 'rush', append });
  let ahead = 0;
  const answered = await rush(recorder, 256, count => {
    ahead = Math.max(ahead, count - taken());
    return count >= 20_000;
  });
  expect(ahead).toBeGreaterThan(5_000);
  // It was in a hurry, and never out of reach.
  expect(recorder.isCutOff).toBe(false);
  await drained();
  await until(() => !recorder.detoured, 10_000);
  await recorder.record(sighting(answered));
  expect(spools.bytes).toBe(0);
  expect(sorted(await recordedBy(store.sql, 'rush'))).toEqual(numbers(0, answered + 1));
  expect(errors).toEqual([]);
  await close();
});

test('a few scans go to the ledger however slow it is', async () => {
  const { recorder, spools, close } = await recording(store, { node: 'few', append: slowly().append });
  for (let n = 0; n < 3; n++) await Promise.all(numbers(50 * n, 50).map(i => recorder.record(sighting(i))));
  expect([recorder.detoured, spools.bytes]).toEqual([false, 0]);
  expect(await recordedBy(store.sql, 'few')).toEqual(numbers(0, 150));
  await close();
});

test('a rush leaves most of the spool free, for when the ledger is away', async () => {
  const bytesMax = 100_000;
  const { recorder, spools, drained, close } = await recording(store, {
    ...{ node: 'share', bytesMax },
    append: slowly().append,
  });
  let most = 0;
  const answered = await rush(recorder, 256, count => {
    most = Math.max(most, spools.bytes);
    return count >= 10_000;
  });
  // One batch of the crowd may stand above the quarter.
  expect(most).toBeGreaterThan(0.2 * bytesMax);
  expect(most).toBeLessThan(0.4 * bytesMax);
  await drained();
  expect(sorted(await recordedBy(store.sql, 'share'))).toEqual(numbers(0, answered));
  await close();
});
