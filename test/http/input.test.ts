import { beforeAll, describe, expect, test } from 'bun:test';
import { Type } from '@sinclair/typebox';
import fc from 'fast-check';
import { accepts, faultsMax } from '../../src/http/input.ts';
import type { Problem } from '../../src/problem.ts';
import { type Answer, type Call, caller } from '../support/client.ts';
import { problemOf } from '../support/problem-of.ts';
import type { Place } from '../support/program.ts';
import { places, refusal } from '../support/refusal.ts';
import { sharedProgram } from '../support/shared-program.ts';
import { liftLimits } from '../support/tenants.ts';

let program: Place;
let call: Call;
let id: string;

beforeAll(async () => {
  program = await sharedProgram();
  call = caller(program.url, program.key);
  await liftLimits(program);
  const made = await call('POST', '/v1/qr/create', { json: { destination: 'https://example.com/' } });
  id = made.body.id;
});

test.each([
  ['/v1/qr', '?limit=0&createdFrom=yesterday&cursor=x&other=1'],
  ['/v1/events', '?limit=0&from=nonsense&type=foo'],
  ['/v1/scans', '?limit=0&from=nonsense&cursor=zz'],
  ['/v1/scans/export', '?format=xml&from=x'],
  ['/v1/analytics', '?interval=minute&tz=Mars&from=2026-02-30'],
  ['/v1/qr/:id/analytics', '?interval=minute&tz=Mars&to=2026-02-30'],
  ['/v1/webhooks', '?limit=0&cursor=x'],
  ['/v1/domains', '?limit=0&cursor=x'],
])('a query of %s is refused for everything that is wrong with it at once: %s', async (path, query) => {
  const answer = await call('GET', path.replace(':id', id) + query);
  const faulty = places(refusal(answer, 422, 'validation_failed')).map(place => place.split(' ')[0]);
  expect(faulty.sort()).toEqual([...new URLSearchParams(query).keys()].map(name => `?${name}`).sort());
});

const writes = (): [string, string][] => [
  ['POST', '/v1/qr/create'],
  ['POST', '/v1/qr/bulk'],
  ['PATCH', `/v1/qr/${id}`],
];
const send = (method: string, path: string, raw: string | Uint8Array<ArrayBuffer>, type = 'application/json') =>
  call(method, path, { raw, headers: { 'content-type': type } });
const everywhere = async (raw: string | Uint8Array<ArrayBuffer>, look: (answer: Answer) => void) => {
  for (const [method, path] of writes()) look(await send(method, path, raw));
};

describe('a body', () => {
  test.each(['{', '{"destination":}', "{'a':1}", '{"a":1,}', '{"a":1}{', 'undefined', 'NaN', '\u0000', '"'])(
    'that is no JSON is malformed: %j',
    text => everywhere(text, answer => refusal(answer, 400, 'malformed_json')),
  );

  test.each(['', ' ', '\n\t'])('that is empty is malformed: %j', text =>
    everywhere(text, answer => refusal(answer, 400, 'malformed_json')),
  );

  test('that is not UTF-8 is malformed, not repaired', () =>
    everywhere(Uint8Array.from(Buffer.from('7b2261223a22fffe227d', 'hex')), answer =>
      refusal(answer, 400, 'malformed_json'),
    ));

  test.each(['[]', 'null', 'true', '1', '1e999', '-0', '"text"', '[{}]'])('that is no object is refused: %s', text =>
    everywhere(text, answer => {
      expect(places(refusal(answer, 422, 'validation_failed'))).toEqual([' type']);
    }),
  );

  test('may have no key that means something to the language', () =>
    everywhere('{"__proto__":{"destination":"https://example.com/"},"constructor":1,"toString":2}', answer => {
      const found = places(refusal(answer, 422, 'validation_failed'));
      expect(found).toContain('/__proto__ unknown_property');
      expect(found).toContain('/constructor unknown_property');
      expect(found).toContain('/toString unknown_property');
    }));

  test.each([
    ['DELETE', '/v1/qr/bulk', { ids: ['\0'] }, '/ids/0'],
    ['PATCH', '/v1/qr/bulk', { codes: [{ id: 'x\0', label: 'A' }] }, '/codes/0/id'],
    ['POST', '/v1/qr/sheet', { search: 'a\0b' }, '/search'],
    ['POST', '/v1/exclusions', { utmSource: '\ud83d' }, '/utmSource'],
    ['POST', '/v1/webhooks', { url: 'https://example.com/\0', events: ['*'] }, '/url'],
    ['POST', '/v1/qr/create', { destination: 'https://example.com/', styleId: '\0' }, '/styleId'],
  ])('has no text with what no text has: %s %s %j', async (method, path, json, place) => {
    expect(places(refusal(await call(method, path, { json }), 422, 'validation_failed'))).toEqual([`${place} format`]);
  });

  test.each([
    ['arrays', '['.repeat(10_000) + ']'.repeat(10_000)],
    ['objects', `${'{"a":'.repeat(10_000)}1${'}'.repeat(10_000)}`],
    ['a destination', `{"destination":${'['.repeat(10_000)}${']'.repeat(10_000)}}`],
    ['a row', `{"codes":[${'{"style":'.repeat(10_000)}1${'}'.repeat(10_000)}]}`],
    ['half a million arrays', '['.repeat(500_000) + ']'.repeat(500_000)],
  ])('nested ten thousand deep is refused and costs nothing: %s', (_, text) =>
    everywhere(text, answer => {
      expect([400, 422]).toContain(answer.status);
      refusal(answer, answer.status, answer.status === 400 ? 'malformed_json' : 'validation_failed');
    }),
  );

  test('of another type or of none is refused before it is read', async () => {
    for (const type of [
      'text/plain',
      'application/xml',
      'multipart/form-data; boundary=x',
      'application/x-www-form-urlencoded',
    ]) {
      for (const [method, path] of writes())
        refusal(await send(method, path, '{}', type), 415, 'unsupported_media_type');
    }
  });

  test('with a charset and a suffix is JSON all the same', async () => {
    const text = '{"destination":"https://example.com/"}';
    for (const type of ['application/json; charset=utf-8', 'application/vnd.api+json', 'APPLICATION/JSON']) {
      expect((await send('POST', '/v1/qr/create', text, type)).status).toBe(201);
    }
  });

  test('of more than a megabyte is too large for one code', async () => {
    const text = JSON.stringify({ destination: 'https://example.com/', label: 'x'.repeat(1_100_000) });
    refusal(await send('POST', '/v1/qr/create', text), 413, 'payload_too_large');
    refusal(await send('PATCH', `/v1/qr/${id}`, text), 413, 'payload_too_large');
    refusal(await send('POST', '/v1/qr/bulk', text), 422, 'validation_failed');
  });

  test('of more than 32 megabytes is too large for any', async () => {
    refusal(await send('POST', '/v1/qr/bulk', ' '.repeat(33 * 1024 * 1024)), 413, 'payload_too_large');
  });

  test('with a million bad rows is answered with a list that has an end', async () => {
    const text = `{"codes":[${'0,'.repeat(1_000_000)}0]}`;
    const faults = refusal(await send('POST', '/v1/qr/bulk', text), 422, 'validation_failed');
    expect(faults[0]).toMatchObject({ pointer: '/codes', code: 'too_many' });
    expect(faults.length).toBeLessThanOrEqual(faultsMax);
  });
});

