/**
 * What a simulation tells is what a scan gets: codes of all kinds with whatever routing, on the instance's address and on
 * a domain of one's own, tried by visitors of all kinds in both ways.
 */
import { afterAll, beforeAll, expect, test } from 'bun:test';
import fc from 'fast-check';
import { type Answer, type Call, caller, iPhone } from '../support/client.ts';
import { dnsServer, type TestDns } from '../support/dns.ts';
import { type Program, startProgram } from '../support/program.ts';

const host = 'truth.example';
const password = 'correct horse';
const blocked = 'https://blocked-later.example/x';

let dns: TestDns;
let program: Program;
let call: Call;
beforeAll(async () => {
  dns = await dnsServer();
  program = await startProgram({ env: { DNS_SERVERS: dns.address, APP_SCHEMES: 'exampleapp' } });
  call = caller(program.url, program.key);
  const { id, record } = (await call('POST', '/v1/domains', { json: { host } })).body;
  dns.records.set(record.name, [record.value]);
  await call('POST', `/v1/domains/${id}/verify`);
  const pages = { unknown: { url: 'https://example.com/nothing-ü' }, gone: { title: 'Over', text: '' } };
  await call('PATCH', `/v1/domains/${id}`, { json: { pages } });
});
afterAll(async () => {
  await program?.stop();
  await dns.close();
});

const destination = fc.constantFrom(
  ...['https://example.com/a', 'https://例え.example/ü?a=ö&utm_source=own#é', 'http://example.com?#/x?y', blocked],
);
const content = fc.constantFrom(
  { type: 'text', content: { text: 'Table 12' } },
  { type: 'vcard', content: { firstName: 'Jane' } },
  { type: 'whatsapp', content: { number: '+4930123456', message: 'Grüße' } },
  { type: 'file', content: { url: 'https://example.com/menü.pdf' } },
  { type: 'file', content: { url: blocked } },
  { type: 'app', content: { ios: 'https://apps.apple.com/app/id1', fallback: 'https://example.com/app' } },
);
const some = (...words: readonly string[]) => fc.subarray([...words], { minLength: 1 });
const [past, ahead, later] = ['2020-01-01T00:00:00Z', '2099-01-01T00:00:00Z', '2099-01-02T00:00:00Z'];
const when = fc.record(
  {
    countries: some('US', 'AU', 'DE', 'FR'),
    devices: some('mobile', 'tablet', 'desktop', 'other'),
    systems: some('iOS', 'Android', 'Windows', 'Linux'),
    browsers: some('Safari', 'Chrome', 'Firefox'),
    languages: some('de', 'en', 'fr'),
    from: fc.constantFrom(past, ahead),
    weekdays: some('mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'),
    hours: fc.constantFrom({ from: '00:00', until: '12:00' }, { from: '18:00', until: '06:00' }),
    query: fc.constantFrom({ table: null }, { table: '12' }, { table: '', utm_source: 'x' }),
  },
  { requiredKeys: [] },
);
const split = fc.tuple(destination, destination, fc.integer({ min: 1, max: 5 })).map(([a, b, weight]) => [
  { name: 'a', weight, destination: a },
  { name: 'b', weight: 2, destination: b },
]);
const rules = fc
  .array(
    fc.record({
      when,
      ways: fc.oneof(
        destination.map(to => ({ destination: to })),
        split.map(s => ({ split: s })),
      ),
    }),
    {
      maxLength: 3,
    },
  )
  .map(list => list.map(({ when, ways }, i) => ({ name: `r${i}`, when, ...ways })));
const common = {
  rules,
  paused: fc.option(fc.record({ fallback: fc.option(destination) }), { freq: 5 }),
  startsAt: fc.constantFrom(past, past, ahead),
  expiresAt: fc.constantFrom('2020-01-02T00:00:00Z', later, later),
  maxScans: fc.constant(1),
  password: fc.constant(password),
  parameters: fc.constantFrom({ pass: 'all' }, { pass: 'utm', add: { ref: 'a b' } }, { pass: ['table'] }),
};
const kinds = fc.oneof(
  fc.record({
    code: fc.record({ destination }),
    routing: fc.record(
      {
        ...common,
        schedule: fc.constant([{ at: ahead, destination: 'https://example.com/planned' }]),
        appLinks: fc.constantFrom({ ios: 'exampleapp://x' }, { ios: blocked, android: 'https://example.com/app-ä' }),
      },
      { requiredKeys: [] },
    ),
  }),
  fc.record({ code: content, routing: fc.record(common, { requiredKeys: [] }) }),
);

