import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { payloadOf } from '../../src/content/encoded.ts';
import { payload } from '../../src/content/payload.ts';
import { slugAlphabet } from '../../src/deciders/slug.ts';
import { matrix } from '../../src/render/matrix.ts';
import { png } from '../../src/render/png.ts';
import { anyContent } from '../support/contents.ts';
import { decode } from '../support/decode.ts';

const base = 'https://qr.example';
const versionOf = (text: string) => matrix(text).version;
const dynamic = (slug: string) => ({ type: 'url', slug, destination: 'https://a.example/', content: null });

describe('the picture of a code', () => {
  test('encodes the short URL of a dynamic one, whatever it holds', () => {
    expect(payloadOf(dynamic('k7m3wq9x'), base)).toBe('https://qr.example/k7m3wq9x');
    const held = { type: 'wifi', slug: 'lobby', destination: null, content: { ssid: 'Guests' } };
    expect(payloadOf(held, 'http://localhost:3000/q')).toBe('http://localhost:3000/q/lobby');
  });

  test('encodes what a static one holds', () => {
    fc.assert(
      fc.property(anyContent, ([type, content]) => {
        const code = { type, slug: null, destination: null, content: content as Record<string, unknown> };
        expect(payloadOf(code, base)).toBe(payload(type, content as never));
        expect(payloadOf(code, base, versionOf)).toBe(payload(type, content as never));
      }),
    );
    const url = { type: 'url', slug: null, destination: 'https://bücher.example/ü', content: null };
    expect(payloadOf(url, base)).toBe('https://xn--bcher-kva.example/%C3%BC');
  });
});

describe('capitals', () => {
  test('are used where they were asked for and make a smaller code', () => {
    expect(payloadOf(dynamic('k7m3wq9x'), base, versionOf)).toBe('HTTPS://QR.EXAMPLE/K7M3WQ9X');
    expect(versionOf('HTTPS://QR.EXAMPLE/K7M3WQ9X')).toBeLessThan(versionOf('https://qr.example/k7m3wq9x'));
  });

  test.each([
    ['a slug with an underscore', dynamic('a_sale_in_spring'), base],
    ['a base with a path, where the case may count', dynamic('k7m3wq9x'), `${base}/q`],
    ['a URL so short that nothing is won', dynamic('ab'), 'http://a.b'],
  ])('are not used for %s', (_, code, at) => {
    expect(payloadOf(code, at, versionOf)).toBe(payloadOf(code, at));
  });

  test('lead to the same code as the short URL and never to a larger picture', async () => {
    const slug = fc.string({ unit: fc.constantFrom(...slugAlphabet, '-', '_'), minLength: 2, maxLength: 40 });
    await fc.assert(
      fc.asyncProperty(
        slug,
        fc.constantFrom(base, 'http://localhost:3000', 'https://q.example:8443'),
        async (s, at) => {
          const text = payloadOf(dynamic(s), at, versionOf);
          expect(text.toLowerCase()).toBe(`${at}/${s}`);
          const code = matrix(text);
          expect(code.version).toBeLessThanOrEqual(versionOf(`${at}/${s}`));
          expect(await decode(png(code, {}, { size: 256 }))).toEqual([text]);
        },
      ),
      { numRuns: 25 },
    );
  });
});
