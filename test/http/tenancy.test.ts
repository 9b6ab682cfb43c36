/**
 * Every endpoint there is, as the API's own description lists them, asked with each scope by one organisation for what is
 * another's: nothing is found, nothing is told and nothing changes. A new route is walked because it is described.
 */

import { afterAll, beforeAll, expect, setDefaultTimeout, test } from 'bun:test';
import type { Scope } from '../../events/key.ts';
import { pathParameters } from '../../src/http/openapi-parts.ts';
import { type Call, caller, iPhone } from '../support/client.ts';
import { EventSource } from '../support/event-source.ts';
import { logoForm } from '../support/form.ts';
import { plainSvg } from '../support/logos.ts';
import { type Program, startProgram } from '../support/program.ts';
import { anotherOrganization, keyOf, setLimits } from '../support/tenants.ts';
import { until } from '../support/until.ts';

setDefaultTimeout(120_000);

interface Operation {
  readonly method: string;
  readonly path: string;
  readonly example: unknown;
  /** Its answer never ends. */
  readonly isLive: boolean;
}

const scopes: readonly Scope[] = ['read', 'write', 'admin', 'audit'];
let program: Program;
let operations: Operation[];
let theirs: { org: string; call: Call };
let slug: string;
const mine = new Map<Scope, Call>();
const keys = new Map<Scope, string>();
/** Ids of theirs by the noun before them in a path, and words that stand in nothing but what is theirs. */
const ids = new Map<string, string>();
const words = ['theirs-alone', 'Theirs Alone'];

// biome-ignore lint/suspicious/noExplicitAny: a document to look around in
const operationsIn = (document: any): Operation[] =>
  Object.entries(document.paths as Record<string, Record<string, never>>).flatMap(([path, methods]) =>
    // biome-ignore lint/suspicious/noExplicitAny: the same
    Object.entries(methods as Record<string, any>).map(([method, said]) => ({
      method: method.toUpperCase(),
      path,
      example: said.requestBody?.content['application/json']?.example,
      isLive: Object.keys(said.responses[200]?.content ?? {}).every(type => type === 'text/event-stream'),
    })),
  );

beforeAll(async () => {
  program = await startProgram({ env: { WEBHOOK_ALLOW: 'loopback' } });
  const first = caller(program.url, program.key);
  operations = operationsIn((await first('GET', '/openapi.json')).body);
  const [other, own] = [await anotherOrganization(program, 'Theirs Alone'), await anotherOrganization(program, 'Mine')];
  theirs = { org: other.org, call: caller(program.url, other.key) };
  for (const { org } of [other, own]) await setLimits(program, org, { apiRequestsPerMinute: 100_000 });
  for (const scope of scopes) {
    keys.set(scope, await keyOf(program, own.org, scope));
    mine.set(scope, caller(program.url, keys.get(scope)!));
  }
  await until(async () => (await theirs.call('GET', '/v1/account/usage')).status === 200, 10_000);

  const make = async (noun: string, path: string, json: unknown) => {
    const { status, body } = await theirs.call('POST', path, { json });
    expect([path, status, body.errors]).toEqual([path, expect.any(Number), undefined]);
    if (typeof body.id === 'string') ids.set(noun, body.id);
    return body;
  };
  const json = { destination: 'https://theirs-alone.example/', label: 'Theirs Alone', tags: ['theirs-alone'] };
  const code = await make('qr', '/v1/qr/create', json);
  for (const { method, path, example } of operations) {
    const noun = path.split('/')[2]!;
    if (method === 'POST' && path === `/v1/${noun}` && noun in pathParameters) await make(noun, path, example);
  }
  const headers = { prefer: 'respond-async' };
  const job = (await theirs.call('POST', '/v1/qr/bulk', { json: { codes: [json] }, headers })).body.id as string;
  ids.set('jobs', job);
  await until(async () => (await theirs.call('GET', `/v1/jobs/${job}`)).body.status === 'finished', 20_000);
  slug = code.slug;
  await caller(program.url)('GET', `/${slug}`, { headers: { 'user-agent': iPhone } });
  const { data } = (await theirs.call('GET', '/v1/events?type=scan.recorded')).body;
  ids.set('scans', String(data[0].position));
});
afterAll(async () => {
  await program?.stop();
});

/** A path with what is theirs in it; what they have none of is named as if they had. */
const filled = (path: string): string =>
  path.replace(
    /\/(\w+)\/\{\w+\}/g,
    (_, noun: string) => `/${noun}/${ids.get(noun) ?? 'msg_00000000000000000000000000'}`,
  );

/** What of theirs is in an answer; an id that was in the question is no news. */
const leaksIn = (body: unknown, asked: string): string[] => {
  const text = body instanceof Uint8Array ? new TextDecoder('latin1').decode(body) : JSON.stringify(body);
  return [...words, theirs.org, ...ids.values()].filter(
    word => word.length > 8 && text.includes(word) && !asked.includes(word),
  );
};

/** All that they can see of theirs, but for what goes on by itself: sums of requests, deliveries. */
const state = async () => {
  const seen: Record<string, unknown> = {};
  for (const { method, path, isLive } of operations) {
    if (method !== 'GET' || isLive || /usage|proofs|keys|events|webhooks/.test(path)) continue;
    const { status, body } = await theirs.call('GET', filled(path));
    if (status === 200) seen[path] = body instanceof Uint8Array ? body.length : body;
  }
  return seen;
};

