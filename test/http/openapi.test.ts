import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { toldNames } from '../../events/names.ts';
import { routeActions } from '../../src/http/rights.ts';
import { type Answer, type Call, caller } from '../support/client.ts';
import { dnsServer, type TestDns } from '../support/dns.ts';
import { mismatches } from '../support/json-schema.ts';
import { scratchDirectory } from '../support/postgres.ts';
import { type Program, startProgram } from '../support/program.ts';
import { stories } from './stories/all.ts';
import { domains } from './stories/domains.ts';
import type { Telling } from './stories/story.ts';

const root = join(import.meta.dirname, '../..');
let dns: TestDns;
let program: Program;
let call: Call;
// biome-ignore lint/suspicious/noExplicitAny: a document to look around in
let document: any;

beforeAll(async () => {
  dns = await dnsServer();
  program = await startProgram({ env: { WEBHOOK_ALLOW: 'loopback', DNS_SERVERS: dns.address } });
  call = caller(program.url, program.key);
  document = (await call('GET', '/openapi.json')).body;
});
afterAll(async () => {
  await dns?.close();
  await program?.stop();
});

/** Every operation as `METHOD /path` with what the document says of it. */
const operations = (): [string, Record<string, unknown>][] =>
  Object.entries(document.paths as Record<string, Record<string, Record<string, unknown>>>).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, said]): [string, Record<string, unknown>] => [
      `${method.toUpperCase()} ${path}`,
      said,
    ]),
  );

/** What the document says of an answer to an operation; its mismatches. */
function faultsOf(operation: string, { status, headers, body }: Answer): string[] {
  const [method, path] = operation.split(' ') as [string, string];
  const said = document.paths[path][method.toLowerCase()].responses[status];
  if (!said) return [`${operation} can not answer ${status}`];
  const response = said.$ref ? document.components.responses[said.$ref.split('/').at(-1)] : said;
  const missing = Object.keys(response.headers ?? {}).filter(name => headers.get(name) === null);
  const optional = ['Idempotency-Replayed', 'WWW-Authenticate', 'RateLimit', 'RateLimit-Policy', 'Retry-After'];
  const lacks = missing.filter(name => (status < 300 ? name !== 'Idempotency-Replayed' : !optional.includes(name)));
  if (status === 304) return lacks;
  const type = headers.get('content-type')!;
  const content = response.content[type];
  if (!content) return [`${operation} can not answer ${status} with ${type}`];
  if (!content.schema) return lacks;
  const values = type === 'application/x-ndjson' ? body.trim().split('\n').map(JSON.parse) : [body];
  return [...lacks, ...values.flatMap((value: unknown) => mismatches(document, content.schema, value))];
}

