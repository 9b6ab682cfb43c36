import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { type Call, caller, iPhone } from '../support/client.ts';
import { callerWith } from '../support/keys.ts';
import { type Program, startProgram } from '../support/program.ts';
import { refusal } from '../support/refusal.ts';
import { anotherOrganization, organizationOf } from '../support/tenants.ts';
import { until } from '../support/until.ts';

let program: Program;
let call: Call;
let org: string;

beforeAll(async () => {
  program = await startProgram({ env: { APP_SCHEMES: 'exampleapp' } });
  call = caller(program.url, program.key);
  org = await organizationOf(program);
});
afterAll(async () => {
  await program?.stop();
});

const make = async (json: object) => (await call('POST', '/v1/qr/create', { json })).body;
const pixel =
  'Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/124.0 Mobile Safari/537.36';
const googlebot = 'Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)';

/** Visits a slug; the position of the scan that was recorded. */
async function scanned(slug: string, agent = iPhone): Promise<number> {
  await caller(program.url)('GET', `/${slug}`, { headers: { 'user-agent': agent, 'x-forwarded-for': '8.8.8.8' } });
  const { body } = await call('GET', '/v1/events?type=scan.recorded&limit=1000');
  return body.data.at(-1).position;
}
const explain = (position: number | string, by = call) => by('GET', `/v1/scans/${position}/explain`);

describe('a scan is explained', () => {
  test('by what was served, at which version, and who published that when', async () => {
    const { id, slug } = await make({ destination: 'https://example.com/1' });
    const editor = await callerWith(program, org, { name: 'Shop floor', scope: 'write' });
    const change = await editor('PATCH', `/v1/qr/${id}`, { json: { destination: 'https://example.com/2' } });
    await call('PATCH', `/v1/qr/${id}`, { json: { label: 'renamed since' } });
    const position = await scanned(slug);
    const { status, body } = await explain(position);
    expect(status).toBe(200);
    expect(body).toMatchObject({
      position,
      kind: 'scan',
      served: { version: 3, rule: null, destination: 'https://example.com/2' },
      code: { id, version: 3, destination: 'https://example.com/2', label: 'renamed since' },
      published: {
        version: 2,
        type: 'qr.retargeted',
        actor: { kind: 'key', name: 'Shop floor' },
        request: change.headers.get('x-request-id'),
        changes: [{ field: 'destination', from: 'https://example.com/1', to: 'https://example.com/2' }],
      },
      isCurrent: true,
    });
    expect(Date.parse(body.at)).toBeGreaterThanOrEqual(Date.parse(body.published.at));
    await call('PATCH', `/v1/qr/${id}`, { json: { destination: 'https://example.com/3' } });
    expect((await explain(position)).body).toEqual({ ...body, isCurrent: false });
    await call('PATCH', `/v1/qr/${id}`, { json: { destination: 'https://example.com/2' } });
    expect((await explain(position)).body.isCurrent).toBe(true);
    await call('DELETE', `/v1/qr/${id}`);
    expect((await explain(position)).body).toEqual({ ...body, isCurrent: false });
  });

  test('of a content by the one that was shown', async () => {
    const { id, slug } = await make({ type: 'text', content: { text: 'Table 12' } });
    const position = await scanned(slug);
    await call('PATCH', `/v1/qr/${id}`, { json: { content: { text: 'Table 13' } } });
    expect((await explain(position)).body).toMatchObject({
      served: { version: 1, destination: null },
      code: { content: { text: 'Table 12' } },
      published: { version: 1, type: 'qr.created' },
      isCurrent: false,
    });
  });

  test('also where it was not counted, and after the code was deleted and restored', async () => {
    const { id, slug } = await make({ destination: 'https://example.com/' });
    await call('DELETE', `/v1/qr/${id}`);
    await call('POST', `/v1/qr/${id}/restore`, { json: {} });
    const position = await scanned(slug, googlebot);
    expect((await explain(position)).body).toMatchObject({
      kind: 'bot',
      served: { version: 3 },
      published: { version: 3, type: 'qr.restored', restoredVersion: 1 },
    });
  });
});

