/**
 * The routing of codes over HTTP, from the request that sets it to the scan that follows it.
 */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { Value } from '@sinclair/typebox/value';
import fc from 'fast-check';
import { routedTo } from '../../src/deciders/routing.ts';
import { RoutingInput } from '../../src/http/routing-schemas.ts';
import { routingChange, routingFrom, routingShown } from '../../src/http/routing-view.ts';
import { type Call, caller, iPhone } from '../support/client.ts';
import { type Program, startProgram } from '../support/program.ts';
import { places, refusal } from '../support/refusal.ts';
import { until } from '../support/until.ts';

let program: Program;
let call: Call;
beforeAll(async () => {
  program = await startProgram({ env: { APP_SCHEMES: 'exampleapp', BLOCKED_HOSTS: 'evil.example' } });
  call = caller(program.url, program.key);
});
afterAll(async () => void (await program?.stop()));

const destination = 'https://example.com/own';
const make = async (more: object = {}) =>
  (await call('POST', '/v1/qr/create', { json: { destination, ...more } })).body;
const change = (id: string, json: object) => call('PATCH', `/v1/qr/${id}`, { json });
const scan = async (path: string, headers: Record<string, string> = {}) => {
  const sent = { 'user-agent': iPhone, 'x-forwarded-for': '198.51.100.9', ...headers };
  return (await caller(program.url)('GET', `/${path}`, { headers: sent })).headers.get('location');
};
const eventsOf = async (id: string): Promise<string[]> =>
  (await call('GET', `/v1/events?stream=${id}`)).body.data.map(({ type }: { type: string }) => type);

const none = {
  ...{ rules: [], schedule: [], startsAt: null, expiresAt: null, maxScans: null, password: false, paused: null },
  ...{ parameters: { pass: 'none', add: {} }, appLinks: {} },
};
const german = { name: 'german', when: { languages: ['de'] }, destination: 'https://example.com/de' };

describe('a routing', () => {
  test('is shown in full, set in parts, and followed by the next scan', async () => {
    const { id, slug, routing } = await make();
    expect(routing).toEqual(none);
    const set = await change(id, { routing: { rules: [german], parameters: { pass: 'utm' } } });
    expect([set.status, set.body.routing]).toEqual([
      200,
      { ...none, rules: [german], parameters: { pass: 'utm', add: {} } },
    ]);
    expect(await scan(`${slug}?utm_source=x&y=1`, { 'accept-language': 'de' })).toBe(
      'https://example.com/de?utm_source=x',
    );
    expect(await scan(slug)).toBe(destination);
    expect((await call('GET', `/v1/qr/${id}`)).body.routing).toEqual(set.body.routing);
    expect((await change(id, { routing: { rules: null } })).body.routing.rules).toEqual([]);
    expect(await scan(slug, { 'accept-language': 'de' })).toBe(destination);
    expect(await eventsOf(id)).toEqual(['qr.created', 'qr.rules_changed', 'qr.parameters_changed', 'qr.rules_changed']);
  });

  test('is created with the code, and named in the scans that it led', async () => {
    const { id, slug, routing } = await make({ routing: { rules: [{ ...german, when: {} }] } });
    expect(routing.rules).toHaveLength(1);
    expect(await scan(slug)).toBe('https://example.com/de');
    const scans = () => call('GET', '/v1/events?type=scan.recorded');
    const found = await until(
      async () => (await scans()).body.data.find(({ data }: { data: { qr: string } }) => data.qr === id),
      5_000,
    );
    expect(found.data).toMatchObject({ rule: 'german', qrVersion: 2 });
  });

  test('changes a version only when something changes, and its history tells the parts', async () => {
    const { id } = await make();
    const first = await change(id, { routing: { maxScans: 5, paused: { fallback: null } } });
    expect(first.headers.get('etag')).toBe('"3"');
    expect((await change(id, { routing: { maxScans: 5 } })).headers.get('etag')).toBe('"3"');
    const { body } = await call('GET', `/v1/qr/${id}/history`);
    expect(body.data.slice(0, 2).map(({ changes }: { changes: unknown }) => changes)).toEqual([
      [{ field: 'routing.paused', from: null, to: { fallback: null } }],
      [{ field: 'routing.maxScans', from: null, to: 5 }],
    ]);
    const restored = await call('POST', `/v1/qr/${id}/restore`, { json: { version: 1 } });
    expect(restored.body.routing).toEqual(none);
  });

  test('is refused with every fault under its own pointer', async () => {
    const { id } = await make();
    const routing = {
      rules: [{ ...german, when: { languages: ['German'] }, destination: 'https://evil.example/' }],
      expiresAt: 'tomorrow',
      unknown: 1,
    };
    const answer = await change(id, { routing });
    expect(places(refusal(answer, 422, 'validation_failed')).sort()).toEqual(
      [
        ...['/routing/expiresAt pattern', '/routing/rules/0/when/languages/0 pattern'],
        '/routing/unknown unknown_property',
      ].sort(),
    );
    const long = 'y'.repeat(65);
    const nameless = await change(id, {
      routing: {
        rules: [{ ...german, when: { query: { '': null } } }],
        parameters: { add: { [long]: 'x' } },
      },
    });
    expect(places(refusal(nameless, 422, 'validation_failed')).sort()).toEqual([
      ...[`/routing/parameters/add/${long} pattern`, '/routing/rules/0/when/query/ pattern'],
    ]);
    const noDay = await change(id, { routing: { expiresAt: '2026-02-30T00:00:00Z' } });
    expect(places(refusal(noDay, 422, 'validation_failed'))).toEqual(['/routing/expiresAt format']);
    const rules = [{ ...german, destination: 'https://evil.example/' }, german];
    const blocked = await change(id, {
      label: 'a\nb',
      routing: { rules, startsAt: '2027-01-01T00:00:00Z', expiresAt: '2026-01-01T00:00:00Z' },
    });
    expect(places(refusal(blocked, 422, 'validation_failed')).sort()).toEqual(
      [
        ...['/label format', '/routing/expiresAt too_small', '/routing/rules/0/destination blocked'],
        ...['/routing/rules/0/name duplicate', '/routing/rules/1/name duplicate'],
      ].sort(),
    );
  });

  test('leads into apps by the schemes that the operator allows', async () => {
    const { id } = await make();
    expect((await change(id, { routing: { appLinks: { ios: 'exampleapp://x' } } })).status).toBe(200);
    const other = await change(id, { routing: { appLinks: { android: 'otherapp://x' } } });
    expect(places(refusal(other, 422, 'validation_failed'))).toEqual(['/routing/appLinks/android scheme']);
  });
});

