/**
 * Domains of one's own, from the name to the scan: proven by a real DNS answer, with slugs and pages of their own, and
 * nothing of the service on them.
 */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { type Call, caller, iPhone } from '../support/client.ts';
import { dnsServer, type TestDns } from '../support/dns.ts';
import { type Program, startProgram } from '../support/program.ts';
import { places, refusal } from '../support/refusal.ts';
import { stranger } from '../support/tenants.ts';

let dns: TestDns;
let program: Program;
let call: Call;
beforeAll(async () => {
  dns = await dnsServer();
  program = await startProgram({ env: { DNS_SERVERS: dns.address } });
  call = caller(program.url, program.key);
});
afterAll(async () => {
  await program?.stop();
  await dns.close();
});

const destination = 'https://example.com/';
const add = (host: string, by = call) => by('POST', '/v1/domains', { json: { host } });
const verify = (id: string, by = call) => by('POST', `/v1/domains/${id}/verify`);
const publish = ({ name, value }: { name: string; value: string }) => dns.records.set(name, ['other', value]);
/** A domain that is proven. */
async function proven(host: string, by = call) {
  const { body } = await add(host, by);
  publish(body.record);
  expect((await verify(body.id, by)).body.status).toBe('verified');
  return body as { id: string; host: string };
}
const visit = (path: string, host: string, headers: Record<string, string> = {}) =>
  caller(program.url)('GET', path, {
    headers: { host, 'user-agent': iPhone, 'x-forwarded-for': '8.8.8.8', ...headers },
  });
const led = async (path: string, host: string) => (await visit(path, host)).headers.get('location');
const make = (json: object, by = call) => by('POST', '/v1/qr/create', { json: { destination, ...json } });

describe('a domain', () => {
  test('is proven by its record and by nothing else', async () => {
    const { status, headers, body } = await add('Go.Example.COM');
    expect([status, body.host, body.status]).toEqual([201, 'go.example.com', 'added']);
    expect(headers.get('location')).toEndWith(`/v1/domains/${body.id}`);
    expect(places(refusal(await verify(body.id), 422, 'validation_failed'))).toEqual([' unproven']);
    dns.records.set(body.record.name, ['short-link-verification=guess']);
    refusal(await verify(body.id), 422, 'validation_failed');
    publish(body.record);
    expect((await verify(body.id)).body.status).toBe('verified');
    // Once proven it stays so: the record may go.
    dns.records.delete(body.record.name);
    const again = await verify(body.id);
    expect([again.status, again.headers.get('etag')]).toEqual([200, '"2"']);
    expect((await call('GET', '/v1/domains')).body.data.map(({ host }: { host: string }) => host)).toEqual([
      'go.example.com',
    ]);
  });

  test('is one organisation’s, also when another has a record too, until it is removed', async () => {
    const other = await stranger(program);
    const mine = await proven('shared.example');
    const theirs = (await add('shared.example', other)).body;
    expect(places(refusal(await add('shared.example', other), 422, 'validation_failed'))).toEqual(['/host own_host']);
    expect(theirs.code).toBe('validation_failed');
    refusal(await other('GET', `/v1/domains/${mine.id}`), 404, 'not_found');
    expect((await call('DELETE', `/v1/domains/${mine.id}`)).body).toEqual({ deleted: true, id: mine.id });
    const next = await proven('shared.example', other);
    expect(next.id).not.toBe(mine.id);
  });

  test('is refused with what is wrong with its name', async () => {
    for (const host of ['localhost', 'a b', '203.0.113.7', 'https://a.example']) {
      expect(places(refusal(await add(host), 422, 'validation_failed'))).toEqual(['/host format']);
    }
  });

  test('two that are added and proven at the same time have one holder', async () => {
    const other = await stranger(program, 'Racer');
    const [mine, theirs] = await Promise.all([add('race.example'), add('race.example', other)]);
    dns.records.set(mine.body.record.name, [mine.body.record.value, theirs.body.record.value]);
    const answers = await Promise.all([verify(mine.body.id), verify(theirs.body.id, other)]);
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409]);
  });
});

