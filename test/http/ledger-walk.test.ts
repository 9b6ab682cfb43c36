/**
 * Everything is on record: every write that the API has, as the stories tell it, stands in the ledger under the id of
 * its request and with the key that asked as its actor.
 */
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { routeActions } from '../../src/http/rights.ts';
import { connect } from '../../src/store/connect.ts';
import { type Call, type CallOptions, caller } from '../support/client.ts';
import { dnsServer, type TestDns } from '../support/dns.ts';
import { type Program, startProgram } from '../support/program.ts';
import { stories } from './stories/all.ts';
import { domains } from './stories/domains.ts';
import type { Telling } from './stories/story.ts';

let dns: TestDns;
let program: Program;
beforeAll(async () => {
  dns = await dnsServer();
  program = await startProgram({ env: { WEBHOOK_ALLOW: 'loopback', DNS_SERVERS: dns.address } });
});
afterAll(async () => {
  await dns?.close();
  await program?.stop();
});

/** They draw pictures and store nothing; what a simulation records is told as a scan, whose actor is the scanner. */
const storesNothing = new Set([
  'POST /v1/qr/preview',
  'POST /v1/qr/sheet',
  'POST /v1/qr/:id/simulate',
  'POST /v1/qr/:id/scans/simulate',
]);

const patterns = Object.keys(routeActions)
  .map(route => {
    const [method, path] = route.split(' ') as [string, string];
    return { route, method, pattern: new RegExp(`^${path.replace(/:\w+/g, '[^/]+')}$`) };
  })
  .sort((a, b) => Number(a.route.includes(':')) - Number(b.route.includes(':')));
const routeOf = (method: string, path: string): string | undefined =>
  patterns.find(each => each.method === method && each.pattern.test(path.split('?')[0]!))?.route;

test('every write of the API is in the ledger, with its actor and its request', async () => {
  const plain = caller(program.url, program.key);
  /** Requests that were answered with success, by route. */
  const done = new Map<string, string[]>();
  const call: Call = async (method, path, options) => {
    const answer = await plain(method, path, options);
    const route = method === 'GET' ? undefined : routeOf(method, path);
    if (route && answer.status < 300)
      done.set(route, [...(done.get(route) ?? []), answer.headers.get('x-request-id')!]);
    return answer;
  };
  const story: Telling = {
    ...{ url: program.url, call, id: '', part: '' },
    tell: (operation: string, tail = '', options?: CallOptions) => {
      const [method, path] = operation.split(' ') as [string, string];
      return call(method, path.replace(/\{id\}|\{position\}/, story.id).replace(/\{\w+\}/, story.part) + tail, options);
    },
  };
  for (const part of [...stories, domains(dns)]) await part(story);

  const sql = connect(program.databaseUrl, { max: 1 });
  const requests = [...done.values()].flat();
  const rows = await sql`select request, actor, type from ledger.events where request = any(${requests})`;
  const keys = new Set(
    (await sql`select stream from ledger.events where type = 'key.issued'`).map(row => row['stream']),
  );
  await sql.end();
  const byRequest = Map.groupBy(rows, row => row['request'] as string);
  const writes = Object.keys(routeActions).filter(route => !route.startsWith('GET') && !storesNothing.has(route));
  const missing = writes.filter(route => !done.get(route)?.some(request => byRequest.has(request)));
  expect(missing).toEqual([]);
  for (const { actor, type } of rows) expect([type, keys.has(actor)]).toEqual([type, true]);
}, 120_000);
