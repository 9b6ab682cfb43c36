import { beforeAll, beforeEach, describe, expect, test } from 'bun:test';
import { createHash } from 'node:crypto';
import { logoBytesMax } from '../../src/pictures/logo.ts';
import { type Answer, type Call, type CallOptions, caller } from '../support/client.ts';
import { decode } from '../support/decode.ts';
import { formOf, logoForm } from '../support/form.ts';
import { attacks } from '../support/logo-attacks.ts';
import { plainSvg, pngOf, svgOf } from '../support/logos.ts';
import type { Place } from '../support/program.ts';
import { places, refusal } from '../support/refusal.ts';
import { sharedProgram } from '../support/shared-program.ts';
import { stranger } from '../support/tenants.ts';

let program: Place;
let call: Call;
let code: { id: string; shortUrl: string };

beforeAll(async () => {
  program = await sharedProgram();
  call = caller(program.url, program.key);
});
beforeEach(async () => {
  code = (await call('POST', '/v1/qr/create', { json: { destination: 'https://example.com/' } })).body;
});

const upload = (options: CallOptions, id = code.id, query = '') => call('POST', `/v1/qr/${id}/logo${query}`, options);
const image = async (query = '') => (await call('GET', `/v1/qr/${code.id}/image${query}`)).body as Uint8Array;
const pathOf = (logoUrl: string) => new URL(logoUrl).pathname;
const served = (answer: Answer) => call('GET', pathOf(answer.body.logoUrl), { headers: { authorization: '' } });

