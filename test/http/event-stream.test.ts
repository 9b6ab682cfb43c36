import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import type { AnyEvent } from '../../events/index.ts';
import { eventStream } from '../../src/http/event-stream.ts';
import { readHead, readPage } from '../../src/store/read.ts';
import { EmbeddedFeed } from '../../src/stream/embedded.ts';
import { Tail } from '../../src/stream/tail.ts';
import { Writer } from '../stream/traffic.ts';
import { type Call, caller, iPhone } from '../support/client.ts';
import { EventSource } from '../support/event-source.ts';
import { callerWith } from '../support/keys.ts';
import { type Program, startProgram } from '../support/program.ts';
import { places, refusal } from '../support/refusal.ts';
import { testStore } from '../support/store.ts';
import { anotherOrganization, liftLimits, organizationOf } from '../support/tenants.ts';
import { until } from '../support/until.ts';

describe('a live tail', () => {
  let program: Program;
  let call: Call;
  let code: { id: string; slug: string };

  beforeAll(async () => {
    program = await startProgram();
    call = caller(program.url, program.key);
    await liftLimits(program);
    code = (await call('POST', '/v1/qr/create', { json: { destination: 'https://example.com/' } })).body;
  });
  afterAll(async () => {
    await program?.stop();
  });

  const open = (query = '', headers: Record<string, string> = {}, key = program.key) =>
    EventSource.open(`${program.url}/v1/events${query}`, { authorization: `Bearer ${key}`, ...headers });
  const relabel = (label: string) => call('PATCH', `/v1/qr/${code.id}`, { json: { label } });
  const labels = (source: EventSource) =>
    source.told.flatMap(({ data }) => (data['data'] as { label?: string }).label ?? []);

  test('tells what comes from now on, as the ledger has it', async () => {
    const source = await open();
    expect(source.status).toBe(200);
    expect(source.headers.get('content-type')).toBe('text/event-stream');
    expect(source.headers.get('cache-control')).toBe('private, no-store');
    await relabel('first');
    await caller(program.url)('GET', `/${code.slug}`, { headers: { 'user-agent': iPhone } });
    await until(() => source.told.some(({ data }) => data.type === 'scan.recorded'), 5_000);
    const after = source.told[0]!.data.position - 1;
    const { body } = await call('GET', `/v1/events?after=${after}&limit=${source.told.length}`);
    expect(source.told.map(({ data }) => data)).toEqual(body.data);
    expect(source.told.map(({ id }) => Number(id))).toEqual(source.told.map(({ data }) => data.position));
    expect(labels(source)).toEqual(['first']);
    expect(source.text).toStartWith('retry: 1000\n\n');
    source.close();
  });

  test('goes on where it was broken off: nothing is missed, nothing comes twice', async () => {
    const source = await open('?type=qr.*&after=0');
    await relabel('before the break');
    await until(() => labels(source).includes('before the break'), 5_000);
    source.close();
    await relabel('meanwhile');
    const again = await open('?type=qr.*&after=0', { 'last-event-id': source.lastId });
    await relabel('afterwards');
    await until(() => labels(again).includes('afterwards'), 5_000);
    expect(labels(again)).toEqual(['meanwhile', 'afterwards']);
    again.close();
  });

  test('misses nothing while many write, whoever reads from where', async () => {
    const sources = await Promise.all(
      ['?type=qr.created', '?after=0', '?type=qr.*,scan.recorded&after=2'].map(q => open(q)),
    );
    const made: string[] = [];
    const create = async (i: number) => {
      const { body } = await call('POST', '/v1/qr/bulk', {
        json: { codes: Array.from({ length: 20 }, () => ({ destination: `https://example.com/${i}` })) },
      });
      made.push(...body.codes.map(({ id }: { id: string }) => id));
      await caller(program.url)('GET', `/${code.slug}`, { headers: { 'user-agent': iPhone } });
    };
    await Promise.all(Array.from({ length: 40 }, (_, i) => create(i)));
    sources.push(await open('?after=1'));
    await relabel('the end');
    for (const source of sources.slice(1)) await until(() => labels(source).includes('the end'), 20_000);
    await until(() => sources[0]!.told.length >= made.length, 20_000);
    for (const source of sources) {
      const streams = source.told.filter(({ data }) => data.type === 'qr.created').map(({ data }) => data['stream']);
      expect(made.filter(id => !streams.includes(id))).toEqual([]);
      const positions = source.told.map(({ data }) => data.position);
      expect(positions).toEqual([...new Set(positions)].sort((a, b) => a - b));
      source.close();
    }
    const all = (await call('GET', '/v1/events?format=ndjson')).body.trim().split('\n').map(JSON.parse) as AnyEvent[];
    const seen = sources[1]!.told.map(({ data }) => data.position);
    expect(seen).toEqual(all.map(({ position }) => position).filter(position => position <= seen.at(-1)!));
  }, 120_000);

  test('is that of the own organisation, for keys that may read the ledger', async () => {
    const stranger = caller(program.url, (await anotherOrganization(program)).key);
    const source = await open('?type=qr.*');
    await stranger('POST', '/v1/qr/create', { json: { destination: 'https://example.com/' } });
    await relabel('mine');
    await source.count(1);
    expect(source.told.map(({ data }) => data['stream'])).toEqual([code.id]);
    source.close();
    const org = await organizationOf(program);
    const [auditor, reader] = await Promise.all([
      callerWith(program, org, { scope: 'audit' }),
      callerWith(program, org, { scope: 'read' }),
    ]);
    const sse = { headers: { accept: 'text/event-stream' } };
    refusal(await reader('GET', '/v1/events', sse), 403, 'scope_missing');
    const faults = refusal(await auditor('GET', '/v1/events?limit=2', sse), 422, 'validation_failed');
    expect(places(faults)).toEqual(['?limit not_allowed']);
  });

  test('ends when the program drains, and its reader comes back to the next one', async () => {
    const source = await open();
    await relabel('seen');
    await until(() => labels(source).includes('seen'), 5_000);
    const stopping = performance.now();
    const stopped = program.stop();
    await until(() => source.ended, 10_000);
    // Before connections that do not end by themselves are cut.
    expect(performance.now() - stopping).toBeLessThan(4_500);
    expect(await stopped).toBe(0);
    program = await startProgram({ again: program });
    const again = await open('', { 'last-event-id': source.lastId });
    await relabel('after the restart');
    await until(() => labels(again).length > 0, 5_000);
    expect(labels(again)).toEqual(['after the restart']);
    again.close();
  }, 120_000);
});