describe('codes under a domain', () => {
  test('have slugs of their own, are found there only, and say so', async () => {
    await proven('codes.example');
    const { body } = await make({ slug: 'menu', domain: 'codes.example', destination: 'https://example.com/theirs' });
    const own = await make({ slug: 'menu', destination: 'https://example.com/ours' });
    expect([body.domain, own.status]).toEqual(['codes.example', 201]);
    expect(body.shortUrl).toBe(`http://codes.example:${new URL(program.url).port}/menu`);
    expect(await led('/menu', 'codes.example')).toBe('https://example.com/theirs');
    expect(await led('/MENU?x=1', `codes.example:${new URL(program.url).port}`)).toBe('https://example.com/theirs');
    expect(await led('/menu', 'localhost')).toBe('https://example.com/ours');
    // Names end with a dot, if one likes.
    expect(await led('/menu', 'codes.example.')).toBe('https://example.com/theirs');
    expect((await visit('/docs', 'codes.example.')).status).toBe(404);
    refusal(await make({ slug: 'Menu', domain: 'codes.example' }), 409, 'slug_taken');
    expect((await visit('/unknown', 'codes.example')).status).toBe(404);
  });

  test('move to a domain and go on working where they were', async () => {
    await proven('moved.example');
    const { body } = await make({ slug: 'moving' });
    const moved = await call('PATCH', `/v1/qr/${body.id}`, { json: { domain: 'moved.example' } });
    expect([moved.status, moved.body.domain, moved.body.slug]).toEqual([200, 'moved.example', 'moving']);
    for (const host of ['localhost', 'moved.example']) expect(await led('/moving', host)).toBe(destination);
    const back = await call('PATCH', `/v1/qr/${body.id}`, { json: { domain: null } });
    expect([back.body.domain, back.body.formerSlugs[0].domain]).toEqual([null, 'moved.example']);
  });

  test('are put under it by any spelling that it can be added by', async () => {
    const { host } = await proven('bücher.example');
    expect(host).toBe('xn--bcher-kva.example');
    for (const domain of ['bücher.example', 'BÜCHER.example.', host]) {
      expect((await make({ domain })).body.domain).toBe(host);
    }
  });

  test('need a domain that is proven and one’s own', async () => {
    const other = await stranger(program, 'Another');
    await proven('theirs.example', other);
    await add('unproven.example');
    for (const domain of ['theirs.example', 'unproven.example', 'nobody.example']) {
      expect(places(refusal(await make({ domain }), 422, 'validation_failed'))).toEqual(['/domain unknown']);
    }
    const { body } = await make({});
    const answer = await call('PATCH', `/v1/qr/${body.id}`, { json: { domain: 'theirs.example' } });
    expect(places(refusal(answer, 422, 'validation_failed'))).toEqual(['/domain unknown']);
  });

  test('must not lead to a domain that is served here, and lead nowhere when it came later', async () => {
    const { body } = await make({ slug: 'before', destination: 'https://circle.example/x' });
    expect(await led('/before', 'localhost')).toBe('https://circle.example/x');
    await proven('circle.example');
    const circle = await visit('/before', 'localhost');
    expect([circle.status, circle.headers.get('location')]).toEqual([404, null]);
    const answer = await make({ destination: 'https://circle.example/y' });
    expect(places(refusal(answer, 422, 'validation_failed'))).toEqual(['/destination own_host']);
    // Its own short URLs too, with the port that this service has here.
    const { shortUrl } = (await make({ domain: 'circle.example' })).body;
    const again = await make({ destination: shortUrl });
    expect(places(refusal(again, 422, 'validation_failed'))).toEqual(['/destination own_host']);
    expect(body.slug).toBe('before');
  });
});

