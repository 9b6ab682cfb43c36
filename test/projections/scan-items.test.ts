import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { currentRules, kindUnder } from '../../projections/counting.ts';
import {
  combinationFrom,
  combinationOf,
  fields,
  type Item,
  itemBytes,
  kindIn,
  packed,
  unpacked,
} from '../../projections/scan-items.ts';
import { said } from '../support/bursts.ts';
import { scanData } from '../support/history.ts';

const item: fc.Arbitrary<Item> = fc.record({
  quarter: fc.integer({ min: 0, max: 2 ** 24 - 1 }),
  visitor: fc.integer({ min: 0, max: 2 ** 18 - 1 }),
  combination: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
  version: fc.integer({ min: 0, max: 2 ** 16 - 1 }),
  part: fc.constant(7),
});

describe('a scan in twelve bytes', () => {
  test('is read as it was written', () => {
    fc.assert(
      fc.property(fc.array(item), items => {
        const bytes = packed(items);
        expect(bytes.length).toBe(items.length * itemBytes);
        expect(unpacked(bytes, 7)).toEqual(items);
      }),
    );
  });

  test('of a version beyond what two bytes hold is of the last one', () => {
    const [read] = unpacked(packed([{ quarter: 1, visitor: 2, combination: 3, version: 70_000, part: 0 }]), 0);
    expect(read!.version).toBe(65_535);
  });
});

describe('a combination', () => {
  test('says of each field what the scan says, and its kinds by each version of the rules', () => {
    const revision = fc.constantFrom(undefined, { 2: 'bot' } as const);
    fc.assert(
      fc.property(scanData, revision, (scan, revised) => {
        const combination = combinationFrom(combinationOf(scan, revised));
        for (const field of fields) expect(combination[field]).toBe(said(scan, field) ?? '');
        for (let version = 1; version <= currentRules; version++) {
          expect(kindIn(combination.kinds, version)).toBe(kindUnder(version, scan, revised));
        }
      }),
    );
  });
});