describe('a stream of events', () => {
  const shown = (event: AnyEvent) => ({ position: event.position, type: event.type });

  /** A stream over a real ledger, served on a port of its own. */
  async function served(isAllowed: () => boolean, heartbeatMs = 40) {
    const store = await testStore();
    const feed = new EmbeddedFeed(store.ledger, store.sql);
    const tail = new Tail({ sql: store.sql, feed, onError: () => {} });
    const filter = { org: 'org_1' };
    let pages = 0;
    const server = Bun.serve({
      port: 0,
      fetch: async () =>
        new Response(
          eventStream({
            tail,
            after: 0,
            head: () => readHead(store.sql),
            read: (after, limit) => {
              pages += 1;
              return readPage(store.sql, filter, after, limit);
            },
            isMeant: event => event.org === 'org_1',
            shown,
            isAllowed: async () => isAllowed(),
            heartbeatMs,
          }),
        ),
    });
    const close = async () => {
      await tail.close();
      await server.stop(true);
      await feed.close();
      await store.close();
    };
    return { url: server.url.href, tail, writer: new Writer(store.ledger, 'w'), pages: () => pages, close };
  }

  test('beats with the position it has come to, also where nothing was meant', async () => {
    const { url, writer, close } = await served(() => true);
    const source = await EventSource.open(url);
    await writer.facts(3);
    await source.count(3);
    await until(() => source.text.includes('id: 3\n\n'), 5_000);
    expect(source.told).toHaveLength(3);
    await close();
  });

  test('ends at the first beat after its reader may not read any more', async () => {
    let isAllowed = true;
    const { url, tail, writer, close } = await served(() => isAllowed);
    const source = await EventSource.open(url);
    await writer.facts(1);
    await source.count(1);
    isAllowed = false;
    await until(() => source.ended, 5_000);
    expect(tail.watchers).toBe(0);
    await close();
  });

  test('of many readers is read once, from memory, and forgotten with the last of them', async () => {
    const { url, tail, writer, pages, close } = await served(() => true, 60_000);
    const sources = await Promise.all(Array.from({ length: 30 }, () => EventSource.open(url)));
    await until(() => tail.watchers === 30, 5_000);
    const before = pages();
    for (let i = 0; i < 20; i++) await writer.facts(2);
    for (const source of sources) await source.count(40);
    // Who was not quite there yet may have looked once more.
    expect(pages() - before).toBeLessThanOrEqual(30);
    for (const source of sources) source.close();
    await until(() => tail.watchers === 0, 5_000);
    await close();
  });

  test('waits for a reader who does not read, who then finds everything', async () => {
    const { tail, writer, pages, close, url } = await served(() => true, 60_000);
    const response = await fetch(url);
    const reader = response.body!.getReader();
    await reader.read();
    for (let i = 0; i < 60; i++) await writer.scans(1_000);
    const taken = pages();
    await until(() => tail.watchers <= 1, 1_000);
    expect(taken).toBeLessThan(60);
    let text = '';
    const decoder = new TextDecoder();
    while (!text.includes('id: 60000\n')) text += decoder.decode((await reader.read()).value, { stream: true });
    const positions = [...text.matchAll(/^id: (\d+)\ndata/gm)].map(([, id]) => Number(id));
    expect(positions).toEqual(Array.from({ length: 60_000 }, (_, i) => i + 1));
    await reader.cancel();
    await close();
  }, 120_000);
});
