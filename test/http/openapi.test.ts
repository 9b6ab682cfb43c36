import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Answer, type Call, caller, iPhone } from '../support/client.ts';
import { logoForm } from '../support/form.ts';
import { mismatches } from '../support/json-schema.ts';
import { plainSvg } from '../support/logos.ts';
import { scratchDirectory } from '../support/postgres.ts';
import { type Program, startProgram } from '../support/program.ts';

const root = join(import.meta.dirname, '../..');
let program: Program;
let call: Call;
// biome-ignore lint/suspicious/noExplicitAny: a document to look around in
let document: any;

beforeAll(async () => {
  program = await startProgram();
  call = caller(program.url, program.key);
  document = (await call('GET', '/openapi.json')).body;
});
afterAll(async () => {
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
      timeout: 60_000,
      env: { ...process.env, REDOCLY_TELEMETRY: 'off', REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true' },
    });
    if (!stdout.includes('{')) throw new Error(`the linter said nothing: ${stderr}`);
    const { totals, problems } = JSON.parse(stdout.slice(stdout.indexOf('{'), stdout.lastIndexOf('}') + 1));
    expect(problems.map((problem: { message: string }) => problem.message)).toEqual([]);
    expect(totals).toMatchObject({ errors: 0, warnings: 0 });
  }, 70_000);

  test('describes each endpoint with a schema for what it takes and for what it gives', () => {
    expect(
      operations()
        .map(([operation]) => operation)
        .sort(),
    ).toEqual([
      'DELETE /v1/qr/{id}',
      'DELETE /v1/qr/{id}/logo',
      'DELETE /v1/styles/{id}',
      'GET /v1/account/usage',
      'GET /v1/events',
      'GET /v1/folders',
      'GET /v1/qr',
      'GET /v1/qr/export',
      'GET /v1/qr/{id}',
      'GET /v1/qr/{id}/analytics',
      'GET /v1/qr/{id}/history',
      'GET /v1/qr/{id}/image',
      'GET /v1/scans/{position}/explain',
      'GET /v1/styles',
      'GET /v1/styles/{id}',
      'GET /v1/tags',
      'PATCH /v1/qr/{id}',
      'PATCH /v1/styles/{id}',
      'POST /v1/qr/bulk',
      'POST /v1/qr/create',
      'POST /v1/qr/preview',
      'POST /v1/qr/sheet',
      'POST /v1/qr/{id}/logo',
      'POST /v1/qr/{id}/restore',
      'POST /v1/styles',
    ]);
    for (const [operation, said] of operations()) {
      expect(said['operationId']).toBeString();
      if (operation === 'POST /v1/qr/{id}/logo')
        expect(said['requestBody']).toHaveProperty('content.multipart/form-data.schema');
      else if (/^(POST|PATCH)/.test(operation))
        expect(said['requestBody']).toHaveProperty('content.application/json.example');
    }
    const image = document.paths['/v1/qr/{id}/image'].get.responses[200].content;
    expect(Object.keys(image)).toEqual(['image/png', 'image/svg+xml', 'application/pdf', 'application/json']);
    const events = document.paths['/v1/events'].get.responses[200].content;
    expect(Object.keys(events)).toEqual(['application/json', 'application/x-ndjson']);
    expect(Object.keys(document.paths['/v1/qr/create'].post.responses)).toContain('201');
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
    ] as const) {
      const json = document.paths[path][method.toLowerCase()].requestBody.content['application/json'].example;
      const answer = await call(method, path.replace('{id}', id), { json });
      expect(answer.status).toBe(/create|bulk|styles/.test(path) ? 201 : 200);
      id ||= answer.body.id;
    }
  });

  test('says the truth: every answer of a story is what it promises', async () => {
    const wrong: Record<string, string[]> = {};
    const told = new Set<string>();
    const tell = async (operation: string, ...[tail = '', options]: [string?, object?]): Promise<Answer> => {
      const [method, path] = operation.split(' ') as [string, string];
      const answer = await call(method, path.replace(/\{\w+\}/, id) + tail, options);
      told.add(`${operation} ${answer.status}`);
      const faults = faultsOf(operation, answer);
      if (faults.length > 0) wrong[`${operation}${tail} ${answer.status}`] = faults;
      return answer;
    };
    let id = '';
    const json = { destination: 'https://example.com/', label: 'Story', slug: 'story', style: { dotColor: '#123' } };
    id = (await tell('POST /v1/qr/create', '', { json })).body.id;
    await caller(program.url)('GET', '/story', { headers: { 'user-agent': iPhone, 'x-forwarded-for': '8.8.8.8' } });
    await tell('POST /v1/qr/create', '', { json });
    await tell('POST /v1/qr/create', '', { json: { destination: 'x', slug: 'admin', y: 1 } });
    await tell('POST /v1/qr/create', '', { raw: '{', headers: { 'content-type': 'application/json' } });
    await tell('POST /v1/qr/create', '', { raw: '{', headers: { 'content-type': 'text/plain' } });
    await tell('POST /v1/qr/create', '', { json, headers: { authorization: 'Bearer nobody' } });
    await tell('POST /v1/qr/bulk', '', { json: { codes: [{ destination: json.destination }, json] } });
    await tell('POST /v1/qr/bulk', '', { json: { codes: [{ destination: json.destination }] } });
    await tell('GET /v1/qr');
    await tell('GET /v1/qr', '?limit=1&search=example');
    await tell('GET /v1/qr', '?page=0');
    await tell('GET /v1/qr/{id}');
    await tell('GET /v1/qr/{id}', '', { headers: { 'if-none-match': '"1"' } });
    await tell('PATCH /v1/qr/{id}', '', { json: { label: null }, headers: { 'if-match': '"9"' } });
    await tell('PATCH /v1/qr/{id}', '', { json: { label: null } });
    const [made] = (await call('GET', `/v1/events?stream=${id}`)).body.data;
    await tell('GET /v1/qr/{id}', `?asOf=${made.position}`);
    await tell('GET /v1/qr', `?asOf=${made.position}&sort=label`);
    await tell('GET /v1/qr/{id}/history');
    await tell('GET /v1/tags');
    await tell('GET /v1/folders');
    await tell('GET /v1/qr/{id}/analytics');
    await tell('GET /v1/qr/{id}/image');
    await tell('GET /v1/qr/{id}/image', '?format=svg');
    await tell('GET /v1/qr/{id}/image', '?format=pdf');
    await tell('GET /v1/qr/{id}/image', '?check=true');
    await tell('GET /v1/qr/{id}/image', '?size=1');
    await tell('POST /v1/qr/{id}/logo', '', logoForm(plainSvg));
    await tell('POST /v1/qr/{id}/logo', '', logoForm('GIF89a'));
    await tell('POST /v1/qr/{id}/logo', '', logoForm(new Uint8Array(3_000_000)));
    await tell('DELETE /v1/qr/{id}/logo');
    await tell('POST /v1/qr/preview', '', { json: { destination: json.destination } });
    await tell('POST /v1/qr/preview', '', { json: { destination: json.destination, check: true } });
    await tell('POST /v1/qr/sheet', '', { json: { ids: [id] } });
    await tell('POST /v1/qr/sheet', '', { json: { ids: ['qr_x'] } });
    await tell('GET /v1/qr/export', '?format=zip');
    await tell('GET /v1/qr/export', '?format=csv');
    await tell('GET /v1/qr/export', '?format=ndjson');
    const code = id;
    id = (await tell('POST /v1/styles', '', { json: { name: 'A', style: json.style } })).body.id;
    await tell('POST /v1/styles', '', { json: { name: 'A', style: { dotColor: '#eee' } } });
    await tell('GET /v1/styles');
    await tell('GET /v1/styles/{id}');
    await tell('PATCH /v1/styles/{id}', '', { json: { name: 'B' } });
    await tell('DELETE /v1/styles/{id}');
    await tell('GET /v1/styles/{id}');
    id = code;
    await tell('GET /v1/account/usage');
    await tell('GET /v1/events');
    await tell('GET /v1/events', '?format=ndjson');
    await tell('DELETE /v1/qr/{id}');
    await tell('DELETE /v1/qr/{id}');
    await tell('POST /v1/qr/{id}/restore', '', { json: {} });
    await tell('POST /v1/qr/{id}/restore', '', { json: { version: 99 } });
    const { body } = await call('GET', '/v1/events?type=scan.recorded');
    id = String(body.data[0].position);
    await tell('GET /v1/scans/{position}/explain');
    id = '0';
    await tell('GET /v1/scans/{position}/explain');
    expect(wrong).toEqual({});
    for (const [operation] of operations())
      expect([...told].filter(each => each.startsWith(`${operation} 2`))).toHaveLength(1);
  });
});
