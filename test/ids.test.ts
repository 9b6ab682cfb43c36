import { expect, test } from 'bun:test';
import { Value } from '@sinclair/typebox/value';
import { Id } from '../events/envelope.ts';
import { madeAt, newId } from '../src/ids.ts';

test('an id is its prefix and 26 characters as the events want them', () => {
  for (const prefix of ['qr', 'org', 'key', 'wh', 'req', 'node'] as const) {
    expect(Value.Check(Id(prefix), newId(prefix))).toBe(true);
  }
});

test('ids of one millisecond, and of a clock that was put back, are different and ascend', () => {
  const at = Date.now() + 1_000;
  const ids = Array.from({ length: 10_000 }, (_, i) => newId('qr', at - (i % 3)));
  expect(new Set(ids).size).toBe(ids.length);
  expect([...ids].sort()).toEqual(ids);
});

test('an id of a later time sorts after those before', () => {
  const at = Date.now() + 2_000;
  expect(newId('qr', at) < newId('qr', at + 1)).toBe(true);
  expect(madeAt(newId('job', at + 2))).toBe(at + 2);
});
