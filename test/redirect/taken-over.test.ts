/**
 * A node that is not dead but was silent for long, as one that was stopped, or moved with its machine: others have taken
 * its scans over, in containers or on machines that share the directory, and then it goes on.
 */
import { afterAll, afterEach, beforeAll, expect, setSystemTime, test } from 'bun:test';
import { utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Ledger } from '../../src/store/ledger.ts';
import { recording } from '../support/recording.ts';
import { recordedBy, sighting } from '../support/sightings.ts';
import { type TestStore, testStore } from '../support/store.ts';

let store: TestStore;
beforeAll(async () => {
  store = await testStore();
});
afterAll(() => store.close());
afterEach(() => void setSystemTime());

const numbers = (from: number, count: number) => Array.from({ length: count }, (_, i) => from + i);

/** A node whose ledger is away until it is told otherwise. */
async function cutOff(node: string, directory?: string) {
  const link = { isUp: false };
  const append: Ledger['append'] = request =>
    link.isUp ? store.ledger.append(request) : Promise.reject(new Error('away'));
  return { ...(await recording(store, { node, append, ...(directory && { directory }) })), link };
}

/** As others see it that share the directory and not the machine, two minutes later. */
function fallSilent(directory: string, node: string): void {
  const owner = join(directory, node, 'owner');
  writeFileSync(owner, 'other-host 1.1');
  utimesSync(owner, new Date(0), new Date(0));
  setSystemTime(Date.now() + 120_000);
}

const sorted = (values: readonly number[]) => [...values].sort((a, b) => a - b);

test.each(['before', 'after'])(
  'scans of a node that goes on %s others have brought them home count once',
  async when => {
    const node = `woken-${when}`;
    const woken = await cutOff(node);
    const { recorder, directory } = woken;
    for (const n of numbers(0, 10)) await recorder.record(sighting(n));
    fallSilent(directory, node);
    const other = await cutOff(`other-${when}`, directory);
    const bringHome = async () => {
      other.link.isUp = true;
      await other.drained();
    };
    if (when === 'after') await bringHome();
    for (const n of numbers(10, 10)) await recorder.record(sighting(n));
    if (when === 'before') await bringHome();
    woken.link.isUp = true;
    await woken.drained();
    for (const n of numbers(20, 10)) await recorder.record(sighting(n));
    await woken.drained();
    expect(sorted(await recordedBy(store.sql, node))).toEqual(numbers(0, 30));
    await Promise.all([woken.close(), other.close()]);
  },
);
