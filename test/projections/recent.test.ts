/**
 * What is kept in memory of answers: it is found again, and there is never more of it than was said.
 */
import { expect, test } from 'bun:test';
import { Recent } from '../../projections/recent.ts';

test('what was asked for longest ago goes first, when there would be too much', () => {
  const recent = new Recent(100);
  for (const name of ['a', 'b', 'c']) recent.keep(name, name.toUpperCase(), 33);
  expect(recent.get<string>('a')).toBe('A');
  recent.keep('d', 'D', 33);
  expect(['a', 'b', 'c', 'd'].map(name => recent.get<string>(name))).toEqual(['A', undefined, 'C', 'D']);
});

test('what is kept again counts once', () => {
  const recent = new Recent(100);
  recent.keep('b', 'B', 40);
  for (let n = 0; n < 10; n++) recent.keep('a', n, 60);
  expect([recent.get<number>('a'), recent.get<string>('b')]).toEqual([9, 'B']);
});

test('what is too much by itself is not kept, and nothing else because of it', () => {
  const recent = new Recent(100);
  recent.keep('a', 'A', 50);
  recent.keep('b', 'B', 101);
  expect([recent.get<string>('a'), recent.get<string>('b')]).toEqual(['A', undefined]);
});
