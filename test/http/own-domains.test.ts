import { afterAll, beforeAll, expect, test } from 'bun:test';
import { type Call, caller } from '../support/client.ts';
import { dnsServer, type TestDns } from '../support/dns.ts';
import { ndjson } from '../support/jobs.ts';
import { type Program, startProgram } from '../support/program.ts';
import { places, refusal } from '../support/refusal.ts';

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

test('codes under a domain have slugs of their own in bulk and in files, too', async () => {
  const { id, record } = (await call('POST', '/v1/domains', { json: { host: 'files.example' } })).body;
  dns.records.set(record.name, [record.value]);
  await call('POST', `/v1/domains/${id}/verify`);
  const codes = [
    { destination, slug: 'stand' },
    { destination, slug: 'stand', domain: 'files.example' },
  ];
  expect((await call('POST', '/v1/qr/bulk', { json: { codes } })).status).toBe(201);
  // The names of a ZIP's files stand in it as they are.
  const files = Buffer.from((await call('GET', '/v1/qr/export?search=stand')).body).toString('latin1');
  for (const name of ['codes/stand.svg', 'codes/files.example/stand.svg']) expect(files).toContain(name);
  const twice = [codes[1], { ...codes[1], slug: 'STAND', domain: 'Files.example.' }];
  expect(
    places(refusal(await call('POST', '/v1/qr/bulk', { json: { codes: twice } }), 422, 'validation_failed')),
  ).toEqual(['/codes/1/slug duplicate']);
  const { body } = await call('POST', '/v1/qr/create', { json: { slug: 'here-before', destination } });
  await call('PATCH', `/v1/qr/${body.id}`, { json: { slug: 'here-only' } });
  const rows = [
    { destination, slug: 'here-only', domain: 'files.example' },
    { destination, slug: 'here-only' },
    { destination, slug: 'here-before' },
    { destination, slug: 'Stand', domain: 'files.example', label: 7 },
    { destination, slug: 'nul\u0000' },
  ];
  const dry = await call('POST', '/v1/qr/import?dryRun=true', ndjson(rows));
  expect(dry.status).toBe(200);
  expect(dry.body.errors.map(({ row, pointer, code }: Record<string, unknown>) => `${row} ${pointer} ${code}`)).toEqual(
    ['1 /slug taken', '2 /slug taken', '3 /label type', '3 /slug taken', '4 /slug pattern'],
  );
});
