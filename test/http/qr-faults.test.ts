import { beforeAll, describe, expect, test } from 'bun:test';
import { hostRules, noHosts } from '../../src/deciders/destination.ts';
import { alone, faultsIn, faultsInChange, inCodes, rowsOf } from '../../src/http/qr-faults.ts';
import { type Call, caller } from '../support/client.ts';
import type { Place } from '../support/program.ts';
import { places, refusal } from '../support/refusal.ts';
import { sharedProgram } from '../support/shared-program.ts';

let program: Place;
let call: Call;

beforeAll(async () => {
  program = await sharedProgram();
  call = caller(program.url, program.key);
});

const destination = 'https://example.com/landing';
const create = async (json: unknown) =>
  refusal(await call('POST', '/v1/qr/create', { json }), 422, 'validation_failed');
const bulk = async (codes: unknown) =>
  refusal(await call('POST', '/v1/qr/bulk', { json: { codes } }), 422, 'validation_failed');
const isEmpty = async () => expect((await call('GET', '/v1/qr')).body.total).toBe(0);

describe('a code that breaks a rule', () => {
  const long = (length: number) => `https://example.com/${'a'.repeat(length - 20)}`;

  test.each([
    ['javascript:alert(1)', 'scheme'],
    ['JavaScript:alert(1)', 'scheme'],
    ['data:text/html,<script>alert(1)</script>', 'scheme'],
    ['file:///etc/passwd', 'scheme'],
    ['ftp://example.com/', 'scheme'],
    ['https://user:secret@example.com/', 'credentials'],
    ['https://user@example.com/', 'credentials'],
    ['example.com/landing', 'format'],
    ['//example.com/landing', 'format'],
    ['https://', 'format'],
    ['https://exa mple.com/', 'format'],
    [' https://example.com/', 'format'],
    ['https://example.com/\u0000', 'format'],
    ['https://example.com/\ud800', 'format'],
    ['java\nscript:alert(1)', 'format'],
    ['', 'too_short'],
  ])('is refused for its destination %j', async (value, code) => {
    expect(places(await create({ destination: value }))).toEqual([`/destination ${code}`]);
    const made = faultsIn(noHosts, [{ destination: value }], alone);
    expect(made.map(fault => fault.pointer)).toEqual(['/destination']);
  });

  test('is refused for leading back to this host, however that is written', async () => {
    const { port } = new URL(program.url);
    for (const host of [`localhost:${port}`, `LOCALHOST:${port}`, `localhost.:${port}`, `127.0.0.1:${port}`]) {
      expect(places(await create({ destination: `http://${host}/abc` }))).toEqual(['/destination own_host']);
    }
  });

  test.each(['admin', 'DOCS', 'v1', 'openapi', 'metrics'])('is refused for the reserved slug %s', async slug => {
    expect(places(await create({ destination, slug }))).toEqual(['/slug reserved']);
  });

  test.each(['a', '-ab', 'ab-', 'a b', 'ä1', 'a/b', 'a.b', '..', 'a'.repeat(65), ''])(
    'is refused for the impossible slug %j',
    async slug => {
      expect(places(await create({ destination, slug }))).toEqual(['/slug pattern']);
    },
  );

  test.each(['a\u0000b', 'a\nb', '\u001b[31m', 'half \ud83d of a pair'])('is refused for the label %j', async label => {
    expect(places(await create({ destination, label }))).toEqual(['/label format']);
  });

  test('hears of its unknown fields, wrong types and broken rules in one answer', async () => {
    const json = {
      type: 'pdf',
      destinaton: 1,
      destination: 'javascript:x',
      slug: 'admin',
      label: 7,
      style: { dotColor: 'red' },
    };
    expect(places(await create(json)).sort()).toEqual([
      '/destination scheme',
      '/destinaton unknown_property',
      '/label type',
      '/slug reserved',
      '/style/dotColor pattern',
      '/type not_allowed',
    ]);
  });

  test('may have a destination of 2,048 characters and none of 2,049', async () => {
    expect(places(await create({ destination: long(2_049) }))).toEqual(['/destination too_long']);
    expect(faultsIn(noHosts, [{ destination: long(2_048) }], alone)).toEqual([]);
  });
});

