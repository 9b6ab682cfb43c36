import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import type { AnyEvent } from '../../events/index.ts';
import { keyNames, publication, stepsOf } from '../../projections/histories.ts';
import { keys } from '../../projections/keys.ts';
import { type QrRow, rowAfter } from '../../projections/qr-rows.ts';
import { facts } from '../support/history.ts';
import { eventOf, prepareModels, trial } from '../support/read-models.ts';
import { type TestStore, testStore } from '../support/store.ts';

let store: TestStore;
beforeAll(async () => {
  store = await testStore();
  await prepareModels(store.sql, [keys]);
});
afterAll(() => store.close());

const code = { slug: 'menu', type: 'url', destination: 'https://example.com/a' } as const;
const history: AnyEvent[] = [
  eventOf('qr.created', 'qr_1', code),
  eventOf('qr.relabeled', 'qr_1', { label: 'x' }, { version: 2 }),
  eventOf('qr.retargeted', 'qr_1', { destination: 'https://example.com/b' }, { version: 3 }),
  eventOf('qr.restyled', 'qr_1', { style: {} }, { version: 4 }),
  eventOf('qr.deleted', 'qr_1', {}, { version: 5 }),
  eventOf('qr.restored', 'qr_1', { version: 4 }, { version: 6 }),
  eventOf('qr.retargeted', 'qr_1', { destination: 'https://example.com/c' }, { version: 7 }),
];

const isOther = (before: QrRow, after: QrRow): boolean =>
  before.destination !== after.destination || before.content !== after.content;

describe('the steps of a code', () => {
  test('each begin where the one before has ended, and end where the code is', () => {
    fc.assert(
      fc.property(facts, events => {
        for (const stream of new Set(events.map(event => event.stream))) {
          const own = events.filter(event => event.stream === stream);
          const steps = stepsOf(own);
          expect(steps).toHaveLength(stream.startsWith('qr_') ? own.length : 0);
          expect(steps.at(-1)?.after).toEqual(rowAfter(own));
          for (const [i, { before, event }] of steps.entries()) {
            expect(before).toEqual(steps[i - 1]?.after);
            expect(event).toBe(own[i]!);
          }
        }
      }),
      { numRuns: 50 },
    );
  });

  test('tell who put before visitors what they got at each version', () => {
    const steps = stepsOf(history);
    const published = [1, 2, 3, 4, 5, 6, 7].map(version => publication(steps, version, isOther)!.event.version);
    expect(published).toEqual([1, 1, 3, 3, 5, 6, 7]);
  });

  test('of a content are told by its writing', () => {
    const written = [
      eventOf('qr.created', 'qr_2', { slug: 'w', type: 'text', content: { text: 'a' } }),
      eventOf('qr.relabeled', 'qr_2', { label: 'x' }, { version: 2 }),
      eventOf('qr.rewritten', 'qr_2', { content: { text: 'b' } }, { version: 3 }),
    ];
    expect([2, 3].map(version => publication(stepsOf(written), version, isOther)!.event.version)).toEqual([1, 3]);
  });
});

test('keys are named for their own organisation only', async () => {
  const key = { name: 'Server', mode: 'live', scope: 'admin', hash: 'aa', lastFour: '7QxZ' } as const;
  const issued = [
    eventOf('key.issued', 'key_1', key),
    eventOf('key.issued', 'key_2', { ...key, hash: 'bb' }, { org: 'org_2' }),
  ];
  await trial(store.sql, keys, [issued], async tx => {
    expect(await keyNames(tx, 'org_1', ['key_1', 'key_1', 'key_2', 'operator'])).toEqual(
      new Map([['key_1', 'Server']]),
    );
    expect(await keyNames(tx, 'org_1', [])).toEqual(new Map());
  });
});
