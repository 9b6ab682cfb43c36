/**
 * Reading against a plain model of the same ledger: whatever the page size and the filter, pages that follow each other
 * hold every event once and in order, and say how far they are complete.
 */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import type { AnyEvent, Family } from '../../events/index.ts';
import { familyOf } from '../../events/index.ts';
import { readAnswer, readHead, readPage, readPositions, readRun, readStream } from '../../src/store/read.ts';
import { created, requestOf, scanOf, scansTo, type TestStore, testStore } from '../support/store.ts';

let store: TestStore;
/** Everything in the ledger, as it was answered. */
const all: AnyEvent[] = [];

beforeAll(async () => {
  store = await testStore();
  const relabeled = { type: 'qr.relabeled', data: { label: 'x' } };
  let scanned = 0;
  for (let n = 0; n < 12; n++) {
    const own = { ...requestOf(`qr_${n}`, 0, created(`s${n}`), relabeled), org: `org_${n % 3}` };
    const again = { ...requestOf(`qr_${n - 1}`, 2, relabeled), org: `org_${(n + 2) % 3}` };
    const count = n % 4;
    const scans = Array.from({ length: count }, (_, i) => ({ ...scanOf(`qr_${i}`), org: `org_${i % 2}` }));
    const requests = [own, ...(n > 0 ? [again] : []), ...(count > 0 ? [scansTo('scans-1', scanned, ...scans)] : [])];
    scanned += count;
    const answers = await Promise.all(requests.map(request => store.ledger.append(request)));
    all.push(...answers.flat());
  }
  all.sort((a, b) => a.position - b.position);
});
afterAll(() => store.close());

describe('A run', () => {
  const place = fc.record({ from: fc.nat({ max: 70 }), limit: fc.integer({ min: 1, max: 12 }) });

  test.each(['facts', 'scans'] as Family[])(
    'of %s holds all of them up to where it says it is complete',
    async family => {
      const head = await readHead(store.sql);
      expect(head).toBe(all.length);
      const mine = all.filter(event => familyOf(event.type) === family);
      await fc.assert(
        fc.asyncProperty(place, async ({ from, limit }) => {
          const run = await readRun(store.sql, family, from, limit);
          const events = mine.filter(({ position }) => position > from).slice(0, limit);
          const to = events.length === limit ? events.at(-1)!.position : Math.max(head, from);
          expect(run).toEqual({ from, to, events });
        }),
        { numRuns: 60 },
      );
    },
  );

  test.each(['facts', 'scans'] as Family[])('after run of %s ends at the head with each event once', async family => {
    for (const limit of [1, 2, 3, 7, 1_000]) {
      const events: AnyEvent[] = [];
      let from = 0;
      for (
        let run = await readRun(store.sql, family, 0, limit);
        run.to > from;
        run = await readRun(store.sql, family, from, limit)
      ) {
        expect(run.from).toBe(from);
        events.push(...run.events);
        from = run.to;
      }
      expect(from).toBe(all.length);
      expect(events).toEqual(all.filter(event => familyOf(event.type) === family));
    }
  });
});

describe('A page', () => {
  const filter = fc.record({
    org: fc.constantFrom('org_0', 'org_1', 'org_2', 'org_9'),
    types: fc.option(fc.subarray(['qr.created', 'qr.relabeled', 'scan.recorded', 'qr.deleted']), { nil: undefined }),
    stream: fc.constantFrom(undefined, 'qr_3', 'qr_4', 'scans-1', 'qr_9', 'nobody'),
  });

  test('holds what the filter lets through, of both families, in order', async () => {
    await fc.assert(
      fc.asyncProperty(filter, fc.nat({ max: 70 }), fc.integer({ min: 1, max: 12 }), async (wanted, after, limit) => {
        const expected = all.filter(
          ({ org, type, stream, position }) =>
            org === wanted.org &&
            position > after &&
            (wanted.types ?? [type]).includes(type) &&
            stream === (wanted.stream ?? stream),
        );
        expect(await readPage(store.sql, wanted, after, limit)).toEqual(expected.slice(0, limit));
      }),
      { numRuns: 150 },
    );
  });
});

describe('A stream', () => {
  test('is read by version, and is empty when nobody wrote it', async () => {
    expect(await readStream(store.sql, 'qr_3')).toEqual(all.filter(({ stream }) => stream === 'qr_3'));
    expect(await readStream(store.sql, 'qr_99')).toEqual([]);
  });
});

test('positions are read whatever family stands there, opened, and nothing where nothing stands', async () => {
  const byPosition = (events: readonly AnyEvent[]) => [...events].sort((a, b) => a.position - b.position);
  await fc.assert(
    fc.asyncProperty(fc.uniqueArray(fc.integer({ min: 1, max: 90 }), { maxLength: 20 }), async positions => {
      const expected = all.filter(({ position }) => positions.includes(position));
      expect(byPosition(await readPositions(store.sql, positions))).toEqual(expected);
    }),
  );
});

test('an idempotency key that was not used has no answer', async () => {
  expect(await readAnswer(store.sql, 'org_1', 'unused')).toBeUndefined();
});
