import { describe, expect, test } from 'bun:test';
import { safeSvg } from '../../src/pictures/logo-svg.ts';
import { plainSvg, svgOf } from '../support/logos.ts';
import { problemOf } from '../support/problem-of.ts';

const rect = '<rect width="9" height="9"/>';
const opacity = (depth: number) => `${'<g opacity=".9">'.repeat(depth)}${rect}${'</g>'.repeat(depth)}`;
const clipPath = '<clipPath id="c"><rect width="50" height="50"/></clipPath>';

describe('what an SVG must not have is refused by name', () => {
  test.each<[string, string, string]>([
    [
      'an entity bomb',
      'not_allowed',
      `<!DOCTYPE svg [<!ENTITY a "aa"><!ENTITY b "&a;&a;">]>${svgOf('<desc>&b;</desc>')}`,
    ],
    [
      'an external entity',
      'not_allowed',
      `<!DOCTYPE svg [<!ENTITY x SYSTEM "file:///etc/passwd">]>${svgOf('<desc>&x;</desc>')}`,
    ],
    ['a remote document type', 'not_allowed', `<!DOCTYPE svg SYSTEM "http://127.0.0.1/x.dtd">${plainSvg}`],
    [
      'the usual document type with entities',
      'not_allowed',
      `<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd" [<!ENTITY a "b">]>${plainSvg}`,
    ],
    ['an entity that nobody declared', 'malformed', svgOf('<desc>&nbsp;</desc>')],
    ['a processing instruction', 'not_allowed', `<?xml-stylesheet href="http://127.0.0.1/x.css"?>${plainSvg}`],
    ['another encoding', 'encoding', `<?xml version="1.0" encoding="UTF-7"?>${plainSvg}`],
    ['a script', 'not_allowed', svgOf('<script>alert(1)</script>')],
    ['a script in metadata', 'not_allowed', svgOf('<metadata><script>alert(1)</script></metadata>')],
    ['a script of HTML', 'not_allowed', svgOf('<h:script xmlns:h="http://www.w3.org/1999/xhtml">alert(1)</h:script>')],
    ['an event handler', 'not_allowed', svgOf('<rect width="9" height="9" onclick="alert(1)"/>')],
    ['an event handler of the root', 'not_allowed', svgOf(rect, 'viewBox="0 0 9 9" onload="alert(1)"')],
    ['HTML', 'not_allowed', svgOf('<foreignObject><p xmlns="http://www.w3.org/1999/xhtml"/></foreignObject>')],
    [
      'a picture of this machine',
      'external_reference',
      svgOf('<image href="file:///etc/passwd" width="9" height="9"/>'),
    ],
    ['an embedded picture', 'external_reference', svgOf('<image xlink:href="data:image/png;base64,AAAA"/>')],
    ['a remote copy', 'external_reference', svgOf('<use href="http://127.0.0.1/x.svg#a"/>')],
    ['a remote link', 'external_reference', svgOf('<a href="https://example.com"><rect/></a>')],
    ['a link', 'not_allowed', svgOf('<a href="#a"><rect id="a"/></a>')],
    ['a base address', 'external_reference', svgOf(rect, 'viewBox="0 0 9 9" xml:base="http://127.0.0.1/"')],
    ['a remote paint', 'external_reference', svgOf('<rect fill="url(http://127.0.0.1/x.svg#a)"/>')],
    ['a remote paint in a style', 'external_reference', svgOf('<rect style="fill:url( \'//127.0.0.1/x\' )"/>')],
    ['a remote paint in a sheet', 'external_reference', svgOf('<style>rect{fill:url(x.svg#a)}</style><rect/>')],
    ['an import in a sheet', 'not_allowed', svgOf('<style>@import "http://127.0.0.1/x.css";</style>')],
    ['a font in a sheet', 'not_allowed', svgOf('<style>@font-face{src:url(http://127.0.0.1/x)}</style>')],
    ['an escape in a sheet', 'not_allowed', svgOf('<style>rect{fill:u\\72l(x)}</style>')],
    ['a selector that is too clever', 'not_allowed', svgOf('<style>g > rect{fill:red}</style>')],
    ['an element in a sheet', 'not_allowed', svgOf('<style><title>x</title></style>')],
    ['text', 'not_allowed', svgOf('<text>Logo</text>')],
    ['a filter', 'not_allowed', svgOf('<filter id="f"><feGaussianBlur stdDeviation="1e9"/></filter>')],
    ['the use of a filter', 'not_allowed', svgOf('<rect filter="url(#f)"/>')],
    ['a mask', 'not_allowed', svgOf('<mask id="m"/>')],
    ['a pattern', 'not_allowed', svgOf('<pattern id="p" width="0.001" height="0.001"/>')],
    ['a marker', 'not_allowed', svgOf('<path d="M0 0" style="marker-end:url(#m)"/>')],
    ['an animation', 'not_allowed', svgOf('<rect><animate attributeName="x" dur="1s"/></rect>')],
    ['a setter', 'not_allowed', svgOf('<rect><set attributeName="x" to="5"/></rect>')],
    ['a symbol', 'not_allowed', svgOf('<symbol id="s"/>')],
    ['a document in the document', 'not_allowed', svgOf(svgOf(rect))],
    ['dashes', 'not_allowed', svgOf('<path d="M0 0h9" stroke-dasharray="0.0001"/>')],
    ['an unknown element', 'not_allowed', svgOf('<blink/>')],
    ['an element of nobody', 'not_allowed', svgOf('<x:y xmlns:x="urn:x"/>')],
    ['an outline that is none', 'bad_value', svgOf('<path d="M0 0 url(#a)"/>')],
    ['a number out of all bounds', 'bad_value', svgOf('<path d="M0 0h1e30"/>')],
    ['a length that is none', 'bad_value', svgOf('<rect width="calc(1px)"/>')],
    ['a transformation that is none', 'bad_value', svgOf('<rect transform="rotate3d(1)"/>')],
    [
      'copies of copies',
      'too_complex',
      svgOf(`<g id="a">${rect}</g><g id="b"><use href="#a"/><use href="#a"/></g><use href="#b"/>`),
    ],
    ['a copy of itself', 'too_complex', svgOf('<g id="a"><use href="#a"/></g>')],
    ['a copy of what is not there', 'bad_reference', svgOf('<use href="#a"/>')],
    ['a copy of nothing', 'bad_reference', svgOf('<use/>')],
    ['a paint that is no gradient', 'bad_reference', svgOf('<rect id="a" fill="url(#a)"/>')],
    ['a clip that clips itself', 'too_complex', svgOf('<clipPath id="c"><rect clip-path="url(#c)"/></clipPath>')],
    ['a clip that is clipped', 'too_complex', svgOf(`${clipPath}<clipPath id="d" clip-path="url(#c)"/>`)],
    [
      'a clip that is clipped by way of a copy',
      'too_complex',
      svgOf(`${clipPath}<rect id="r" clip-path="url(#c)"/><clipPath id="d"><use href="#r"/></clipPath>`),
    ],
    [
      'gradients in a circle',
      'too_complex',
      svgOf('<linearGradient id="a" href="#b"/><linearGradient id="b" href="#a"/>'),
    ],
    ['5,001 elements', 'too_complex', svgOf('<g/>'.repeat(5_000))],
    [
      '5,001 elements by copying',
      'too_complex',
      svgOf(`<g id="a">${rect.repeat(99)}</g>${'<use href="#a"/>'.repeat(50)}`),
    ],
    [
      '5,001 elements by clipping',
      'too_complex',
      svgOf(`<clipPath id="c">${rect.repeat(700)}</clipPath>${'<rect clip-path="url(#c)"/>'.repeat(8)}`),
    ],
    ['33 levels', 'too_complex', svgOf(`${'<g>'.repeat(32)}${'</g>'.repeat(32)}`)],
    ['33 levels of what is left out', 'too_complex', svgOf(`${'<desc>'.repeat(40)}${'</desc>'.repeat(40)}`)],
    ['101 attributes', 'too_complex', svgOf(`<rect ${Array.from({ length: 101 }, (_, i) => `a${i}="1"`).join(' ')}/>`)],
    ['outlines without end', 'too_complex', svgOf(`<path d="M0 0${'h1v1'.repeat(126_000)}"/>`)],
    ['a sheet without end', 'too_complex', svgOf(`<style>${'.a{fill:red}'.repeat(6_000)}</style>`)],
    ['too many rules', 'too_complex', svgOf(`<style>${'a,'.repeat(2_001)}b{fill:red}</style>`)],
    ['17 layers', 'too_complex', svgOf(opacity(1).repeat(17))],
    ['5 layers in each other', 'too_complex', svgOf(opacity(5))],
    ['layers by copying', 'too_complex', svgOf(`<g id="a" opacity=".5">${rect}</g>${'<use href="#a"/>'.repeat(16)}`)],
    ['60,000 pixels', 'size', svgOf(rect, 'viewBox="0 0 9 9" width="60000" height="60000"')],
    ['60,000 pixels without a view box', 'size', svgOf(rect, 'width="60000" height="9000"')],
    ['five metres', 'size', svgOf(rect, 'viewBox="0 0 9 9" width="5000mm" height="5000mm"')],
    ['a huge view box', 'size', svgOf(rect, 'viewBox="0 0 1e9 1e9"')],
    ['a view box far away', 'size', svgOf(rect, 'viewBox="-1e9 0 10 10"')],
    ['no size', 'size', svgOf(rect, '')],
    ['relative sizes only', 'size', svgOf(rect, 'width="100%" height="100%"')],
    ['a view box of words', 'size', svgOf(rect, 'viewBox="a b c d"')],
    ['a negative size', 'size', svgOf(rect, 'viewBox="0 0 -5 5"')],
    ['21 times the width in height', 'size', svgOf(rect, 'viewBox="0 0 1 21"')],
    ['no end', 'malformed', plainSvg.slice(0, -8)],
    ['two roots', 'malformed', plainSvg + plainSvg],
    ['a doubled attribute', 'malformed', svgOf('<rect x="1" x="2"/>')],
    ['a prefix from nowhere', 'malformed', svgOf('<q:rect/>')],
    ['HTML behind it', 'malformed', `${plainSvg}<script>alert(1)</script>`],
  ])('%s (%s)', async (_, code, text) => {
    const problem = await problemOf(() => safeSvg(text));
    expect([problem.code, problem.errors.map(error => `${error.pointer} ${error.code}`)]).toEqual([
      'validation_failed',
      [`/file ${code}`],
    ]);
  });

  test.each([
    '<html><body/></html>',
    '<svg/>',
    '<svg xmlns="http://www.w3.org/1999/xhtml"/>',
    '<g xmlns="http://www.w3.org/2000/svg"/>',
  ])('%s is another kind of file', async text =>
    expect((await problemOf(() => safeSvg(text))).code).toBe('unsupported_media_type'),
  );

  test('no sentence repeats more of the file than a name', async () => {
    const secret = `se${'cret'.repeat(30)}`;
    for (const body of [
      `<rect onclick="${secret}"/>`,
      `<a href="http://${secret}"/>`,
      `<path d="${secret}"/>`,
      `<${secret}/>`,
      `<desc>&${secret};</desc>`,
    ]) {
      expect((await problemOf(() => safeSvg(svgOf(body)))).message).not.toContain(secret.slice(0, 60));
    }
  });
});
