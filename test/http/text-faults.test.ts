import { expect, test } from 'bun:test';
import { lookAtTexts, textFaults } from '../../src/http/text-faults.ts';

const placesIn = (text: string): string[] => {
  const body = JSON.parse(text);
  lookAtTexts(body, text);
  return textFaults(body).map(({ pointer, code }) => `${pointer} ${code}`);
};

test('a NUL and half of a surrogate pair are found wherever they are', () => {
  expect(placesIn(String.raw`{"a":"x\u0000","b":[1,{"c/d":"\ud83d"}],"e":"\uDE00"}`)).toEqual([
    '/a format',
    '/b/1/c~1d format',
    '/e format',
  ]);
  expect(placesIn(String.raw`{"a\u0000":1}`)).toEqual(['/a\0 format']);
});

test('all other texts are left alone', () => {
  expect(placesIn(String.raw`{"a":"\\u0000 \ud83d\ude00 é","b":["\u0001",null,0]}`)).toEqual([]);
  expect(textFaults({ a: 'x' })).toEqual([]);
  expect(textFaults('x')).toEqual([]);
});

test('a body may be as deep and as wrong as it likes: what is told of it has bounds', () => {
  expect(placesIn(`${'['.repeat(100_000)}"\\ud800"${']'.repeat(100_000)}`)).toEqual([]);
  expect(placesIn(`[${Array(5_000).fill('"\\ud800"')}]`)).toHaveLength(1_000);
});
