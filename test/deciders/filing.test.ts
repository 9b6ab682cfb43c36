import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { canonicalFolder, canonicalTag, canonicalTags, folderFaults, tagFaults } from '../../src/deciders/filing.ts';

const places = (faults: ReturnType<typeof tagFaults>) => faults.map(({ pointer, code }) => `${pointer} ${code}`);

describe('a tag', () => {
  test.each([
    ['Summer', 'summer'],
    ['  two \t words\n', 'two words'],
    ['Cafe\u0301', 'café'],
    ['ÄÖÜ', 'äöü'],
    ['ΣΟΦΟΣ', 'σοφος'],
    ['\u00a0x\u2003y', 'x y'],
  ])('%j is kept as %j', (text, tag) => {
    expect(canonicalTag(text)).toBe(tag);
  });

  test('is the same however often it is made canonical', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), text => {
        expect(canonicalTag(canonicalTag(text))).toBe(canonicalTag(text));
      }),
      { numRuns: 2_000 },
    );
    // A capital I with a dot becomes two characters in lower case.
    expect(canonicalTag(canonicalTag('İ'))).toBe(canonicalTag('İ'));
  });

  test('has 1 to 50 characters, no comma and no control character', () => {
    expect(tagFaults(['a', 'x'.repeat(50), '😀'.repeat(50), 'größe l', '#1', "it's"])).toEqual([]);
    const bad = ['', '   ', 'x'.repeat(51), 'a,b', 'a\u0000b', 'half \ud83d'];
    expect(places(tagFaults(bad))).toEqual([
      '/tags/0 too_short',
      '/tags/1 too_short',
      '/tags/2 too_long',
      '/tags/4 format',
      '/tags/5 format',
      '/tags/3 format',
    ]);
    expect(tagFaults(undefined)).toEqual([]);
  });

  test('is one of at most 20, and those that are the same count once', () => {
    const many = Array.from({ length: 21 }, (_, i) => `t${i}`);
    expect(places(tagFaults(many))).toEqual(['/tags too_many']);
    expect(tagFaults([...many.slice(1), 'T1', ' t2'])).toEqual([]);
  });
});

test('tags are kept canonical, each once and sorted, whatever order they come in', () => {
  expect(canonicalTags(['b', 'A', ' a ', 'ä', 'B'])).toEqual(['a', 'b', 'ä']);
  fc.assert(
    fc.property(fc.array(fc.constantFrom('a', 'B', ' b', 'Ä', 'a\u0308', '1'), { maxLength: 8 }), tags => {
      const kept = canonicalTags(tags);
      expect(canonicalTags(tags.toReversed())).toEqual(kept);
      expect(canonicalTags(kept)).toEqual(kept);
      expect(new Set(kept).size).toBe(kept.length);
    }),
  );
});

describe('a folder', () => {
  test('is kept as it is written, without spaces about it', () => {
    expect(canonicalFolder(' Filiale Nord / Tische ')).toBe('Filiale Nord / Tische');
    expect(canonicalFolder('Cafe\u0301')).toBe('Café');
    expect(canonicalFolder(null)).toBeNull();
  });

  test('has 1 to 100 characters in one line', () => {
    for (const folder of [null, undefined, 'a', '😀'.repeat(100)]) expect(folderFaults(folder)).toEqual([]);
    const bad = ['', '  ', 'x'.repeat(101), 'a\nb', '\ud800'].map(folder => places(folderFaults(folder)));
    expect(bad.flat()).toEqual([
      '/folder too_short',
      '/folder too_short',
      '/folder too_long',
      '/folder format',
      '/folder format',
    ]);
  });
});