describe('a domain’s pages', () => {
  test('stand in for ours, each where it belongs', async () => {
    const { id } = await proven('pages.example');
    const pages = {
      root: { url: 'https://example.com/home' },
      unknown: { title: 'Nanu?', text: 'Hier ist nichts.' },
      gone: { url: 'https://example.com/over' },
    };
    const { status, body } = await call('PATCH', `/v1/domains/${id}`, { json: { pages } });
    expect([status, body.pages]).toEqual([200, pages]);
    expect(await led('/', 'pages.example')).toBe('https://example.com/home');
    const unknown = await visit('/nothing-here', 'pages.example');
    expect([unknown.status, unknown.body.includes('Nanu?')]).toEqual([404, true]);
    const code = (await make({ domain: 'pages.example', slug: 'over' })).body;
    await call('DELETE', `/v1/qr/${code.id}`);
    expect(await led('/over', 'pages.example')).toBe('https://example.com/over');
    expect((await visit('/nothing-here', 'localhost')).body).not.toContain('Nanu?');
  });

  test('lead to no domain that is served here, also not to one that was proven later', async () => {
    const { body } = await add('around.example');
    const set = (pages: object) => call('PATCH', `/v1/domains/${body.id}`, { json: { pages } });
    const wrong = { unknown: { title: '', text: '' }, gone: { url: 'javascript:alert(1)' } };
    expect(places(refusal(await set(wrong), 422, 'validation_failed'))).toHaveLength(2);
    const itself = await set({ unknown: { url: 'https://around.example/nothing' } });
    expect(places(refusal(itself, 422, 'validation_failed'))).toEqual(['/pages/unknown/url own_host']);
    expect((await set({ unknown: { url: 'https://later.example/' } })).status).toBe(200);
    publish(body.record);
    await verify(body.id);
    expect(await led('/nothing', 'around.example')).toBe('https://later.example/');
    await proven('later.example');
    const answer = await visit('/nothing', 'around.example');
    expect([answer.status, answer.headers.get('location')]).toEqual([404, null]);
  });

  test('show nothing of the service, whatever is asked for', async () => {
    await proven('plain.example');
    const content = { title: 'Opening', start: '2027-05-01', end: '2027-05-01' };
    await make({ destination: undefined, type: 'event', content, domain: 'plain.example', slug: 'opening' });
    for (const path of ['/opening', '/opening/event.ics']) {
      expect((await visit(path, 'plain.example')).body).toMatch(/^(?!.*indelible).*Opening/is);
    }
    for (const path of [
      '/',
      '/docs',
      '/openapi.json',
      '/v1/qr',
      '/metrics',
      '/readyz',
      '/livez',
      '/logos/x',
      '/a/b',
      '/robots.txt',
    ]) {
      const { status, body } = await visit(path, 'plain.example');
      expect([path, status]).toEqual([path, 404]);
      expect(body).not.toMatch(/indelible/i);
    }
  });
});

test('certificates are for names that are served here, and no others', async () => {
  await proven('tls.example');
  const ask = async (query: string) => (await call('GET', `/internal/tls-ask${query}`)).status;
  expect([await ask('?domain=tls.example'), await ask('?domain=TLS.example'), await ask('?domain=localhost')]).toEqual([
    200, 200, 200,
  ]);
  for (const query of ['?domain=nobody.example', '?domain=', '']) expect(await ask(query)).toBe(404);
});

describe('a blocklist', () => {
  test('holds for what is set and for what was set before', async () => {
    const { body } = await make({ slug: 'to-rival', destination: 'https://shop.rival.example/x' });
    expect((await call('GET', '/v1/blocklist')).body).toEqual({ hosts: [] });
    const set = await call('PUT', '/v1/blocklist', { json: { hosts: ['Rival.example', 'rival.example'] } });
    expect([set.status, set.body]).toEqual([200, { hosts: ['rival.example'] }]);
    expect((await visit('/to-rival', 'localhost')).status).toBe(410);
    const answer = await call('PATCH', `/v1/qr/${body.id}`, { json: { destination: 'https://rival.example/' } });
    expect(places(refusal(answer, 422, 'validation_failed'))).toEqual(['/destination blocked']);
    expect((await call('PUT', '/v1/blocklist', { json: { hosts: [] } })).status).toBe(200);
    expect(await led('/to-rival', 'localhost')).toBe('https://shop.rival.example/x');
  });

  test('is each organisation’s own, and of hosts', async () => {
    const other = await stranger(program, 'Strict');
    await other('PUT', '/v1/blocklist', { json: { hosts: ['example.com'] } });
    expect((await call('GET', '/v1/blocklist')).body).toEqual({ hosts: [] });
    expect((await make({})).status).toBe(201);
    refusal(await make({}, other), 422, 'validation_failed');
    const answer = await call('PUT', '/v1/blocklist', { json: { hosts: ['a.example', 'https://b.example'] } });
    expect(places(refusal(answer, 422, 'validation_failed'))).toEqual(['/hosts/1 format']);
  });
});