describe('a logo', () => {
  test('is taken as SVG and PNG, and served to everybody under the hash of what it became', async () => {
    for (const form of [logoForm(plainSvg), logoForm(pngOf({ width: 20, height: 20 }), 'a.png', 'image/png')]) {
      const answer = await upload(form);
      expect(answer.status).toBe(200);
      expect(Object.keys(answer.body)).toEqual(['logoUrl', 'updatedAt']);
      expect(answer.body.updatedAt).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
      const { status, headers, body } = await served(answer);
      expect([status, headers.get('content-type')]).toEqual([200, 'image/png']);
      expect(headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(answer.body.logoUrl).toEndWith(`/logos/${createHash('sha256').update(body).digest('hex')}.png`);
      const known = await call('GET', pathOf(answer.body.logoUrl), {
        headers: { 'if-none-match': headers.get('etag')! },
      });
      expect(known.status).toBe(304);
    }
  });

  test('stands in the picture, which still says the same, with error correction raised by itself', async () => {
    const before = await image();
    await upload(logoForm(plainSvg));
    const after = await call('GET', `/v1/qr/${code.id}/image`);
    expect(Buffer.compare(before, after.body)).not.toBe(0);
    expect(await decode(after.body)).toEqual([code.shortUrl]);
    expect(after.headers.get('x-qr-error-correction')).not.toBe('M');
    expect(((await call('GET', `/v1/qr/${code.id}/image?format=svg`)).body as string).match(/<image /g)).toHaveLength(
      1,
    );
  });

  test('is told by the code and by its history, and is the same for the same file', async () => {
    const first = await upload(logoForm(plainSvg));
    const second = await upload(logoForm(plainSvg));
    expect(second.body.logoUrl).toBe(first.body.logoUrl);
    expect(second.headers.get('etag')).toBe('"2"');
    expect((await call('GET', `/v1/qr/${code.id}`)).body.logoUrl).toBe(first.body.logoUrl);
    const { body } = await call('GET', `/v1/events?stream=${code.id}`);
    expect(body.data.map((event: { type: string }) => event.type)).toEqual(['qr.created', 'qr.logo_attached']);
    expect(first.body.logoUrl).toContain(body.data[1].data.logo.sha256);
  });

  test('is taken out again, and stays where it was served', async () => {
    const before = await image();
    const attached = await upload(logoForm(plainSvg));
    const { status, body } = await call('DELETE', `/v1/qr/${code.id}/logo`);
    expect([status, body.logoUrl]).toEqual([200, null]);
    expect(Buffer.compare(await image(), before)).toBe(0);
    expect((await served(attached)).status).toBe(200);
    expect((await call('DELETE', `/v1/qr/${code.id}/logo`)).status).toBe(200);
  });

  test('with an idempotency key is attached once, and another file under that key is refused', async () => {
    const headers = { 'idempotency-key': `logo-${code.id}` };
    const keyed = (form: CallOptions) => upload({ ...form, headers: { ...form.headers, ...headers } });
    const first = await keyed(logoForm(plainSvg));
    await call('DELETE', `/v1/qr/${code.id}/logo`);
    const again = await keyed(logoForm(plainSvg));
    expect([again.status, again.headers.get('idempotency-replayed')]).toEqual([200, 'true']);
    expect(again.body).toEqual(first.body);
    expect((await call('GET', `/v1/qr/${code.id}`)).body.logoUrl).toBeNull();
    refusal(await keyed(logoForm(svgOf('<rect width="9" height="9"/>'))), 422, 'idempotency_key_reused');
  });

  test('is not attached to another version than the one that was meant', async () => {
    const form = logoForm(plainSvg);
    const stale = { ...form, headers: { ...form.headers, 'if-match': '"7"' } };
    refusal(await upload(stale), 412, 'precondition_failed');
  });

  test('that keeps the code from being read is refused, and can be forced, which the code then tells', async () => {
    const style = { dotColor: '#cccccc' };
    const pale = await call('POST', '/v1/qr/create?force=true', {
      json: { destination: 'https://example.com/', style },
    });
    const id = pale.body.id as string;
    const faults = refusal(await upload(logoForm(plainSvg), id), 422, 'validation_failed');
    expect(places(faults)).toEqual(['/style/dotColor not_scannable']);
    const forced = await upload(logoForm(plainSvg), id, '?force=true');
    expect([forced.status, forced.body.forced]).toEqual([200, true]);
    expect((await call('GET', `/v1/qr/${id}`)).body.forced).toBe(true);
  });
});

describe('an upload', () => {
  test('for a code that is not there, or is another organisation’s, is 404', async () => {
    refusal(await upload(logoForm(plainSvg), 'qr_01J3K9M2P8XABCDEFGHJKMNPQR'), 404, 'not_found');
    const theirs = await (await stranger(program))('POST', `/v1/qr/${code.id}/logo`, logoForm(plainSvg));
    refusal(theirs, 404, 'not_found');
  });

  test('of one byte more than 2 MB is refused, with or without room in the form', async () => {
    const file = new Uint8Array(logoBytesMax + 1);
    refusal(await upload(logoForm(file)), 413, 'payload_too_large');
    refusal(await upload(logoForm(new Uint8Array(logoBytesMax + 100_000))), 413, 'payload_too_large');
    const plain = new TextEncoder().encode(plainSvg);
    const largest = new Uint8Array(logoBytesMax).fill(0x20);
    largest.set(plain);
    expect((await upload(logoForm(largest))).status).toBe(200);
  });

  test.each<[string, () => CallOptions, number, string, string[]]>([
    ['JSON', () => ({ json: { file: 'x' } }), 415, 'unsupported_media_type', []],
    ['nothing', () => ({}), 415, 'unsupported_media_type', []],
    ['another kind of file', () => logoForm('GIF89a', 'a.gif', 'image/gif'), 415, 'unsupported_media_type', []],
    ['a script', () => logoForm(svgOf('<script>1</script>')), 422, 'validation_failed', ['/file']],
    ['markup that is no SVG', () => logoForm('<html></html>'), 415, 'unsupported_media_type', []],
    [
      'a field of another name',
      () => formOf({ name: 'logo', data: plainSvg, filename: 'a' }),
      422,
      'validation_failed',
      ['/logo', '/file'],
    ],
    ['text instead of a file', () => formOf({ name: 'file', data: plainSvg }), 422, 'validation_failed', ['/file']],
    [
      'two files',
      () => formOf(...['a', 'b'].map(filename => ({ name: 'file', data: plainSvg, filename }))),
      422,
      'validation_failed',
      ['/file'],
    ],
    [
      'a form without end',
      () => ({ ...logoForm(plainSvg), raw: new TextEncoder().encode('--x') }),
      400,
      'bad_request',
      [],
    ],
  ])('of %s is refused', async (_, make, status, name, pointers) => {
    const faults = refusal(await upload(make()), status, name);
    expect(new Set(faults.map(({ pointer }) => pointer))).toEqual(new Set(pointers));
    expect((await call('GET', `/v1/qr/${code.id}`)).body.logoUrl).toBeNull();
  });

  test('asks for a logo by another name than its hash get nothing', async () => {
    for (const path of ['/logos/', '/logos/x.png', `/logos/${'0'.repeat(64)}.png`, `/logos/${'0'.repeat(64)}.svg`]) {
      expect((await call('GET', path)).status).toBe(404);
    }
  });
});

describe('a hostile file', () => {
  test.each(Object.entries(attacks))('%s is refused, and the program goes on', async (_, [reason, file]) => {
    const { status, body } = await upload(logoForm(file, 'logo.png', 'image/png'));
    const codes = [body.code, ...(body.errors ?? []).map((fault: { code: string }) => fault.code)];
    expect([status, codes]).toEqual([expect.any(Number), expect.arrayContaining([reason])]);
    expect([413, 415, 422]).toContain(status);
    const after = (await call('GET', `/v1/qr/${code.id}`)).body;
    expect(after.logoUrl).toBeNull();
  });
});
