import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { currentRules, kindUnder } from '../../projections/counting.ts';
import {
  chosen,
  combinationFrom,
  combinationOf,
  fields,
  type Item,
  itemBytes,
  kindIn,
  packed,
  unknownIn,
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

  test('is found among others by its time, combination and version, each pair of which is asked about once', () => {
    const few = item.map(one => ({ ...one, combination: one.combination % 5, version: one.version % 3, part: 0 }));
    fc.assert(
      fc.property(fc.array(few), fc.nat({ max: 2 ** 24 }), fc.nat({ max: 2 ** 24 }), (items, from, size) => {
        const asked: string[] = [];
        const isMeant = (combination: number, version: number) => (combination + version) % 2 === 0;
        const found = chosen(packed(items), { from, to: from + size }, (combination, version) => {
          asked.push(`${combination} ${version}`);
          return isMeant(combination, version);
        });
        const within = items.filter(({ quarter }) => quarter >= from && quarter < from + size);
        expect(found).toEqual(within.filter(({ combination, version }) => isMeant(combination, version)));
        expect(asked.length).toBe(new Set(asked).size);
        const known = new Map([[0, 'a']]);
        const numbers = new Set(items.map(({ combination }) => combination));
        numbers.delete(0);
        expect(unknownIn(packed(items), known).sort()).toEqual([...numbers].sort());
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