test('there is something of theirs for nearly every place in a path', () => {
  const nouns = new Set(operations.flatMap(({ path }) => [...path.matchAll(/\/(\w+)\/\{/g)].map(([, noun]) => noun!)));
  expect([...nouns].filter(noun => !ids.has(noun)).sort()).toEqual(['deliveries', 'replays']);
});

test('no endpoint finds, tells or changes what is another organisation’s, whatever the scope', async () => {
  const before = await state();
  const wrong: string[] = [];
  let asked = 0;
  for (const [scope, call] of mine) {
    for (const { method, path, example, isLive } of operations) {
      if (isLive) continue;
      const target = filled(path);
      const json = example === undefined ? {} : { json: example };
      const { status, body } = await call(
        method,
        target,
        `${method} ${path}` === 'POST /v1/qr/{id}/logo' ? logoForm(plainSvg) : json,
      );
      asked += 1;
      const isTheirs = path.includes('{');
      if (isTheirs && status !== 404 && status !== 403) wrong.push(`${scope} ${method} ${path} answered ${status}`);
      for (const word of leaksIn(body, target)) wrong.push(`${scope} ${method} ${path} told ${word}`);
    }
  }
  expect(wrong).toEqual([]);
  expect(asked).toBeGreaterThan(200);
  expect(await state()).toEqual(before);
});

test('nothing of theirs is found by naming it elsewhere than in the path', async () => {
  const [qr, team, style] = ['qr', 'teams', 'styles'].map(noun => ids.get(noun)!);
  const call = mine.get('admin')!;
  const asked: [string, string, object?][] = [
    ['GET', `/v1/analytics?ids=${qr}`],
    ['GET', `/v1/qr/export?format=ndjson&ids=${qr}`],
    ['POST', '/v1/qr/sheet', { ids: [qr] }],
    ['GET', `/v1/events?stream=${qr}`],
    ['GET', `/v1/events?stream=${theirs.org}`],
    ['GET', '/v1/qr?search=theirs-alone'],
    ['GET', '/v1/qr?tags=theirs-alone'],
    ['POST', '/v1/qr/create', { destination: 'https://a.example/', styleId: style }],
    ['POST', '/v1/members', { name: 'A', role: 'viewer', team }],
    ['POST', '/v1/keys', { name: 'A', scope: 'read', team }],
  ];
  for (const [method, path, json] of asked) {
    const { status, body } = await call(method, path, json ? { json } : {});
    const told = leaksIn(body, path + JSON.stringify(json));
    const isRefused = status >= 400 || method === 'GET';
    expect([method, path, isRefused, told]).toEqual([method, path, true, []]);
    if (method === 'GET' && status === 200 && body.data) expect(body.data).toEqual([]);
  }
});

test('nothing of theirs is in what is sent in pieces, whatever it is asked for', async () => {
  const qr = ids.get('qr')!;
  const asked = [
    ...['ndjson', 'entries'].flatMap(format => [`/v1/events?format=${format}`, `/v1/events?format=${format}&after=0`]),
    ...[`&stream=${qr}`, `&stream=${theirs.org}`, '&type=qr.*'].map(more => `/v1/events?format=ndjson${more}`),
    ...['csv', 'ndjson', 'zip'].flatMap(format => [
      `/v1/qr/export?format=${format}`,
      `/v1/qr/export?format=${format}&ids=${qr}`,
      `/v1/qr/export?format=${format}&tags=theirs-alone`,
    ]),
    ...['csv', 'ndjson', 'parquet'].flatMap(format => [
      `/v1/scans/export?format=${format}`,
      `/v1/scans/export?format=${format}&codes=${qr}`,
    ]),
    `/v1/scans/live?limit=1&codes=${qr}`,
  ];
  const answers = new Map<number, number>();
  for (const [scope, call] of mine) {
    for (const path of asked) {
      const { status, body } = await call('GET', path, { headers: { 'last-event-id': '0' } });
      answers.set(status, (answers.get(status) ?? 0) + 1);
      expect([scope, path, leaksIn(body, path)]).toEqual([scope, path, []]);
    }
  }
  expect(answers.get(200)).toBeGreaterThan(20);
});

test('nothing of theirs comes live, from the beginning or as it happens', async () => {
  const open = (scope: Scope, path: string) =>
    EventSource.open(`${program.url}${path}`, { authorization: `Bearer ${keys.get(scope)}`, 'last-event-id': '0' });
  const own = await mine.get('admin')!('POST', '/v1/qr/create', { json: { destination: 'https://mine.example/' } });
  const visit = (slug: string) => caller(program.url)('GET', `/${slug}`, { headers: { 'user-agent': iPhone } });
  await visit(own.body.slug);
  const streams = await Promise.all([
    ...(['admin', 'audit'] as const).map(scope => open(scope, '/v1/events?format=sse')),
    ...(['read', 'write', 'admin'] as const).map(scope => open(scope, '/v1/scans/live')),
  ]);
  expect(streams.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200]);
  await Promise.all(streams.map(stream => stream.count(1)));
  const told = streams.map(stream => stream.told.length);
  await theirs.call('PATCH', `/v1/qr/${ids.get('qr')}`, { json: { label: 'theirs-alone, live' } });
  await visit(slug);
  // What is ours and comes behind it says that theirs has passed by.
  await visit(own.body.slug);
  for (const [i, stream] of streams.entries()) {
    const isScan = () => stream.told.length > told[i]! && stream.text.lastIndexOf(own.body.id) >= 0;
    await until(isScan, 5_000);
    stream.close();
    expect(leaksIn(stream.text, '')).toEqual([]);
  }
  for (const scope of ['read', 'write'] as const) expect((await open(scope, '/v1/events?format=sse')).status).toBe(403);
  expect((await open('audit', '/v1/scans/live')).status).toBe(403);
});