describe('a scan that was led elsewhere is explained', () => {
  const own = 'https://example.com/own';
  const there = 'https://example.com/there';
  const past = () => new Date(Date.now() - 60_000).toISOString();
  const anyone = { name: 'all', when: {}, destination: there };
  const split = ['a', 'b'].map(name => ({ name, weight: 1, destination: there }));
  const kinds = [
    ['all', 'qr.rules_changed', { rules: [anyone] }, { rules: null }],
    ['ios', 'qr.rules_changed', { rules: [{ ...anyone, name: 'ios', when: { systems: ['iOS'] } }] }, { rules: null }],
    ['split/', 'qr.rules_changed', { rules: [{ name: 'split', when: {}, split }] }, { rules: null }],
    ['@ios', 'qr.deep_linked', { appLinks: { ios: there } }, { appLinks: null }],
    ['@ios', 'qr.deep_linked', { appLinks: { ios: 'exampleapp://there' } }, { appLinks: null }],
    ['@android', 'qr.deep_linked', { appLinks: { android: there } }, { appLinks: null }],
    ['@paused', 'qr.paused', { paused: { fallback: there } }, { paused: null }],
  ] as const;

  test.each(kinds)('by %s: %s', async (rule, type, routing, without) => {
    const { id, slug } = await make({ destination: own });
    await call('PATCH', `/v1/qr/${id}`, { json: { routing } });
    await call('PATCH', `/v1/qr/${id}`, { json: { label: 'renamed since' } });
    const position = await scanned(slug, rule === '@android' ? pixel : iPhone);
    const { body } = await explain(position);
    const destination = JSON.stringify(routing).includes('exampleapp') ? 'exampleapp://there' : there;
    expect(body).toMatchObject({ published: { version: 2, type }, isCurrent: true, code: { destination: own } });
    expect(body.served).toMatchObject({ version: 3, rule: expect.stringContaining(rule), destination });
    expect((await call('GET', `/v1/qr/${id}`)).body.destination).toBe(own);
    await call('PATCH', `/v1/qr/${id}`, { json: { routing: without } });
    expect((await explain(position)).body).toEqual({ ...body, isCurrent: false });
    // What follows was the code's own, until nobody is led there any more.
    const after = await scanned(slug);
    const plain = { served: { version: 4, rule: null, destination: own }, published: { version: 1 }, isCurrent: true };
    expect((await explain(after)).body).toMatchObject(plain);
    await call('PATCH', `/v1/qr/${id}`, { json: { routing: { paused: { fallback: null } } } });
    expect((await explain(after)).body.isCurrent).toBe(false);
    const expired = { routing: { paused: null, expiresAt: past() } };
    expect((await call('PATCH', `/v1/qr/${id}`, { json: expired })).status).toBe(200);
    expect((await explain(after)).body.isCurrent).toBe(false);
  });

  test('by what was planned, also when that has become a fact', async () => {
    const { id, slug } = await make({ destination: own });
    const at = Date.now() + 1_000;
    const schedule = [{ at: new Date(at).toISOString(), destination: there }];
    await call('PATCH', `/v1/qr/${id}`, { json: { routing: { schedule } } });
    const before = await scanned(slug);
    await until(() => Date.now() > at, 5_000);
    const { body } = await explain(await scanned(slug));
    expect(body).toMatchObject({ served: { destination: there }, isCurrent: true });
    const { rule } = body.served;
    expect(body.published.type).toBe(rule === '@schedule' ? 'qr.scheduled' : 'qr.retargeted');
    await until(async () => (await call('GET', `/v1/qr/${id}`)).body.destination === there, 5_000);
    expect((await explain(body.position)).body.isCurrent).toBe(true);
    expect((await explain(before)).body).toMatchObject({ served: { destination: own }, isCurrent: false });
  });

  test('by its rule as it was changed last, for whom it was changed', async () => {
    const { id, slug } = await make({
      destination: own,
      routing: { rules: [{ ...anyone, when: { systems: ['Windows'] } }] },
    });
    await call('PATCH', `/v1/qr/${id}`, { json: { routing: { rules: [anyone] } } });
    const { body } = await explain(await scanned(slug));
    expect(body).toMatchObject({ served: { rule: 'all', destination: there }, published: { version: 3 } });
  });
});

describe('a scan is not there', () => {
  test('at a position of something else, or of nothing, or that is none', async () => {
    const { body } = await call('GET', '/v1/events?limit=1');
    for (const position of [body.data[0].position, 0, 999_999_999, '1e3', '-1', 'x', '9'.repeat(30)]) {
      refusal(await explain(position), 404, 'not_found');
    }
  });

  test('for another organisation, for a test key, or for a key that does not see the code', async () => {
    const { id, slug } = await make({ destination: 'https://example.com/' });
    const position = await scanned(slug);
    const { org: foreign } = await anotherOrganization(program);
    const [stranger, tester, narrow, auditor, reader] = await Promise.all([
      callerWith(program, foreign),
      callerWith(program, org, { mode: 'test' }),
      callerWith(program, org, { tags: ['summer'] }),
      callerWith(program, org, { scope: 'audit' }),
      callerWith(program, org, { scope: 'read' }),
    ]);
    for (const call of [stranger, tester]) refusal(await explain(position, call), 404, 'not_found');
    const { body } = await explain(position, narrow);
    expect([body.code, body.detail]).toEqual(['not_found', 'There is no such scan.']);
    await call('PATCH', `/v1/qr/${id}`, { json: { tags: ['summer'] } });
    expect((await explain(position, narrow)).status).toBe(200);
    expect((await explain(position, auditor)).status).toBe(200);
    refusal(await explain(position, reader), 403, 'scope_missing');
  });
});