describe('a bulk call', () => {
  test('with a bad row among 999 creates nothing and lists every fault', async () => {
    const codes: object[] = Array.from({ length: 1_000 }, (_, i) => ({ destination: `${destination}/${i}` }));
    codes[500] = { destination: 'javascript:alert(1)', lable: 'x', slug: 'Admin' };
    expect(places(await bulk(codes)).sort()).toEqual([
      '/codes/500/destination scheme',
      '/codes/500/lable unknown_property',
      '/codes/500/slug reserved',
    ]);
    await isEmpty();
  });

  test('names each of many bad rows', async () => {
    const codes = Array.from({ length: 200 }, (_, i) => (i % 2 ? { destination } : { destination: i }));
    const faults = await bulk(codes);
    expect(places(faults)).toEqual(Array.from({ length: 100 }, (_, i) => `/codes/${2 * i}/destination type`));
    await isEmpty();
  });

  test('that asks for a slug twice is told where', async () => {
    const codes = [{ destination, slug: 'twin' }, { destination }, { destination, slug: 'TWIN' }];
    const [fault] = await bulk(codes);
    expect(fault).toMatchObject({ pointer: '/codes/2/slug', code: 'duplicate' });
    expect(fault!.detail).toContain('/codes/0/slug');
    await isEmpty();
  });

  test('of 10,001 codes is refused, of none and of no list too', async () => {
    const codes = Array.from({ length: 10_001 }, (_, i) => ({ destination: `${destination}/${i}` }));
    expect(places(await bulk(codes))).toEqual(['/codes too_many']);
    expect(places(await bulk([]))).toEqual(['/codes too_few']);
    expect(places(await bulk({ 0: { destination } }))).toEqual(['/codes type']);
    expect(places(await bulk([null, 1, 'x', []]))).toEqual([
      '/codes/0 type',
      '/codes/1 type',
      '/codes/2 type',
      '/codes/3 type',
    ]);
    await isEmpty();
  });
});

describe('what a code holds', () => {
  const found = (input: unknown) => places(faultsIn(hostRules({ own: ['qr.example'] }), [input], alone));

  test('is asked for by its type, and an unknown type asks for nothing', () => {
    expect(found({})).toEqual(['/destination required']);
    expect(found({ type: 'wifi' })).toEqual(['/content required']);
    expect(found({ type: 'wlan', content: { ssid: 5 } })).toEqual([]);
    expect(found({ type: 'wifi', content: { ssid: 5 }, label: 'a\nb' })).toEqual([
      '/content/ssid type',
      '/label format',
    ]);
    expect(found({ content: { ssid: 'Guests' }, destination })).toEqual(['/content not_allowed']);
  });

  test('has to fit into a static code, and a static code takes no slug', () => {
    const text = 'a'.repeat(2_400);
    const json = { type: 'text', content: { text }, static: true };
    expect(found(json)).toEqual(['/style/errorCorrection too_high']);
    expect(found({ ...json, style: { errorCorrection: 'L' } })).toEqual([]);
    expect(found({ ...json, slug: 'mine', style: { errorCorrection: 'L' } })).toEqual(['/slug not_allowed']);
    expect(found({ ...json, static: 'yes' })).toEqual([]);
  });

  test('may be nested as deeply as a body can be, and is refused like anything else', async () => {
    const deep = `{"ssid":${'['.repeat(200_000)}${']'.repeat(200_000)}}`;
    const raw = `{"type":"wifi","content":${deep}}`;
    const headers = { 'content-type': 'application/json' };
    const answer = await call('POST', '/v1/qr/create', { raw, headers });
    expect(places(refusal(answer, 422, 'validation_failed'))).toEqual(['/content/ssid type']);
  });
});

test('of a change, destination and label are looked at before the code is', () => {
  const found = (body: unknown) => places(faultsInChange(hostRules({ own: ['qr.example'] }), body));
  expect(found({ destination: 'javascript:x', label: 'a\nb', content: 5 })).toEqual([
    '/destination scheme',
    '/label format',
  ]);
  for (const body of [
    null,
    undefined,
    1,
    'x',
    [],
    {},
    { destination: 1 },
    { destination, label: null },
    { content: {} },
  ])
    expect(found(body)).toEqual([]);
});

test('rows are looked for in any body', () => {
  for (const body of [null, undefined, 1, 'codes', [], {}, { codes: 1 }, { codes: null }])
    expect(rowsOf(body)).toEqual([]);
  expect(rowsOf({ codes: Array(10_001).fill({}) })).toEqual([]);
  expect(faultsIn(noHosts, [null, undefined, 1, 'x', [], { slug: 1, destination: null, label: {} }], inCodes)).toEqual(
    [],
  );
});
