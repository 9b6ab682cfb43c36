/**
 * Files that somebody could upload as a logo to do harm, and what each must be refused as. They are small and cost little
 * to make; what they ask of a careless reader is gigabytes, minutes, files of the machine or addresses of its network.
 */
import { deflateSync, gzipSync } from 'node:zlib';
import { bytes, chunk, join, plainSvg, pngOf, redRows, svgOf } from './logos.ts';

const utf16 = (text: string) => join(Uint8Array.of(0xff, 0xfe), new Uint8Array(Buffer.from(text, 'utf16le')));
const lines = (depth: number) =>
  Array.from({ length: depth }, (_, i) => `<!ENTITY l${i + 1} "${`&l${i};`.repeat(10)}">`).join('');
const copies = (depth: number) =>
  Array.from({ length: depth }, (_, i) => `<g id="g${i + 1}">${`<use href="#g${i}"/>`.repeat(10)}</g>`).join('');
const small = { width: 4, height: 4 };
/** A thousand times as large as it looks. */
const zeros = deflateSync(new Uint8Array(400_000_000), { level: 9 });

/** Every kind of attack: what it must be refused as, and the file. */
export const attacks: Readonly<Record<string, readonly [code: string, file: Uint8Array]>> = {
  'a billion laughs': [
    'not_allowed',
    bytes(`<!DOCTYPE svg [<!ENTITY l0 "lol">${lines(9)}]>${svgOf('<desc>&l9;</desc>')}`),
  ],
  'a quadratic entity bomb': [
    'not_allowed',
    bytes(`<!DOCTYPE svg [<!ENTITY a "${'a'.repeat(500_000)}">]>${svgOf(`<desc>${'&a;'.repeat(200_000)}</desc>`)}`),
  ],
  'a gzip bomb': ['unsupported_media_type', gzipSync(new Uint8Array(200_000_000))],
  'an svgz': ['unsupported_media_type', gzipSync(bytes(plainSvg))],
  'nested use': [
    'too_complex',
    bytes(svgOf(`<g id="g0"><rect width="9" height="9"/></g>${copies(9)}<use href="#g9"/>`)),
  ],
  '60,000 pixels': ['size', bytes(svgOf('<rect width="9" height="9"/>', 'width="60000" height="60000"'))],
  'a huge view box': ['size', bytes(svgOf('<rect width="9" height="9"/>', 'viewBox="0 0 1e30 1e30"'))],
  'a local reference': ['external_reference', bytes(svgOf('<image href="file:///etc/passwd" width="9" height="9"/>'))],
  'a script': ['not_allowed', bytes(svgOf('<script>for(;;);</script>'))],
  'a PNG and a ZIP': ['trailing_data', join(pngOf(small), bytes('PK\u0003\u0004'))],
  'a PNG and an HTML page': ['trailing_data', join(pngOf(small), bytes('<!doctype html><script>alert(1)</script>'))],
  'a JPEG': ['unsupported_media_type', Uint8Array.of(0xff, 0xd8, 0xff, 0xe0, 0, 16, 74, 70, 73, 70)],
  'a GIF': ['unsupported_media_type', bytes('GIF89a\u0001\u0000\u0001\u0000')],
  'a PDF': ['unsupported_media_type', bytes('%PDF-1.7\n')],
  'an HTML page': [
    'unsupported_media_type',
    bytes('<html><body><svg xmlns="http://www.w3.org/2000/svg"/></body></html>'),
  ],
  'an empty file': ['unsupported_media_type', new Uint8Array()],
  'an SVG in UTF-16': ['unsupported_media_type', utf16(plainSvg)],
  'an SVG in UTF-16 by its declaration': ['encoding', bytes(`<?xml version="1.0" encoding="UTF-16"?>${plainSvg}`)],
  'an SVG with broken UTF-8': ['unsupported_media_type', join(bytes('<svg>'), Uint8Array.of(0xff))],
  'an SVG of nothing': ['empty', bytes(svgOf('<g/>'))],
  'a truncated SVG': ['malformed', bytes(plainSvg.slice(0, -9))],
  'a truncated PNG': ['malformed', pngOf(small).subarray(0, 50)],
  'an animated PNG': ['animated', pngOf({ ...small, before: [chunk('acTL', new Uint8Array(8))] })],
  'a PNG with a wrong checksum': ['malformed', pngOf(small).map((byte, i) => (i === 30 ? byte ^ 1 : byte))],
  'a PNG of 50,000 × 50,000': ['size', pngOf({ width: 50_000, height: 50_000, raw: new Uint8Array(99) })],
  'a PNG that unpacks to 400 MB': ['malformed', pngOf({ ...small, packed: zeros })],
  'a PNG of 4096 × 4096 that unpacks to 400 MB': ['malformed', pngOf({ width: 4096, height: 4096, packed: zeros })],
  'a PNG that is all transparent': ['empty', pngOf({ ...small, raw: new Uint8Array(68) })],
  'a million elements': ['too_complex', bytes(svgOf('<g/>'.repeat(500_000)))],
  'a hundred thousand levels': ['too_complex', bytes(svgOf('<g>'.repeat(100_000)))],
  'a hundred thousand attributes': [
    'too_complex',
    bytes(svgOf(`<g ${Array.from({ length: 100_000 }, (_, i) => `a${i}="" `).join('')}/>`)),
  ],
  'two million spaces in an attribute': ['malformed', bytes(svgOf(`<rect fill="url(${' '.repeat(2_000_000)}"`))],
  'two million spaces': ['unsupported_media_type', bytes(' '.repeat(2_000_000))],
  'outlines that never end': ['too_complex', bytes(svgOf(`<path d="M0 0${'h9v9'.repeat(450_000)}"/>`))],
  'a drawing that takes minutes': [
    'too_complex',
    bytes(
      svgOf(
        `<radialGradient id="r"><stop/><stop offset="1" stop-color="red"/></radialGradient>${'<rect width="100" height="100" fill="url(#r)"/>'.repeat(4_900)}`,
      ),
    ),
  ],
};

/** The largest answer there is: pixels that hardly pack. */
export const noise = (() => {
  const raw = redRows({ width: 700, height: 700 });
  let state = 1;
  for (let i = 0; i < raw.length; i++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    if (i % 2801 !== 0 && (i % 2801) % 4 !== 0) raw[i] = state >>> 24;
  }
  return pngOf({ width: 700, height: 700, raw });
})();
