import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import {
  canonicalSlug,
  reservedSlugs,
  slugAlphabet,
  slugFault,
  slugFrom,
  slugLength,
} from '../../src/deciders/slug.ts';

describe('a chosen slug', () => {
  test.each(['ab', 'A1', 'summer-sale', 'Summer_Sale_2026', 'a--b', '0_0', 'a'.repeat(64), 'v1a', 'admins'])(
    'may be %j',
    slug => {
      expect(slugFault(slug, '/slug')).toBeNull();
    },
  );

  test.each([
    ...['', 'a', 'a'.repeat(65), '-ab', 'ab-', '_ab', 'ab_', 'a b', 'a/b', 'a.b', 'ab\n', '\nab', 'ab\u0000'],
    ...['straße', 'ſlug', 'аb', 'a%62', '../ab', 'a\\b', '𝟙𝟚', 'ab?', 'a#b'],
  ])('may not be %j', slug => {
    expect(slugFault(slug, '/slug')).toMatchObject({ pointer: '/slug', code: 'pattern' });
  });

  test('may not be a reserved word, however it is written', () => {
    for (const word of reservedSlugs) {
      for (const spelling of [word, word.toUpperCase(), word[0]!.toUpperCase() + word.slice(1)]) {
        expect(slugFault(spelling, '/slug')?.code).toBe('reserved');
      }
    }
  });

  test('is the same slug in any case', () => {
    expect(canonicalSlug('Summer-SALE_1')).toBe('summer-sale_1');
  });
});

describe('a generated slug', () => {
  test('is a slug that anybody may have, of 8 characters that nobody mixes up', () => {
    expect(slugAlphabet).not.toMatch(/[01oil]/);
    expect(new Set(slugAlphabet).size).toBe(31);
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 64, maxLength: 64 }), bytes => {
        fc.pre(bytes.filter(byte => byte < 248).length >= slugLength);
        const slug = slugFrom(bytes);
        expect(slug).toMatch(new RegExp(`^[${slugAlphabet}]{8}$`));
        expect(slugFault(slug, '')).toBeNull();
      }),
    );
  });

  test('can never be a reserved word', () => {
    const generated = new RegExp(`^[${slugAlphabet}]{8}$`);
    expect([...reservedSlugs].filter(word => generated.test(word))).toEqual([]);
  });

  test('has each character with the same probability', () => {
    const counts = new Map<string, number>();
    for (let byte = 0; byte < 248; byte++) {
      const [first = ''] = slugFrom([byte, 0, 0, 0, 0, 0, 0, 0]);
      counts.set(first, (counts.get(first) ?? 0) + 1);
    }
    expect(counts.size).toBe(31);
    expect([...counts.values()].every(count => count === 8)).toBe(true);
  });

  test('passes over the bytes that would give some characters more often', () => {
    expect(slugFrom([255, 0, 254, 1, 253, 2, 252, 3, 251, 4, 250, 5, 249, 6, 248, 7])).toBe('23456789');
  });

  test('needs 8 good bytes and takes no more', () => {
    expect(() => slugFrom([0, 0, 0, 0, 0, 0, 0])).toThrow(RangeError);
    expect(() => slugFrom(Array(100).fill(255))).toThrow(RangeError);
    expect(slugFrom([0, 0, 0, 0, 0, 0, 0, 0, 30])).toBe('22222222');
  });
});
