import { describe, expect, test } from 'bun:test';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { deflateSync } from 'node:zlib';
import { PNG } from 'pngjs';
import { logoBytesMax, sanitizeLogo } from '../../src/pictures/logo.ts';
import { attacks, noise } from '../support/logo-attacks.ts';
import { bytes, chunk, plainSvg, pngOf, redRows, svgOf } from '../support/logos.ts';
import { faultsOf, problemOf } from '../support/problem-of.ts';
import { until } from '../support/until.ts';

/** Processes of ours that still look at a logo; none can be seen where there is no /proc. */
function drawers(): number {
  if (!existsSync('/proc/self/task')) return 0;
  const children = readdirSync('/proc/self/task').flatMap(
    task => readFileSync(`/proc/self/task/${task}/children`, 'utf8').match(/\d+/g) ?? [],
  );
  return children.filter(
    pid => existsSync(`/proc/${pid}`) && readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('logo-process'),
  ).length;
}

const small = { width: 4, height: 4 };

test('a file of 2 MB is looked at, and one byte more is not', async () => {
  const padded = (length: number) => bytes(plainSvg + ' '.repeat(length - plainSvg.length));
  expect(await sanitizeLogo(padded(logoBytesMax))).toMatchObject({ width: 1024 });
  const problem = await problemOf(sanitizeLogo(padded(logoBytesMax + 1)));
  expect([problem.code, problem.message]).toEqual([
    'payload_too_large',
    'A logo has at most 2 MB (2097152 bytes); this one has 2097153.',
  ]);
});

test('no way of naming an address makes a connection', async () => {
  let connections = 0;
  const server = createServer((_, response) => response.end('<svg xmlns="http://www.w3.org/2000/svg"/>')).on(
    'connection',
    () => connections++,
  );
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  const url = `http://127.0.0.1:${port}/x.svg`;
  const bodies = [
    `<image href="${url}" width="9" height="9"/>`,
    `<image xlink:href="${url}" width="9" height="9"/>`,
    `<use href="${url}#a"/>`,
    `<rect width="9" height="9" fill="url(${url}#a)"/>`,
    `<rect width="9" height="9" style="fill:url(${url}#a)"/>`,
    `<style>@import "${url}";</style>`,
    `<linearGradient id="a" xlink:href="${url}#b"/><rect width="9" height="9" fill="url(#a)"/>`,
    `<foreignObject width="9" height="9"><iframe xmlns="http://www.w3.org/1999/xhtml" src="${url}"/></foreignObject>`,
    `<script href="${url}"/>`,
    `<filter id="f"><feImage href="${url}"/></filter><rect filter="url(#f)"/>`,
  ];
  const files = [
    ...bodies.map(body => svgOf(body)),
    `<!DOCTYPE svg SYSTEM "${url}">${plainSvg}`,
    `<!DOCTYPE svg [<!ENTITY % x SYSTEM "${url}">%x;]>${plainSvg}`,
    `<?xml-stylesheet href="${url}"?>${plainSvg}`,
    svgOf(`<x:include xmlns:x="http://www.w3.org/2001/XInclude" href="${url}"/>`),
  ];
  for (const text of files) expect((await problemOf(sanitizeLogo(bytes(text)))).code).toBe('validation_failed');
  expect(connections).toBe(0);
  await fetch(url);
  expect(connections).toBe(1);
  server.close();
}, 120_000);

test('while a logo is drawn that never would be done, the program answers others', async () => {
  const events: string[] = [];
  const attack = problemOf(sanitizeLogo(attacks['a drawing that takes minutes']![1])).then(problem =>
    events.push(...faultsOf(problem)),
  );
  const server = createServer((_, response) => response.end('here')).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  for (let i = 0; i < 20; i++) events.push(await (await fetch(`http://127.0.0.1:${port}`)).text());
  await attack;
  server.close();
  expect(events).toEqual([...Array<string>(20).fill('here'), '/file too_complex']);
  expect(await until(() => drawers() === 0, 5_000)).toBe(true);
});

test('files wait for each other, and when too many do, the next is told to come back', async () => {
  const file = pngOf(small);
  const results = await Promise.allSettled(Array.from({ length: 12 }, () => sanitizeLogo(file)));
  const refused = results.flatMap(result => (result.status === 'rejected' ? [result.reason] : []));
  expect(refused.map(({ code, headers }) => [code, headers])).toEqual(
    Array(4).fill(['unavailable', { 'Retry-After': '5' }]),
  );
  expect(await sanitizeLogo(file)).toMatchObject({ width: 4 });
});

describe('a good logo', () => {
  const pixel = (png: Uint8Array, x: number, y: number) => {
    const { width, data } = PNG.sync.read(Buffer.from(png));
    return [...data.subarray((y * width + x) * 4, (y * width + x) * 4 + 4)];
  };

  test('as SVG becomes a PNG of 1024 px with a transparent ground, known by its digest', async () => {
    const logo = await sanitizeLogo(bytes(plainSvg));
    expect([logo.width, logo.height]).toEqual([1024, 1024]);
    expect(logo.sha256).toBe(createHash('sha256').update(logo.png).digest('hex'));
    expect([pixel(logo.png, 512, 512), pixel(logo.png, 5, 5)]).toEqual([
      [0xe3, 6, 0x13, 255],
      [0, 0, 0, 0],
    ]);
    expect((await sanitizeLogo(bytes(plainSvg))).sha256).toBe(logo.sha256);
  });

  test('as SVG may begin with a byte order mark and white space', async () => {
    expect(await sanitizeLogo(bytes(`\ufeff${plainSvg}`))).toMatchObject({ width: 1024 });
    expect(await sanitizeLogo(bytes(`\ufeff\n <?xml-x?>`.replace('<?xml-x?>', plainSvg)))).toMatchObject({
      width: 1024,
    });
  });

  test('as PNG keeps its pixels and nothing else: what hides in it is not in the result', async () => {
    const hidden = bytes('Comment\u0000<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>');
    const file = pngOf({
      width: 30,
      height: 20,
      before: [chunk('tEXt', hidden), chunk('eXIf', hidden), chunk('prVt', hidden)],
    });
    const logo = await sanitizeLogo(file);
    expect([logo.width, logo.height]).toEqual([30, 20]);
    expect(pixel(logo.png, 29, 19)).toEqual(pixel(file, 29, 19));
    expect(Buffer.from(logo.png).includes('script')).toBe(false);
    expect(
      [
        ...Buffer.from(logo.png)
          .toString('latin1')
          .matchAll(/IHDR|IDAT|IEND|[a-z][A-Za-z]{3}(?=Comment)/g),
      ].map(String),
    ).toEqual(['IHDR', 'IDAT', 'IEND']);
  });

  test('of 4096 × 4096 pixels is taken and made smaller', async () => {
    const size = { width: 4096, height: 4096 };
    const file = pngOf({ ...size, packed: deflateSync(redRows(size), { level: 1 }) });
    const logo = await sanitizeLogo(file);
    expect([logo.width, logo.height]).toEqual([1024, 1024]);
  });

  test('that can not be packed comes out whole', async () => {
    expect(noise.length).toBeGreaterThan(1_000_000);
    const { png } = await sanitizeLogo(noise);
    expect(PNG.sync.read(Buffer.from(png)).data.equals(PNG.sync.read(Buffer.from(noise)).data)).toBe(true);
  });

  test('does not lose the bytes that the caller gave', async () => {
    const file = pngOf(small);
    const before = file.slice();
    await sanitizeLogo(file);
    expect(file).toEqual(before);
  });
});
