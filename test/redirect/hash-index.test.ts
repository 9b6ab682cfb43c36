import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { HashIndex } from '../../src/redirect/hash-index.ts';

/** The place of a text, by what stands at the places. */
const lookUp = (index: HashIndex, texts: ReadonlyMap<number, string>, text: string) =>
  index.find(text, place => (texts.get(place) === text ? place : undefined));

test('finds what was added and moved, and nothing else, as a map does', () => {
  const step = fc.record({ text: fc.constantFrom('a', 'b', 'ab', 'ba', 'é', '\u{1F600}', ''), move: fc.boolean() });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), steps => {
      const index = new HashIndex();
      const model = new Map<string, number>();
      const texts = new Map<number, string>();
      for (const [place, { text, move }] of steps.entries()) {
        const before = model.get(text);
        if (before !== undefined && !move) continue;
        if (before === undefined) index.add(text, place);
        else index.move(text, before, place);
        model.set(text, place);
        texts.set(place, text);
        for (const word of ['a', 'b', 'ab', 'ba', 'é', '\u{1F600}', ''])
          expect(lookUp(index, texts, word)).toBe(model.get(word));
      }
    }),
  );
});

test('holds a hundred thousand ids that differ at their end only, and finds none that is not there', () => {
  const index = new HashIndex();
  const id = (n: number) => `qr_01J3K9M2P8XABCDEFGHJKM${String(n).padStart(6, '0')}`;
  for (let n = 0; n < 100_000; n++) index.add(id(n), n);
  let looks = 0;
  for (let n = 0; n < 200_000; n++) {
    const found = index.find(id(n), place => {
      looks += 1;
      return id(place) === id(n) ? place : undefined;
    });
    expect(found).toBe(n < 100_000 ? n : undefined);
  }
  // Who has the same hash is looked at too: a handful at most.
  expect(looks).toBeLessThan(100_050);
});