describe('a password', () => {
  test('is kept as a hash, never shown, and opens the code', async () => {
    const { id, slug, routing } = await make({ routing: { password: 'correct horse' } });
    expect(routing.password).toBe(true);
    expect(JSON.stringify((await call('GET', `/v1/events?stream=${id}`)).body)).not.toContain('correct horse');
    const page = await caller(program.url)('GET', `/${slug}`);
    expect([page.status, page.headers.get('location')]).toEqual([200, null]);
    const raw = 'password=correct+horse';
    const headers = { 'content-type': 'application/x-www-form-urlencoded', 'user-agent': iPhone };
    const opened = await caller(program.url)('POST', `/${slug}`, { raw, headers });
    expect([opened.status, opened.headers.get('location')]).toEqual([303, destination]);
    expect((await change(id, { routing: { password: null } })).body.routing.password).toBe(false);
    expect(await scan(slug)).toBe(destination);
  });

  test('is not set for many codes at once', async () => {
    const json = { codes: [{ destination }, { destination, routing: { password: 'secret' } }] };
    const answer = await call('POST', '/v1/qr/bulk', { json });
    expect(places(refusal(answer, 422, 'validation_failed'))).toEqual(['/codes/1/routing/password not_allowed']);
  });
});

test('a limit holds exactly, however many come at once', async () => {
  const { slug } = await make({ routing: { maxScans: 7 } });
  const locations = await Promise.all(Array.from({ length: 40 }, () => scan(slug)));
  expect(locations.filter(location => location !== null)).toHaveLength(7);
});

describe('another slug', () => {
  test('is shown from now on, and the one before goes on working', async () => {
    const { id, slug } = await make();
    const { status, body } = await change(id, { slug: `new-${slug}` });
    expect([status, body.slug, body.formerSlugs.map((former: { slug: string }) => former.slug)]).toEqual([
      200,
      `new-${slug}`,
      [slug],
    ]);
    for (const known of [slug, `new-${slug}`, `NEW-${slug}`]) expect(await scan(known)).toBe(destination);
    const back = await change(id, { slug });
    expect([back.body.slug, back.body.formerSlugs[0].slug]).toEqual([slug, `new-${slug}`]);
    await change(id, { destination: 'https://example.com/later' });
    for (const known of [slug, `new-${slug}`]) expect(await scan(known)).toBe('https://example.com/later');
  });

  test('is never one that another code has, or had', async () => {
    const [one, two] = [await make(), await make()];
    await change(one.id, { slug: `moved-${one.slug}` });
    await call('DELETE', `/v1/qr/${one.id}`);
    for (const slug of [one.slug, `Moved-${one.slug}`]) {
      const problem = refusal(await change(two.id, { slug }), 409, 'slug_taken');
      expect(places(problem)).toEqual(['/slug taken']);
    }
    expect(
      refusal(await call('POST', '/v1/qr/create', { json: { destination, slug: one.slug } }), 409, 'slug_taken'),
    ).toBeDefined();
  });
});

test('what is shown can be sent back and means the same', async () => {
  const shape = fc.record(
    {
      maxScans: fc.option(fc.integer({ min: 1, max: 9 })),
      startsAt: fc.option(fc.constantFrom('2026-04-08T12:00:00Z', '2026-04-08T12:00:00.5+02:00')),
      paused: fc.option(fc.record({ fallback: fc.constantFrom(null, destination) })),
      rules: fc.option(
        fc.subarray([german, { ...german, name: 'x', when: { from: '2026-01-01T00:00:00Z', query: { a: null } } }]),
      ),
      parameters: fc.option(fc.constantFrom({ pass: 'all' as const }, { add: { a: 'b' } })),
    },
    { requiredKeys: [] },
  );
  await fc.assert(
    fc.asyncProperty(shape, async input => {
      const change = (await routingChange(input as RoutingInput))!;
      const routing = routedTo({}, change);
      const { password, ...shown } = routingShown(routing);
      expect(Value.Check(RoutingInput, shown)).toBe(true);
      expect([password, routingFrom(shown as RoutingInput).faults]).toEqual([false, []]);
      expect(routedTo({}, routingFrom(shown as RoutingInput).change)).toStrictEqual(routing);
    }),
  );
});
