import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { nameFrom } from '../../src/deciders/name.ts';
import { faultsOf, problemOf } from '../support/problem-of.ts';

describe('a name', () => {
  test('is what was written, without outer blanks', () => {
    for (const name of ['Acme', 'Café "Zur Post"', 'größe l', '株式会社', '👨‍👩‍👧', 'a  b']) {
      expect(nameFrom(`  ${name}\n`)).toBe(name);
    }
  });

  test.each(['', ' ', '\t\n', '\u00A0'])('is needed, and %j is none', async text => {
    expect(faultsOf(await problemOf(() => nameFrom(text)))).toEqual(['/name required']);
  });

  test.each(['a\nb', 'a\u0000b', 'a\u001Bb', 'a\u007Fb', 'a\u0085b', 'a\uD800b', '\uDC00'])(
    'has neither control characters nor half a pair: %j',
    async text => {
      expect(faultsOf(await problemOf(() => nameFrom(text, '/label')))).toEqual(['/label format']);
    },
  );

  test('once taken is taken again as it is', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 30 }), text => {
        fc.pre(text.trim() !== '' && !/\p{Cc}/u.test(text.trim()));
        expect(nameFrom(nameFrom(text))).toBe(nameFrom(text));
      }),
    );
  });
});
