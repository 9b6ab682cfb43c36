import { expect, test } from 'bun:test';
import fc from 'fast-check';
import type { AnyEvent } from '../../events/index.ts';
import { evolveQr, rowAfter, upTo } from '../../projections/qr-rows.ts';
import { eventOf } from '../support/read-models.ts';

const code = { slug: 'menu', type: 'url', destination: 'https://example.com/a' } as const;
const begun = eventOf('qr.created', 'qr_1', code, { position: 3, at: 1_000 });
const next = (version: number, position: number, at: number): AnyEvent =>
  eventOf('qr.relabeled', 'qr_1', { label: `v${version}` }, { version, position, at });

test('a row is in force from its event on, and never before the row it follows', () => {
  const first = evolveQr(undefined, begun)!;
  expect(first).toMatchObject({ since: 3, since_ms: 1_000, created_ms: 1_000, updated_ms: 1_000 });
  // A request that came in earlier was put on record later.
  const second = evolveQr(first, next(2, 5, 900))!;
  expect(second).toMatchObject({ since: 5, since_ms: 1_000, created_ms: 1_000, updated_ms: 900, version: 2 });
  expect(evolveQr(second, next(3, 6, 1_200))).toMatchObject({ since: 6, since_ms: 1_200 });
});

test('a position ends a history behind what stands at it, a time before the first event that is later', () => {
  const events = [begun, next(2, 5, 900), next(3, 6, 1_200), next(4, 9, 1_100)];
  const versions = (moment: Parameters<typeof upTo>[1]) => upTo(events, moment).map(({ version }) => version);
  expect([2, 3, 4, 5, 8, 9, 99].map(position => versions({ position }).length)).toEqual([0, 1, 1, 2, 3, 4, 4]);
  expect([999, 1_000, 1_100, 1_199, 1_200].map(at => versions({ at }).length)).toEqual([0, 2, 2, 2, 4]);
});

test('at every time the row is the last one in force by then', () => {
  const times = fc.array(fc.nat({ max: 9 }), { maxLength: 8 });
  fc.assert(
    fc.property(times, fc.nat({ max: 10 }), (later, at) => {
      const events = [{ ...begun, at: 1 }, ...later.map((at, i) => next(i + 2, i + 4, at))];
      const rows = events.map((_, i) => rowAfter(events.slice(0, i + 1))!);
      expect(rowAfter(upTo(events, { at }))).toEqual(rows.findLast(row => row.since_ms <= at));
    }),
  );
});

test('a stream that is no code has no row', () => {
  expect(rowAfter([eventOf('key.revoked', 'key_1', {})])).toBeUndefined();
  expect(rowAfter([])).toBeUndefined();
});