const visitor = fc.record({
  userAgent: fc.constantFrom(
    iPhone,
    'Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 Chrome/125.0.0.0 Mobile Safari/537.36',
    'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:126.0) Gecko/20100101 Firefox/126.0',
    'Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)',
  ),
  address: fc.constantFrom('8.8.8.8', '1.1.1.1', '::ffff:8.8.8.8', '2001:4860:4860::8888', '10.0.0.1'),
  // What the header says, and the language that is asked for first.
  language: fc.constantFrom(
    ...([
      ['de-AT,en;q=0.5', 'de'],
      ['en;q=0.2, fr-CA;q=0.9', 'fr'],
      ['*', undefined],
      ['de;q=0, EN', 'en'],
    ] as const),
  ),
  query: fc.dictionary(
    fc.constantFrom('table', 'utm_source', 'utm_medium', 'to', 'pass'),
    fc.constantFrom('12', '', 'ü&=#'),
  ),
  given: fc.boolean(),
});
type Visitor = typeof visitor extends fc.Arbitrary<infer V> ? V : never;

/** What a real visitor gets. */
async function scanned(slug: string, isOnDomain: boolean, asked: Visitor & { isForm: boolean }): Promise<Answer> {
  const query = new URLSearchParams(asked.query as Record<string, string>).toString();
  const headers = {
    ...(isOnDomain && { host }),
    ...{ 'user-agent': asked.userAgent, 'x-forwarded-for': asked.address, 'accept-language': asked.language[0] },
    ...(asked.isForm && { 'content-type': 'application/x-www-form-urlencoded' }),
  };
  const raw = new URLSearchParams({ password }).toString();
  const path = `/${slug}${query && `?${query}`}`;
  return caller(program.url)(asked.isForm ? 'POST' : 'GET', path, { headers, ...(asked.isForm && { raw }) });
}

test('whatever the code and whoever comes, what is told is what is answered', async () => {
  let runs = 0;
  await fc.assert(
    fc.asyncProperty(kinds, fc.boolean(), visitor, async ({ code, routing }, isOnDomain, asked) => {
      await call('PUT', '/v1/blocklist', { json: { hosts: [] } });
      const json = {
        ...code,
        ...(Object.keys(routing).length > 0 && { routing }),
        ...(isOnDomain && { domain: host }),
      };
      fc.pre(!(routing.startsAt === ahead && routing.expiresAt && routing.expiresAt !== later));
      const made = await call('POST', '/v1/qr/create', { json });
      expect([made.status, made.body.errors]).toEqual([201, undefined]);
      const { id, slug } = made.body;
      if (runs++ % 2 === 0) await call('PUT', '/v1/blocklist', { json: { hosts: ['blocked-later.example'] } });
      const { userAgent, address, language, query, given } = asked;
      const isForm = given && routing.password !== undefined;
      const about = { userAgent, address, query, password: isForm, ...(language[1] && { language: language[1] }) };
      const tell = async (scans: number) => {
        const { status, body } = await call('POST', `/v1/qr/${id}/simulate`, { json: { ...about, scans } });
        expect([status, body.errors]).toEqual([200, undefined]);
        return body;
      };
      const isCounted = (told: { leadsTo: string }) => !['nowhere', 'password'].includes(told.leadsTo);
      for (let scans = 0; scans < 2; scans++) {
        const before = await tell(scans);
        const answer = await scanned(slug, isOnDomain, { ...asked, isForm });
        // The clock goes on between the two, at worst into another day or hour.
        const after = await tell(scans);
        const seen = { status: answer.status, location: answer.headers.get('location') };
        const isApp = before.leadsTo === 'app';
        const told = [before, after].map(({ status, location }) => ({ status, location: isApp ? null : location }));
        expect(told).toContainEqual(seen);
        if (isApp) expect(answer.body).toContain(`href="${before.location}"`);
        if (!isCounted(before) || userAgent.includes('bot')) break;
      }
    }),
    { numRuns: 40 },
  );
}, 120_000);