test('whatever is sent, the answer is one of ours and never a 5xx', async () => {
  const words = ['destination', 'label', 'slug', 'style', 'type', 'codes', 'dotColor', 'bgColor', '__proto__', 'url'];
  const key = fc.oneof(fc.constantFrom(...words), fc.string({ unit: 'binary' }));
  const text = fc.oneof(
    fc.webUrl({ withQueryParameters: true, withFragments: true }),
    fc.string({ unit: 'binary' }),
    fc.constantFrom('url', '#fff', 'admin', 'javascript:1', 'http://localhost', 'https://ü.example/ü', '\ud800'),
  );
  const { body } = fc.letrec(tie => ({
    body: fc.oneof({ maxDepth: 4 }, fc.dictionary(key, tie('value'), { maxKeys: 6 }), tie('value')),
    value: fc.oneof(
      { maxDepth: 4 },
      text,
      fc.double(),
      fc.boolean(),
      fc.constant(null),
      fc.array(tie('body'), { maxLength: 4 }),
      fc.dictionary(key, tie('value'), { maxKeys: 5 }),
    ),
  }));
  const valid = fc.record(
    { destination: fc.webUrl(), label: fc.string({ unit: 'binary' }), slug: fc.string() },
    { requiredKeys: ['destination'] },
  );
  const sent = fc.oneof(body, valid, fc.record({ codes: fc.array(valid, { maxLength: 5 }) }));
  await fc.assert(
    fc.asyncProperty(fc.nat(2), sent, async (route, json) => {
      const [method, path] = writes()[route]!;
      const answer = await call(method, path, { json });
      if (answer.status >= 300) refusal(answer, answer.status, answer.body.code);
      expect(answer.status).toBeLessThan(500);
      expect(answer.headers.get('x-request-id')).toMatch(/^req_/);
    }),
    { numRuns: 700 },
  );
  expect((await call('GET', '/v1/qr')).status).toBe(200);
  const { body: ready } = await call('GET', '/readyz?verbose');
  expect(ready.projections.filter((projection: object) => 'poisoned' in projection)).toEqual([]);
}, 180_000);

describe('accepts', () => {
  const schema = Type.Object({ a: Type.Integer() }, { additionalProperties: false });
  const refused = (body: unknown, rules?: Parameters<typeof accepts>[1]): Promise<Problem> =>
    problemOf(() => accepts(schema, rules).transform({ body }));

  test('lists the faults of schema and rules together, the schema first and once for each place', async () => {
    const rules = () => [
      { pointer: '/a', code: 'rule', detail: 'a rule' },
      { pointer: '/b', code: 'rule', detail: 'b rule' },
    ];
    expect(places((await refused({ a: 'x' }, rules)).errors)).toEqual(['/a type', '/b rule']);
    expect(places((await refused({ a: 1 }, rules)).errors)).toEqual(['/a rule', '/b rule']);
  });

  test('waits for rules that look at many things', async () => {
    const rules = async () => [{ pointer: '/b', code: 'rule', detail: 'b rule' }];
    expect(places((await refused({ a: 'x' }, rules)).errors)).toEqual(['/a type', '/b rule']);
  });

  test('lets through what neither has anything against', async () => {
    expect(await accepts(schema).transform({ body: { a: 1 } })).toBeUndefined();
  });
});
