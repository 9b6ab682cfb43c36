import { beforeAll, describe, expect, test } from 'bun:test';
import { Resvg } from '@resvg/resvg-js';
import { type Call, caller } from '../support/client.ts';
import { decode, decodeRgba } from '../support/decode.ts';
import { facts, objects, rasterPng } from '../support/pdf.ts';
import type { Place } from '../support/program.ts';
import { places, refusal } from '../support/refusal.ts';
import { sharedProgram } from '../support/shared-program.ts';

let program: Place;
let call: Call;
let code: { id: string; shortUrl: string; slug: string };

beforeAll(async () => {
  program = await sharedProgram();
  call = caller(program.url, program.key);
  const json = {
    destination: 'https://example.com/',
    label: '<b>"Campaign" & more</b>',
    style: { dotColor: '#1a1a2e', bgColor: '#fe9' },
  };
  code = (await call('POST', '/v1/qr/create', { json })).body;
});

const image = (query = '', headers: Record<string, string> = {}) =>
  call('GET', `/v1/qr/${code.id}/image${query}`, { headers });
const pixels = (svg: string) => {
  const drawn = new Resvg(svg).render();
  return { data: new Uint8ClampedArray(drawn.pixels), width: drawn.width, height: drawn.height };
};
const sizeOf = (png: Uint8Array): number => new DataView(png.buffer, png.byteOffset).getUint32(16);

