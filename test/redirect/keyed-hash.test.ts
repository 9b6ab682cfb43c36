import { expect, test } from 'bun:test';
import { keyedHash } from '../../src/redirect/keyed-hash.ts';

test('a text has one hash, and texts that are alike have others', () => {
  const texts = ['', '\0', '\0\0', 'a', 'aa', 'aaa', 'ab', 'ba', 'é', '\u{1F600}', 'a\0', '\0a'];
  expect(texts.map(keyedHash)).toEqual(texts.map(keyedHash));
  expect(new Set(texts.map(keyedHash)).size).toBe(texts.length);
});

test('every bit of it depends on every part of a text', () => {
  const [count, length] = [4_000, 12];
  for (let place = 0; place < length; place++) {
    const changed = new Array<number>(32).fill(0);
    for (let n = 0; n < count; n++) {
      const text = `slug-${String(n).padStart(length - 5, '0')}`;
      const other = `${text.slice(0, place)}${String.fromCharCode(text.charCodeAt(place) ^ 1)}${text.slice(place + 1)}`;
      const difference = keyedHash(text) ^ keyedHash(other);
      for (let bit = 0; bit < 32; bit++) changed[bit]! += (difference >>> bit) & 1;
    }
    // Half of the time, give or take eight standard deviations.
    for (const times of changed) expect(Math.abs(times - count / 2)).toBeLessThan(8 * Math.sqrt(count / 4));
  }
});

test('another process has other hashes', async () => {
  const file = new URL('../../src/redirect/keyed-hash.ts', import.meta.url).pathname;
  const code = `import { keyedHash } from '${file}'; console.log(['a', 'b', 'c'].map(keyedHash).join());`;
  const child = Bun.spawn([process.execPath, '-e', code]);
  expect((await new Response(child.stdout).text()).trim()).not.toBe(['a', 'b', 'c'].map(keyedHash).join());
});
