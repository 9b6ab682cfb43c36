import { beforeAll, describe, expect, test } from 'bun:test';
import { type Call, caller } from '../support/client.ts';
import { decode } from '../support/decode.ts';
import { plainSvg, svgOf } from '../support/logos.ts';
import type { Place } from '../support/program.ts';
import { places, refusal } from '../support/refusal.ts';
import { sharedProgram } from '../support/shared-program.ts';
import { keyOf, organizationOf } from '../support/tenants.ts';
import { until } from '../support/until.ts';

let program: Place;
let call: Call;

beforeAll(async () => {
  program = await sharedProgram();
  call = caller(program.url, program.key);
});

const destination = 'https://example.com/landing';
const preview = (json: object) => call('POST', '/v1/qr/preview', { json });
const base64 = (text: string) => Buffer.from(text).toString('base64');

describe('a preview', () => {
  test('shows a code of the usual size with a short URL that is nobody’s and can be nobody’s', async () => {
    const { status, headers, body } = await preview({ destination });
    expect([status, headers.get('content-type')]).toEqual([200, 'image/png']);
    const [said] = await decode(body);
    const made = (await call('POST', '/v1/qr/create', { json: { destination } })).body;
    expect(said).toHaveLength(made.shortUrl.length);
    const slug = said!.split('/').at(-1)!;
    const taken = await call('POST', '/v1/qr/create', { json: { destination, slug } });
    expect(places(refusal(taken, 422, 'validation_failed'))).toEqual(['/slug pattern']);
    const image = await call('GET', `/v1/qr/${made.id}/image`);
    expect(headers.get('x-qr-version')).toBe(image.headers.get('x-qr-version'));
  });

  test('of a static code holds its payload', async () => {
    const wifi = { type: 'wifi', content: { ssid: 'Gäste', password: 'a;b' }, static: true };
    expect(await decode((await preview(wifi)).body)).toEqual(['WIFI:T:WPA;S:Gäste;P:a\\;b;;']);
    expect(await decode((await preview({ destination, static: true })).body)).toEqual([destination]);
  });

  test('of a static code holds as much as its level of error correction lets it', async () => {
    const text = (length: number) => ({ type: 'text', content: { text: 'x'.repeat(length) }, static: true });
    for (const level of [{ errorCorrection: 'L' }, { style: { errorCorrection: 'L' } }]) {
      expect((await preview({ ...text(2_953), ...level })).status).toBe(200);
    }
    const told = async (json: object) => places(refusal(await preview(json), 422, 'validation_failed'));
    expect(await told(text(2_332))).toEqual(['/style/errorCorrection too_high']);
    expect(await told({ ...text(2_332), errorCorrection: 'H' })).toEqual(['/errorCorrection too_high']);
  });

  test('wears the style, the frame and the logo, in any format', async () => {
    const style = { dotShape: 'dots', dotColor: '#14213d', frame: { shape: 'ticket', text: 'Hallo' } };
    const svg = (await preview({ destination, style, logo: base64(plainSvg), format: 'svg', size: 300 })).body;
    expect(svg).toStartWith('<svg');
    expect(svg).toContain('<image ');
    expect(svg).toContain('#14213d');
    const { headers, body } = await preview({ destination, style, format: 'pdf', size: 40, bleed: 3, color: 'cmyk' });
    expect(headers.get('content-type')).toBe('application/pdf');
    expect(Buffer.from(body).subarray(0, 5).toString()).toBe('%PDF-');
  });

  test('tells with check=true whether it would scan, and refuses nothing', async () => {
    const { body } = await preview({ destination, style: { dotColor: '#ddd' }, check: true });
    expect(body).toMatchObject({ scannable: false, version: expect.any(Number), modules: expect.any(Number) });
    expect(body.reasons[0]).toMatchObject({ code: 'contrast', severity: 'error', pointer: '/style/dotColor' });
    expect((await preview({ destination, style: { dotColor: '#ddd' } })).status).toBe(200);
    expect((await preview({ destination, check: true })).body).toMatchObject({ scannable: true, reasons: [] });
  });

  test('stores nothing, so a key that only reads may ask for it', async () => {
    const before = (await call('GET', '/v1/events?type=qr.created')).body.data.length;
    const reader = caller(program.url, await keyOf(program, await organizationOf(program), 'read'));
    const ask = () => reader('POST', '/v1/qr/preview', { json: { destination, logo: base64(plainSvg) } });
    await until(async () => (await ask()).status === 200, 5_000);
    expect((await call('GET', '/v1/events?type=qr.created')).body.data).toHaveLength(before);
    refusal(await reader('POST', '/v1/qr/create', { json: { destination } }), 403, 'scope_missing');
  });

  test.each<[object, string[]]>([
    [{ destination: 'ftp://example.com/' }, ['/destination scheme']],
    [{ type: 'wifi', content: {}, static: true }, ['/content/ssid required']],
    [{ type: 'wify', style: { dotShape: 'x' } }, ['/style/dotShape not_allowed', '/type not_allowed']],
    [{ static: true }, ['/destination required']],
    [{ destination, size: 10 }, ['/size too_small']],
    [{ destination, spot: 'Gold' }, ['/spot not_allowed']],
    [{ destination, spot: 'All', format: 'pdf' }, ['/spot not_allowed']],
    [{ destination, logo: '***' }, ['/logo format']],
    [{ destination, logo: `A${' '.repeat(999_000)}!` }, ['/logo format']],
    [{ destination, logo: base64('GIF89a') }, ['/logo format']],
    [{ destination, logo: base64(svgOf('<script/>')) }, ['/logo']],
    [{ destination, style: { frame: { shape: 'box', text: '扫' } } }, ['/style/frame/text missing_glyph']],
  ])('is refused with %j', async (json, expected) => {
    const faults = places(refusal(await preview(json), 422, 'validation_failed')).sort();
    expect(faults.map((fault, i) => (expected[i]?.includes(' ') ? fault : fault.split(' ')[0]))).toEqual(expected);
  });
});