describe('the picture of a code', () => {
  test('is a PNG of 512 px that says the short URL and nothing else', async () => {
    const { status, headers, body } = await image();
    expect(status).toBe(200);
    expect(headers.get('content-type')).toBe('image/png');
    expect(headers.get('content-disposition')).toBe(`inline; filename="${code.slug}.png"`);
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(sizeOf(body)).toBe(512);
    expect(await decode(body)).toEqual([code.shortUrl]);
  });

  test('is an SVG on demand, with the label as harmless text', async () => {
    const { headers, body } = await image('?format=svg&size=600');
    expect(headers.get('content-type')).toBe('image/svg+xml');
    expect(body).toContain('<title>&lt;b&gt;"Campaign" &amp; more&lt;/b&gt;</title>');
    const { data, width, height } = pixels(body);
    expect([width, height]).toEqual([600, 600]);
    expect(decodeRgba(data, width, height)).toBe(code.shortUrl);
    expect(await decode(new Resvg(body).render().asPng())).toEqual([code.shortUrl]);
  });

  test('has the colours of the style', async () => {
    const { body } = await image('?format=svg');
    const { data } = pixels(body);
    expect([...data.slice(0, 4)]).toEqual([0xff, 0xee, 0x99, 255]);
    expect(body).toContain('fill="#1a1a2e"');
    const png = Buffer.from((await image()).body);
    const palette = png.subarray(png.indexOf('PLTE') + 4, png.indexOf('PLTE') + 10);
    expect(palette.toString('hex')).toBe('ffee991a1a2e');
  });

  test('can be read at its smallest and is exact at its largest size', async () => {
    const [fault] = refusal(await image('?size=32'), 422, 'validation_failed');
    const smallest = Number(/(\d+) pixels/.exec(fault!.detail)![1]);
    expect(places([fault!])).toEqual(['?size too_small']);
    for (const size of [smallest, 100, 333, 4_096]) {
      const { body } = await image(`?size=${size}`);
      expect(sizeOf(body)).toBe(size);
      if (size > smallest) expect(await decode(body)).toEqual([code.shortUrl]);
    }
    refusal(await image(`?size=${smallest - 1}`), 422, 'validation_failed');
  });

  test.each([
    ['size=31', '?size too_small'],
    ['size=4097', '?size too_large'],
    ['size=big', '?size type'],
    ['size=99.5', '?size type'],
    ['format=gif', '?format not_allowed'],
    ['format=', '?format not_allowed'],
    ['colour=red', '?colour unknown_property'],
    ['cropMarks=maybe', '?cropMarks type'],
    ['dpi=1', '?dpi too_small'],
    ['bleed=3', '?bleed not_allowed'],
    ['format=pdf&spot=All', '?spot not_allowed'],
    ['format=pdf&bleed=21', '?bleed too_large'],
  ])('is refused with %s', async (query, place) => {
    expect(places(refusal(await image(`?${query}`), 422, 'validation_failed'))).toEqual([place]);
  });

  test('is a PDF of exact millimetres, with bleed, crop marks, CMYK and a spot ink', async () => {
    const { headers, body } = await image('?format=pdf&size=30&bleed=3&cropMarks=true&color=cmyk&spot=Night');
    expect(headers.get('content-type')).toBe('application/pdf');
    expect(headers.get('content-disposition')).toBe(`inline; filename="${code.slug}.pdf"`);
    const said = facts(body);
    const trim = said['TrimBox']!.trim().split(/\s+/).map(Number);
    expect(trim[2]! - trim[0]!).toBeCloseTo((30 / 25.4) * 72, 1);
    expect(objects(body)).toContain('/Separation /Night');
    expect(await decode(rasterPng(body, { dpi: 200 }))).toEqual([code.shortUrl]);
  });

  test('has as many pixels as millimetres and resolution make, and tells the size of a module', async () => {
    const { headers, body } = await image('?unit=mm&size=25.4&dpi=600&download=true');
    expect(sizeOf(body)).toBe(600);
    expect(headers.get('content-disposition')).toStartWith('attachment; ');
    const version = Number(headers.get('x-qr-version'));
    const modules = 4 * version + 17 + 8;
    expect(Number(headers.get('x-qr-module-mm'))).toBeCloseTo(25.4 / modules, 2);
    expect(Number(headers.get('x-qr-smallest-width-mm'))).toBe(modules);
  });

  test('has with alphanumeric=true a smaller code in capitals, which leads to the same place', async () => {
    const small = await image('?alphanumeric=true');
    expect(Number(small.headers.get('x-qr-version'))).toBeLessThan(Number((await image()).headers.get('x-qr-version')));
    const [said] = await decode(small.body);
    expect(said).toBe(code.shortUrl.toUpperCase());
    const scan = await call('GET', new URL(said!).pathname);
    expect(scan.status).toBe(302);
  });

  test('has the quiet zone and the error correction that are asked for', async () => {
    const { headers, body } = await image('?format=svg&quietZone=10&errorCorrection=H');
    const modules = 4 * Number(headers.get('x-qr-version')) + 17 + 20;
    expect(headers.get('x-qr-error-correction')).toBe('H');
    expect(body).toContain(`viewBox="0 0 ${modules} ${modules}"`);
  });

  test('tells with check=true whether it scans, and how large to print it', async () => {
    const { headers, body } = await image('?check=true&unit=mm&size=20&distance=1000');
    expect(headers.get('content-type')).toBe('application/json');
    expect(body).toMatchObject({ scannable: true, payload: code.shortUrl, widthMm: 20 });
    expect(body.print.smallestWidthMm).toBe(body.modules * 4);
    const pale = await image('?check=true&quietZone=0');
    expect(pale.body).toMatchObject({ scannable: false });
    expect(pale.body.reasons[0]).toMatchObject({ code: 'quiet_zone', severity: 'error' });
  });

  test('is the same bytes under the same ETag until its looks change, not its destination', async () => {
    const first = await image();
    const etag = first.headers.get('etag')!;
    const known = await image('', { 'if-none-match': etag });
    expect([known.status, known.body.length, known.headers.get('etag')]).toEqual([304, 0, etag]);
    expect((await image('?size=600', { 'if-none-match': etag })).status).toBe(200);
    await call('PATCH', `/v1/qr/${code.id}`, { json: { destination: 'https://example.com/elsewhere' } });
    const later = await image();
    expect(later.headers.get('etag')).toBe(etag);
    expect(later.body).toEqual(first.body);
    await call('PATCH', `/v1/qr/${code.id}`, { json: { style: { dotColor: '#000' } } });
    const restyled = await image('', { 'if-none-match': etag });
    expect(restyled.status).toBe(200);
    expect(restyled.headers.get('etag')).not.toBe(etag);
    expect(await decode(restyled.body)).toEqual([code.shortUrl]);
  });
});
