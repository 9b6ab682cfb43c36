import { describe, expect, test } from 'bun:test';
import { Resvg } from '@resvg/resvg-js';
import fc from 'fast-check';
import { SaxesParser } from 'saxes';
import { safeSvg } from '../../src/pictures/logo-svg.ts';
import { Problem } from '../../src/problem.ts';
import { svgOf } from '../support/logos.ts';

const rect = '<rect width="9" height="9"/>';

/** Elements and attributes that may come out, and nothing else. */
const elements =
  /^(svg|g|defs|path|rect|circle|ellipse|line|polyline|polygon|use|linearGradient|radialGradient|stop|clipPath)$/;
const attributes =
  /^(xmlns|viewBox|id|href|x|y|width|height|r[xy]?|c[xy]|[xy][12]|f[xyr]|offset|d|points|(gradientT|t)ransform|(gradient|clipPath)Units|spreadMethod|fill|stroke|color|display|visibility|opacity|(fill|stroke|stop)-(color|opacity)|stroke-(width|miterlimit|linecap|linejoin)|(fill|clip)-rule|clip-path|paint-order|shape-rendering)$/;

function expectHarmless(text: string): void {
  const parser = new SaxesParser();
  parser.on('error', error => {
    throw error;
  });
  parser.on('opentag', tag => {
    expect(tag.name).toMatch(elements);
    for (const [name, value] of Object.entries(tag.attributes as Record<string, string>)) {
      expect(name).toMatch(attributes);
      expect(value).not.toMatch(/url\((?!#)|javascript|[\\<>]/i);
      if (name === 'href') expect(value).toStartWith('#');
    }
  });
  for (const event of ['doctype', 'processinginstruction', 'cdata', 'comment'] as const) {
    parser.on(event, () => {
      throw new Error(`${event} came through`);
    });
  }
  parser.on('text', part => expect(part.trim()).toBe(''));
  parser.write(text).close();
}

test('whatever a file is put together from, what comes out has allowed parts only, and is its own safe form', () => {
  const piece = fc.constantFrom(
    ...`${rect}|<g>|</g>|<defs>|</defs>|<use href="#a"/>|<circle id="a" r="5" fill="url(#b)"/>|<linearGradient id="b"><stop offset="50%"/></linearGradient>`.split(
      '|',
    ),
    ...`<style>.k{fill:#f00;opacity:50%}</style>|<path class="k" d="M0 0h9v9z" style="stroke:red;stroke-width:2px"/>|<title>&lt;x></title>|<desc>]]</desc>`.split(
      '|',
    ),
    ...`<script>1</script>|<image href="x"/>|<rect onload="x"/>|<a xlink:href="#a">|</a>|<!-- c -->|<![CDATA[x]]>|text|<rect fill="&quot;&lt;"/>|<rect data-x="&quot;/>"/>`.split(
      '|',
    ),
    `<g opacity=".5">${rect}</g>`,
    '<rect width="5" height="5" opacity=".5" fill-opacity="20%"/>',
    '<sodipodi:namedview xmlns:sodipodi="http://sodipodi.sourceforge.net/DTD/sodipodi-0.dtd" pagecolor="#fff"/>',
  );
  let taken = 0;
  fc.assert(
    fc.property(
      fc.array(piece, { maxLength: 6 }),
      fc.constantFrom('', ' fill="none"', ' style="color:red" class="k"', ' onload="x"'),
      (pieces, root) => {
        let safe: ReturnType<typeof safeSvg>;
        try {
          safe = safeSvg(svgOf(pieces.join(''), `viewBox="0 0 10 10"${root}`));
        } catch (error) {
          expect(error).toBeInstanceOf(Problem);
          return;
        }
        taken++;
        expectHarmless(safe.svg);
        expect(safeSvg(safe.svg).svg).toBe(safe.svg);
      },
    ),
    { numRuns: 3_000 },
  );
  expect(taken).toBeGreaterThan(500);
});

const rendered = (text: string) =>
  new Resvg(text, { fitTo: { mode: 'width', value: 120 }, font: { loadSystemFonts: false } }).render().pixels;

/** Logos as drawing programs write them. */
const real: Readonly<Record<string, string>> = {
  illustrator: `<?xml version="1.0" encoding="utf-8"?>
<!-- Generator: Adobe Illustrator 27.0.0, SVG Export Plug-In . SVG Version: 6.00 Build 0)  -->
<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd">
<svg version="1.1" id="Ebene_1" xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" x="0px" y="0px" viewBox="0 0 120 80" style="enable-background:new 0 0 120 80;" xml:space="preserve">
<style type="text/css"><![CDATA[ .st0{fill:#E30613;} .st1{clip-path:url(#SVGID_2_);} .st2{fill:url(#SVGID_3_);stroke:#1D1D1B;stroke-width:4;stroke-miterlimit:10;} /* end */ ]]></style>
<g><defs><rect id="SVGID_1_" x="10" y="10" width="60" height="60"/></defs><clipPath id="SVGID_2_"><use xlink:href="#SVGID_1_" style="overflow:visible;"/></clipPath>
<g class="st1"><circle class="st0" cx="20" cy="40" r="40"/></g></g>
<linearGradient id="SVGID_3_" gradientUnits="userSpaceOnUse" x1="70" y1="0" x2="120" y2="80"><stop offset="0" style="stop-color:#009EE3"/><stop offset="1" style="stop-color:#FFED00"/></linearGradient>
<polygon class="st2 st9" points="80,10 115,40 80,70 "/></svg>`,
  inkscape: `<?xml version="1.0" encoding="UTF-8" standalone="no"?>
<svg width="40mm" height="20mm" viewBox="0 0 40 20" version="1.1" id="svg5" inkscape:version="1.2" sodipodi:docname="a.svg" xmlns:inkscape="http://www.inkscape.org/namespaces/inkscape" xmlns:sodipodi="http://sodipodi.sourceforge.net/DTD/sodipodi-0.dtd" xmlns:xlink="http://www.w3.org/1999/xlink" xmlns="http://www.w3.org/2000/svg" xmlns:svg="http://www.w3.org/2000/svg">
<sodipodi:namedview id="namedview7" pagecolor="#ffffff"><inkscape:grid type="xygrid"/></sodipodi:namedview>
<metadata id="m"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><cc:Work xmlns:cc="http://creativecommons.org/ns#" rdf:about=""><dc:title xmlns:dc="http://purl.org/dc/elements/1.1/"/></cc:Work></rdf:RDF></metadata>
<defs id="defs2"><linearGradient id="base"><stop style="stop-color:#000080;stop-opacity:1" offset="0"/><stop style="stop-color:#00ff80;stop-opacity:.4" offset="1"/></linearGradient>
<radialGradient xlink:href="#base" id="rg" cx="20" cy="10" fx="18" fy="9" r="9" gradientTransform="matrix(1,0,0,0.8,0,2)" gradientUnits="userSpaceOnUse"/></defs>
<g inkscape:label="Layer 1" inkscape:groupmode="layer" id="layer1" transform="translate(1,-0.5) scale(.9)"><ellipse style="fill:url(#rg);fill-rule:evenodd;stroke:#400000;stroke-width:0.5;stroke-linejoin:round;paint-order:stroke fill markers" cx="20" cy="10" rx="18" ry="9"/>
<path sodipodi:nodetypes="cc" style="fill:none;stroke:#ff00ff;stroke-width:.7;stroke-linecap:round" d="m 3,3 c 5,9 10,-4 30,12"/></g></svg>`,
  figma: `<svg width="96" height="64" viewBox="0 0 96 64" fill="none" xmlns="http://www.w3.org/2000/svg"><g clip-path="url(#clip0_1_2)"><path fill-rule="evenodd" clip-rule="evenodd" d="M32 64C49.67 64 64 49.67 64 32S49.67 0 32 0 0 14.33 0 32s14.33 32 32 32Zm0-16a16 16 0 1 0 0-32 16 16 0 0 0 0 32Z" fill="#7B61FF"/><rect x="48" y="8" width="40" height="40" rx="8" fill="url(#paint0_linear_1_2)" opacity="0.7"/></g><defs><linearGradient id="paint0_linear_1_2" x1="48" y1="8" x2="88" y2="48" gradientUnits="userSpaceOnUse"><stop stop-color="#FF7262"/><stop offset="1" stop-color="#0ACF83" stop-opacity="0"/></linearGradient><clipPath id="clip0_1_2"><rect width="90" height="60" fill="white"/></clipPath></defs></svg>`,
  hand: svgOf(
    `<title>Logo</title><desc>By hand</desc><g id="leaf" fill="rgb(10%, 60%, 20%)"><path d="M50 50Q60 20 50 5 40 20 50 50"/></g>${[60, 120, 180, 240, 300].map(angle => `<use href="#leaf" transform="rotate(${angle} 50 50)"/>`).join('')}<circle cx="50" cy="50" r="6" fill="currentColor" color="hsl(40, 90%, 50%)"/><line x1="5" y1="95" x2="95" y2="95" stroke="rebeccapurple" stroke-width="3%"/><g opacity=".5" data-name="x"><rect x="70" y="70" width="20" height="20"/><rect x="80" y="60" width="15" height="20" fill="#0af8"/></g>`,
  ),
};

describe('a good logo', () => {
  // Alpha of a gradient is rounded once more or less where opacity became that of the fill.
  test.each(Object.entries(real))('of %s looks after cleaning as before', (_, text) => {
    const safe = safeSvg(text);
    expectHarmless(safe.svg);
    expect(safe.svg.length).toBeGreaterThan(300);
    const [before, after] = [rendered(text), rendered(safe.svg)];
    let differing = 0;
    for (let i = 0; i < before.length; i++) if (Math.abs(before[i]! - after[i]!) > 2) differing++;
    expect([before.length, differing]).toEqual([after.length, 0]);
  });

  test('has the proportions of its view box, or of its width and height', () => {
    expect(safeSvg(real['inkscape']!)).toMatchObject({ width: 40, height: 20 });
    expect(safeSvg(svgOf(rect, 'width="30" height="2cm"'))).toMatchObject({ width: 30, height: (2 * 96) / 2.54 });
    expect(safeSvg(svgOf(rect, 'viewBox="-5,-5 10,20" width="100%"')).svg).toContain(
      'viewBox="-5 -5 10 20" width="10" height="20"',
    );
  });

  test('of rules, the more special and then the later one wins, and the own style above all', () => {
    const body = (style: string) =>
      `<style>.b{fill:#000001} .a{fill:#000002} path{fill:#000003} #i{stroke:#000004}</style><path id="i" class="a b" fill="#000005" stroke="#000006" ${style}/>`;
    expect(safeSvg(svgOf(body(''))).svg).toContain('<path id="i" fill="#000002" stroke="#000004"/>');
    expect(safeSvg(svgOf(body('style="fill:#000007 !important"'))).svg).toContain('fill="#000007"');
  });

  test('may be of a few translucent shapes, which cost no layers', () => {
    const { svg } = safeSvg(svgOf('<rect width="5" height="5" opacity="50%" fill-opacity=".5"/>'.repeat(40)));
    expect(svg).toContain('fill-opacity="0.25"');
    expect(svg).not.toContain(' opacity=');
    expect(safeSvg(svgOf('<g stroke="red"><rect width="5" height="5" opacity=".5"/></g>')).svg).toContain(
      ' opacity=".5"',
    );
  });
});
