import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import type { Parameters } from '../../events/routing.ts';
import { destinationFault } from '../../src/deciders/destination.ts';
import { locationOf } from '../../src/redirect/location.ts';
import { passedLengthMax, withParameters } from '../../src/routing/parameters.ts';

const added = (destination: string, parameters: Partial<Parameters>, search = '') =>
  withParameters(destination, { pass: 'none', add: {}, ...parameters }, new URLSearchParams(search));

describe('parameters', () => {
  test('go behind those that the destination has, and before its fragment', () => {
    const add = { utm_source: 'poster' };
    expect(added('https://a.example', { add })).toBe('https://a.example?utm_source=poster');
    expect(added('https://a.example/b?c=d#e?f', { add })).toBe('https://a.example/b?c=d&utm_source=poster#e?f');
    expect(added('https://a.example/?', { add })).toBe('https://a.example/?utm_source=poster');
    expect(added('https://a.example/?c&', { add })).toBe('https://a.example/?c&utm_source=poster');
    expect(added('https://a.example/#e', { add })).toBe('https://a.example/?utm_source=poster#e');
  });

  test('are handed on as far as the owner says, and come before those of the code', () => {
    const search = 'utm_source=mail&table=12&x=1&UTM_medium=no';
    expect(added('https://a.example/', {}, search)).toBe('https://a.example/');
    expect(added('https://a.example/', { pass: 'utm' }, search)).toBe('https://a.example/?utm_source=mail');
    expect(added('https://a.example/', { pass: ['table'] }, search)).toBe('https://a.example/?table=12');
    expect(added('https://a.example/', { pass: 'all', add: { x: '2', y: '3' } }, search)).toBe(
      'https://a.example/?utm_source=mail&table=12&x=1&UTM_medium=no&y=3',
    );
  });

  test('never replace or repeat one that the destination names itself, however that is written', () => {
    const parameters = { pass: 'all' as const, add: { next: '/mine' } };
    for (const destination of [
      'https://a.example/?next=/home',
      'https://a.example/?%6Eext=/home',
      'https://a.example/?next',
    ]) {
      expect(added(destination, parameters, 'next=//evil.example&next=https://evil.example')).toBe(destination);
    }
    expect(added('https://a.example/', { pass: 'all' }, 'a=1&a=2')).toBe('https://a.example/?a=1');
  });

  test('are ASCII in which nothing means anything', () => {
    expect(added('https://a.example/', { pass: 'all' }, 'a=%0D%0ASet-Cookie:x&b=%23%26%3F&%3F=ü')).toBe(
      'https://a.example/?a=%0D%0ASet-Cookie%3Ax&b=%23%26%3F&%3F=%C3%BC',
    );
  });

  test('that are longer than anybody needs are not handed on', () => {
    const location = added('https://a.example/', { pass: 'all' }, `a=1&b=${'x'.repeat(passedLengthMax)}&c=2`);
    expect(location).toBe('https://a.example/?a=1');
  });

  test('of any kind leave scheme, host, path and fragment of any destination as they are', () => {
    const nasty = fc.constantFrom(
      '/',
      '//evil.example',
      '\\',
      '@evil.example',
      ':',
      '\r\n',
      '#',
      '?',
      '&',
      '%',
      '\u0000',
      '\ud800',
    );
    const text = fc
      .array(fc.oneof(nasty, fc.string({ unit: 'binary', maxLength: 5 })), { maxLength: 6 })
      .map(parts => parts.join(''));
    const start = fc.constantFrom(
      'https://example.com',
      'http://a.example/b',
      'https://b.example?c=d',
      'https://e.example/#',
    );
    fc.assert(
      fc.property(start, text, text, fc.dictionary(text, text, { maxKeys: 4 }), (begin, rest, search, add) => {
        const destination = begin + rest;
        fc.pre(destinationFault(destination, '') === null);
        const before = new URL(destination);
        const location = locationOf(
          added(
            destination,
            {
              pass: 'all',
              add: Object.fromEntries(Object.entries(add).map(([k, v]) => [k.toWellFormed(), v.toWellFormed()])),
            },
            search.toWellFormed(),
          ),
        );
        expect(location).toMatch(/^[\x21-\x7e]+$/);
        expect(new Headers({ location }).get('location')).toBe(location);
        const after = new URL(location);
        for (const part of ['protocol', 'host', 'pathname', 'hash', 'username'] as const)
          expect(after[part]).toBe(before[part]);
        for (const [name, value] of before.searchParams) expect(after.searchParams.getAll(name)).toContain(value);
        for (const name of new Set(before.searchParams.keys())) {
          expect(after.searchParams.getAll(name)).toEqual(before.searchParams.getAll(name));
        }
      }),
      { numRuns: 3_000 },
    );
  });
});
