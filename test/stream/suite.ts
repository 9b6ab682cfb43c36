/**
 * What a subscriber may rely on, whichever way events reach it. The embedded stream and JetStream are put through the
 * same tests; each brings a rig, which is two processes that append and a third that only listens, on one database.
 */
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'bun:test';
import type { Family } from '../../events/index.ts';
import type { Sql } from '../../src/store/connect.ts';
import type { Ledger } from '../../src/store/ledger.ts';
import type { Feed } from '../../src/stream/subscribe.ts';
import { until } from '../support/until.ts';
import { eventsOf, Writer } from './traffic.ts';
import { Witness, type WitnessOptions } from './witness.ts';

/** Three processes on one database. */
export interface Rig {
  readonly sql: Sql;
  readonly here: Ledger;
  readonly there: Ledger;
  /** What the process that appends `here` hears. */
  readonly feed: Feed;
  /** What the process that appends nothing hears. */
  readonly outside: Feed;
  close(): Promise<void>;
}

const families: readonly Family[] = ['facts', 'scans'];

export function streamSuite(name: string, open: () => Promise<Rig>): void {
  describe(name, () => {
    let rig: Rig;
    let names = 0;
    const witnesses: Witness[] = [];
    beforeAll(async () => {
      rig = await open();
    });
    afterAll(() => rig.close());
    afterEach(async () => {
      await Promise.all(witnesses.splice(0).map(witness => witness.stop()));
    });
    const writer = (ledger: Ledger) => new Writer(ledger, `${name[0]}${++names}-`);
    const watch = (family: Family, options: Partial<WitnessOptions> = {}): Witness => {
      const witness = new Witness({ sql: rig.sql, feed: rig.feed, family, ...options });
      witnesses.push(witness);
      return witness;
    };
    const expectAll = async (...those: Witness[]) => {
      for (const witness of those) {
        const { seen, ledger } = await witness.caughtUp();
        expect(seen).toEqual([...ledger]);
      }
    };

    test('what two processes append arrives everywhere, once and in order', async () => {
      const all = families.flatMap(family => [watch(family), watch(family, { feed: rig.outside })]);
      await Promise.all([writer(rig.here).commits(150), writer(rig.there).commits(150)]);
      await expectAll(...all);
    });

    test('the events that arrive are those the ledger holds', async () => {
      const witness = watch('facts', { feed: rig.outside });
      await writer(rig.there).commits(20);
      await witness.caughtUp();
      const [first] = witness.seen;
      expect(first!.data).toMatchObject({ destination: expect.stringContaining('https://'), type: 'url' });
      expect(witness.seen).toEqual([...(await eventsOf(rig.sql, 'facts'))]);
    });

    test('who comes late catches up and goes on without a gap', async () => {
      const stops = [writer(rig.here).load(), writer(rig.there).load()];
      const late: Witness[] = [];
      for (const family of families) {
        for (const feed of [rig.feed, rig.outside]) {
          late.push(watch(family, { feed, batchMax: 7 }));
          await until(() => late.at(-1)!.seen.length > 0, 10_000);
        }
      }
      for (const stop of stops) await stop();
      await expectAll(...late);
    });

    test('who is slow keeps nobody waiting and misses nothing', async () => {
      const { promise: released, resolve: release } = Promise.withResolvers<void>();
      const slow = watch('facts', { feed: rig.outside, batchMax: 3, before: () => released });
      const quick = watch('facts');
      await writer(rig.there).commits(100);
      await expectAll(quick);
      expect(slow.seen).toBeEmpty();
      release();
      await expectAll(slow);
    });

    test('who is started again goes on behind the last event it took', async () => {
      const work = writer(rig.there);
      const stop = work.load();
      const first = watch('scans', { feed: rig.outside });
      await until(() => first.seen.length > 20, 10_000);
      await first.stop();
      const second = watch('scans', { feed: rig.outside, after: first.position });
      await until(() => second.seen.length > 20, 10_000);
      await stop();
      const { seen, ledger } = await second.caughtUp();
      expect(seen).toEqual([...ledger]);
      const seamless = [...first.seen, ...second.seen].map(({ position }) => position);
      expect(new Set(seamless).size).toBe(seamless.length);
      expect(seamless.slice(-seen.length)).toEqual([...ledger]);
    });

    test('who listens to nothing but the other process hears of it without polling', async () => {
      const witness = watch('facts', { feed: rig.outside });
      await witness.caughtUp();
      const before = witness.seen.length;
      await writer(rig.there).facts(5);
      await until(() => witness.seen.length === before + 5, 10_000);
    });
  });
}