describe('the OpenAPI document', () => {
  test('is clean to the linter: no error, no warning', () => {
    const file = join(scratchDirectory(), 'openapi.json');
    writeFileSync(file, JSON.stringify(document));
    const { stdout, stderr } = spawnSync(join(root, 'node_modules/.bin/redocly'), ['lint', '--format=json', file], {
      cwd: root,
      encoding: 'utf8',
      timeout: 150_000,
      env: { ...process.env, REDOCLY_TELEMETRY: 'off', REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true' },
    });
    if (!stdout.includes('{')) throw new Error(`the linter said nothing: ${stderr}`);
    const { totals, problems } = JSON.parse(stdout.slice(stdout.indexOf('{'), stdout.lastIndexOf('}') + 1));
    expect(problems.map((problem: { message: string }) => problem.message)).toEqual([]);
    expect(totals).toMatchObject({ errors: 0, warnings: 0 });
  }, 160_000);

  test('describes each endpoint with a schema for what it takes and for what it gives', () => {
    const routed = Object.keys(routeActions).map(route => route.replace(/:(\w+)/g, '{$1}'));
    expect(
      operations()
        .map(([operation]) => operation)
        .sort(),
    ).toEqual(routed.sort());
    for (const [operation, said] of operations()) {
      expect(said['operationId']).toBeString();
      if (operation === 'POST /v1/qr/{id}/logo')
        expect(said['requestBody']).toHaveProperty('content.multipart/form-data.schema');
      else if (operation === 'POST /v1/qr/import')
        expect(said['requestBody']).toHaveProperty('content.text/csv.example');
      else if (/^(POST|PATCH)/.test(operation) && !/\/(cancel|verify)$/.test(operation))
        expect(said['requestBody']).toHaveProperty('content.application/json.example');
    }
    const image = document.paths['/v1/qr/{id}/image'].get.responses[200].content;
    expect(Object.keys(image)).toEqual(['image/png', 'image/svg+xml', 'application/pdf', 'application/json']);
    const events = document.paths['/v1/events'].get.responses[200].content;
    expect(Object.keys(events)).toEqual([
      'application/json',
      'application/x-ndjson',
      'text/event-stream',
      'text/plain; charset=utf-8',
    ]);
    expect(Object.keys(document.paths['/v1/qr/create'].post.responses)).toContain('201');
    const deferred = operations().filter(([, said]) => JSON.stringify(said['parameters']).includes('/Prefer"'));
    expect(deferred.map(([operation]) => operation).sort()).toEqual(
      ['POST', 'PATCH', 'DELETE'].map(method => `${method} /v1/qr/bulk`).sort(),
    );
  });

  test('names what is taken and given, for generators of clients, and refers to nothing that it does not say', () => {
    const unnamed = operations().flatMap(([operation, said]) => {
      const { requestBody, responses } = said as { requestBody?: object; responses: Record<string, object> };
      const bodies = [requestBody, ...Object.values(responses)] as { content?: Record<string, { schema?: object }> }[];
      const given = bodies.flatMap(body => Object.entries(body?.content ?? {}));
      return given.flatMap(([type, { schema }]) => {
        const parts = ((schema as { anyOf?: object[] })?.anyOf ?? [schema]) as ({ $ref?: string } | undefined)[];
        return parts.every(part => part === undefined || part.$ref) ? [] : [`${operation} ${type}`];
      });
    });
    expect(unnamed.sort()).toEqual([
      'POST /v1/qr/import application/x-ndjson',
      'POST /v1/qr/import text/csv',
      'POST /v1/qr/{id}/logo multipart/form-data',
    ]);
    // What messages alone refer to, some generators leave out.
    const text = JSON.stringify({ paths: document.paths, components: document.components });
    const said = Object.keys(document.components.schemas);
    const meant = new Set([...text.matchAll(/"#\/components\/schemas\/(\w+)"/g)].map(([, name]) => name!));
    expect([...meant].sort()).toEqual(said.sort());
    expect(document.components.schemas.Qr.properties.style).toEqual({ $ref: '#/components/schemas/QrStyle' });
    // Without it Go and Java take 32 bits.
    expect(document.components.schemas.StoredEvent.properties.position.format).toBe('int64');
  });

  test('tells of every message a webhook can be sent, with an example that is as it says', () => {
    const webhooks = document.webhooks as Record<string, { post: { requestBody: { content: Record<string, never> } } }>;
    expect(Object.keys(webhooks)).toEqual([...toldNames]);
    for (const [name, { post }] of Object.entries(webhooks)) {
      const { schema, example } = post.requestBody.content['application/json'] as unknown as Record<string, never>;
      expect([name, mismatches(document, schema!, example)]).toEqual([name, []]);
    }
  });

  test('has examples that the API takes', async () => {
    let id = '';
    for (const [method, path] of [
      ['POST', '/v1/qr/create'],
      ['POST', '/v1/qr/bulk'],
      ['PATCH', '/v1/qr/{id}'],
      ['POST', '/v1/qr/preview'],
      ['POST', '/v1/qr/sheet'],
      ['POST', '/v1/styles'],
      ['PATCH', '/v1/organization'],
      ['POST', '/v1/teams'],
      ['POST', '/v1/members'],
      ['POST', '/v1/keys'],
      ['POST', '/v1/webhooks'],
    ] as const) {
      const json = document.paths[path][method.toLowerCase()].requestBody.content['application/json'].example;
      const answer = await call(method, path.replace('{id}', id), { json });
      expect(answer.status).toBe(/create|bulk|styles|teams|members|keys|webhooks/.test(path) ? 201 : 200);
      id ||= answer.body.id;
      // Nobody is told of what the story does.
      if (path.endsWith('webhooks')) await call('DELETE', `${path}/${answer.body.id}`);
    }
  });

  test('says the truth: every answer of a story is what it promises', async () => {
    const wrong: Record<string, string[]> = {};
    const told = new Set<string>();
    const tell: Telling['tell'] = async (operation, tail = '', options) => {
      const [method, path] = operation.split(' ') as [string, string];
      const answer = await call(
        method,
        path.replace(/\{\w+\}/, story.id).replace(/\{\w+\}/, story.part) + tail,
        options,
      );
      told.add(`${operation} ${answer.status}`);
      const faults = faultsOf(operation, answer);
      if (faults.length > 0) wrong[`${operation}${tail} ${answer.status}`] = faults;
      return answer;
    };
    const story: Telling = { url: program.url, call, id: '', part: '', tell };
    const stale = { headers: { 'if-match': '"999"' } };
    await tell('PATCH /v1/organization', '', { ...stale, json: { name: 'Late' } });
    await tell('PUT /v1/blocklist', '', { ...stale, json: { hosts: [] } });
    for (const part of [...stories, domains(dns)]) await part(story);
    expect(wrong).toEqual({});
    for (const [operation] of operations())
      expect([operation, [...told].filter(each => each.startsWith(`${operation} 2`)).length]).toEqual([operation, 1]);
  });
});
