import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { destinationFault } from '../../src/deciders/destination.ts';
import { locationOf } from '../../src/redirect/location.ts';

describe('the location', () => {
  test('of an international address is written in ASCII and leads to the same place', () => {
    expect(locationOf('https://bücher.example/über-uns')).toBe('https://xn--bcher-kva.example/%C3%BCber-uns');
    expect(locationOf('https://example.com/中文?q=例')).toBe('https://example.com/%E4%B8%AD%E6%96%87?q=%E4%BE%8B');
  });

  test('of any destination a code may have is one header line, and the destination itself where that is ASCII', () => {
    const rest = fc.string({ unit: 'binary', maxLength: 40 });
    fc.assert(
      fc.property(
        fc.constantFrom('https://example.com/', 'http://a.example?', 'https://b.example#'),
        rest,
        (start, end) => {
          const destination = start + end;
          fc.pre(destinationFault(destination, '') === null);
          const location = locationOf(destination);
          expect(location).toMatch(/^[\x21-\x7e]+$/);
          expect(new Headers({ location }).get('location')).toBe(location);
          expect(new URL(location).href).toBe(new URL(destination).href);
          if (/^[\x21-\x7e]+$/.test(destination)) expect(location).toBe(destination);
        },
      ),
      { numRuns: 2_000 },
    );
  });
});
