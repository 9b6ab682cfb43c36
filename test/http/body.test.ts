import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { bodyOf, plainBytesMax } from '../../src/http/body.ts';
import { bodyBytesMax } from '../../src/runtime.ts';
import { faultsOf, problemOf } from '../support/problem-of.ts';

type Body = string | Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array> | null;
const sent = (body: Body, headers: Record<string, string> = { 'content-type': 'application/json' }, path = '/v1/x') =>
  new Request(`http://localhost${path}`, { method: 'POST', body, headers });
/** A body without an announced length, in pieces of 64 KiB; tells how many of them were taken. */
function streamed(bytes: number) {
  const piece = new Uint8Array(64 * 1024).fill(0x20);
  let left = Math.ceil(bytes / piece.length);
  const all = left;
  const body = new ReadableStream<Uint8Array>({
    pull: controller => {
      if (left-- > 0) controller.enqueue(piece);
      else controller.close();
    },
  });
  return { body, taken: () => (all - left) * piece.length };
}

describe('a body', () => {
  test('that is JSON comes out as it was meant', async () => {
    await fc.assert(
      fc.asyncProperty(fc.jsonValue({ noUnicodeString: false } as object), async value => {
        expect(await bodyOf(sent(JSON.stringify(value)))).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });

  test('is not unpacked', async () => {
    const headers = { 'content-type': 'application/json', 'content-encoding': 'gzip' };
    const problem = await problemOf(bodyOf(sent('{}', headers)));
    expect(problem).toMatchObject({ code: 'unsupported_media_type', headers: { 'accept-encoding': 'identity' } });
    expect(await bodyOf(sent('{}', { ...headers, 'content-encoding': 'identity' }))).toEqual({});
  });

  test.each([
    'application/json',
    'application/json; charset=utf-8',
    'APPLICATION/JSON',
    'application/merge-patch+json',
    'application/json ;a=b',
  ])('may be of the type %j', async type => {
    expect(await bodyOf(sent('{"a":1}', { 'content-type': type }))).toEqual({ a: 1 });
  });

  test.each([
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'application/jsonx',
    'json',
  ])('may not be of the type %j', async type => {
    const problem = await problemOf(bodyOf(sent('{"a":1}', { 'content-type': type })));
    expect(problem).toMatchObject({ code: 'unsupported_media_type', status: 415 });
  });

  test('needs a type', async () => {
    const bytes = new TextEncoder().encode('{}');
    expect((await problemOf(bodyOf(sent(bytes, {})))).code).toBe('unsupported_media_type');
  });

  test.each(['', ' ', '\n', '{', '{"a":1,}', '{"a":1} x', "{'a':1}", 'undefined', 'NaN', '[1', '"half', '\u0000'])(
    '%j is malformed',
    async text => {
      expect(await problemOf(bodyOf(sent(text)))).toMatchObject({ code: 'malformed_json', status: 400 });
    },
  );

  test('that is not UTF-8 is malformed instead of being guessed at', async () => {
    const latin = new Uint8Array([0x22, 0xfc, 0x22]);
    expect((await problemOf(bodyOf(sent(latin)))).code).toBe('malformed_json');
  });

  test('may begin with a byte order mark', async () => {
    expect(await bodyOf(sent('\ufeff{"a":1}'))).toEqual({ a: 1 });
  });

  test('that is nested without end is read or refused, and nothing else happens', async () => {
    const deep = '['.repeat(200_000);
    expect((await problemOf(bodyOf(sent(deep)))).code).toBe('malformed_json');
  });

  test('may be absent from a DELETE only', async () => {
    const remove = new Request('http://localhost/v1/qr/1', { method: 'DELETE' });
    expect(await bodyOf(remove)).toBeUndefined();
    const create = new Request('http://localhost/v1/qr/create', { method: 'POST' });
    expect((await problemOf(bodyOf(create))).code).toBe('malformed_json');
  });

  test('of a DELETE names no property, unless it is of many codes', async () => {
    const remove = (path: string, body: unknown) =>
      bodyOf(
        new Request(`http://localhost${path}`, {
          method: 'DELETE',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify(body),
        }),
      );
    expect(await remove('/v1/qr/1', {})).toEqual({});
    expect(await remove('/v1/qr/bulk', { ids: ['1'] })).toEqual({ ids: ['1'] });
    const problem = await problemOf(remove('/v1/qr/1', { dryRun: true, 'a/b': 1 }));
    expect(faultsOf(problem)).toEqual(['/dryRun unknown_property', '/a~1b unknown_property']);
  });
});

describe('a body that is too large', () => {
  const exactly = (bytes: number) => `"${'a'.repeat(bytes - 2)}"`;

  test('is one byte more than the limit of its route', async () => {
    expect(await bodyOf(sent(exactly(plainBytesMax)))).toBeString();
    const problem = await problemOf(bodyOf(sent(exactly(plainBytesMax + 1))));
    expect(problem).toMatchObject({ code: 'payload_too_large', status: 413 });
    expect(problem.message).toContain('1,048,576');
    expect(await bodyOf(sent(exactly(plainBytesMax + 1), undefined, '/v1/qr/bulk'))).toBeString();
  });

  test('is refused by the length it announces, before it is read', async () => {
    const { body, taken } = streamed(plainBytesMax);
    const headers = { 'content-type': 'application/json', 'content-length': String(bodyBytesMax + 1) };
    expect((await problemOf(bodyOf(sent(body, headers, '/v1/qr/bulk')))).code).toBe('payload_too_large');
    expect(taken()).toBeLessThanOrEqual(2 * 64 * 1024);
  });

  test('is not read to its end when it announces no length', async () => {
    const { body, taken } = streamed(16 * plainBytesMax);
    expect((await problemOf(bodyOf(sent(body)))).code).toBe('payload_too_large');
    expect(taken()).toBeLessThan(2 * plainBytesMax);
  });
});
