import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { Value } from '@sinclair/typebox/value';
import { catalogue, type EventType } from '../../events/index.ts';
import { type Call, caller, iPhone } from '../support/client.ts';
import { type Program, startProgram } from '../support/program.ts';
import { places, refusal } from '../support/refusal.ts';
import { anotherOrganization, liftLimits } from '../support/tenants.ts';

interface Shown {
  readonly position: number;
  readonly stream: string;
  readonly version: number;
  readonly type: EventType;
  readonly at: string;
  readonly actor: string;
  readonly request: string | null;
  readonly data: Record<string, unknown>;
}

let program: Program;
let call: Call;
let other: Call;
let code: { id: string; shortUrl: string };

beforeAll(async () => {
  program = await startProgram();
  call = caller(program.url, program.key);
  await liftLimits(program);
  other = caller(program.url, (await anotherOrganization(program)).key);
  code = (await call('POST', '/v1/qr/create', { json })).body;
});
afterAll(async () => {
  await program?.stop();
});

const json = { destination: 'https://example.com/' };
const page = async (query = '', ask = call): Promise<Shown[]> => (await ask('GET', `/v1/events${query}`)).body.data;
const lines = async (query = '', ask = call): Promise<Shown[]> => {
  const { body } = await ask('GET', `/v1/events?format=ndjson${query}`);
  return (body as string)
    .split('\n')
    .filter(Boolean)
    .map(line => JSON.parse(line));
};
const positions = (events: readonly Shown[]): number[] => events.map(event => event.position);
const isAscending = (numbers: readonly number[]) => numbers.every((n, i) => i === 0 || n > numbers[i - 1]!);

describe('the ledger of an organisation', () => {
  test('tells what happened, by whom and in which request', async () => {
    const made = await call('POST', '/v1/qr/create', { json });
    const { id, slug } = made.body;
    const moved = await call('PATCH', `/v1/qr/${id}`, { json: { destination: 'https://example.com/2', label: 'x' } });
    await caller(program.url)('GET', `/${slug}`, { headers: { 'user-agent': iPhone } });
    await call('DELETE', `/v1/qr/${id}`);
    const events = await page(`?stream=${id}`);
    expect(events.map(({ version, type, data }) => ({ version, type, data }))).toEqual([
      { version: 1, type: 'qr.created', data: { slug, type: 'url', ...json } },
      { version: 2, type: 'qr.retargeted', data: { destination: 'https://example.com/2' } },
      { version: 3, type: 'qr.relabeled', data: { label: 'x' } },
      { version: 4, type: 'qr.deleted', data: {} },
    ]);
    expect(events[0]!.request).toBe(made.headers.get('x-request-id'));
    expect(events[2]!.request).toBe(moved.headers.get('x-request-id'));
    expect(events[0]!.actor).toMatch(/^key_/);
    expect(events[0]!.at).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    const [scan] = (await page('?type=scan.recorded&limit=1000')).slice(-1);
    expect(scan).toMatchObject({
      actor: 'scanner',
      request: null,
      data: { qr: id, qrVersion: 3, kind: 'scan', device: 'mobile' },
    });
  });

  test('holds only events of the catalogue, whole', async () => {
    for (const { type, data } of await lines())
      expect([type, Value.Check(catalogue[type], data)]).toEqual([type, true]);
  });

  test('never gives away the secret of a key', async () => {
    const { body } = await call('GET', '/v1/events?format=ndjson');
    expect(body).not.toContain(program.key);
  });

  test('is never that of another', async () => {
    const theirs = await other('POST', '/v1/qr/create', { json });
    await caller(program.url)('GET', `/${theirs.body.slug}`);
    const mine = await lines();
    expect(mine.map(event => event.stream)).not.toContain(theirs.body.id);
    expect(mine.filter(event => event.data['qr'] === theirs.body.id)).toEqual([]);
    const seen = await lines('', other);
    expect(seen.map(event => event.type)).toContain('scan.recorded');
    expect(seen.filter(event => event.stream === code.id || event.data['qr'] === code.id)).toEqual([]);
    expect(await page(`?stream=${code.id}`, other)).toEqual([]);
    expect(positions(mine).filter(position => positions(seen).includes(position))).toEqual([]);
  });
});

describe('reading on', () => {
  test('from behind the end is refused, for what comes there would be passed over', async () => {
    const head = Math.max(...positions(await lines()));
    for (const [tail, headers, pointer] of [
      ['?after=999999999999999', {}, '?after'],
      ['?cursor=99999999', {}, '?cursor'],
      ['?after=99999999&format=ndjson', {}, '?after'],
      ['?after=99999999&format=entries', {}, '?after'],
      ['?format=sse', { 'last-event-id': '99999999' }, 'header:Last-Event-ID'],
    ] as const) {
      const { status, body } = await call('GET', `/v1/events${tail}`, { headers });
      expect([status, body.errors]).toMatchObject([422, [{ pointer, code: 'too_large' }]]);
    }
    expect((await call('GET', `/v1/events?after=${head}`)).status).toBe(200);
  });

  test('page by page gives every event once, in order, the same as the stream of lines', async () => {
    for (let i = 0; i < 30; i++) {
      await caller(program.url)('GET', new URL(code.shortUrl).pathname);
      if (i % 3 === 0) await call('PATCH', `/v1/qr/${code.id}`, { json: { label: `L${i}` } });
    }
    const paged: Shown[] = [];
    for (let on = 'after=0'; ; ) {
      const { body } = await call('GET', `/v1/events?limit=7&${on}`);
      paged.push(...body.data);
      expect(body.limit).toBe(7);
      expect(body.has_more).toBe(body.next_cursor !== null);
      if (!body.has_more) break;
      // Text, as of every list.
      expect(body.next_cursor).toBe(`${body.data.at(-1).position}`);
      on = `cursor=${body.next_cursor}`;
    }
    expect(isAscending(positions(paged))).toBeTrue();
    const streamed = await lines();
    expect(streamed.slice(0, paged.length)).toEqual(paged);
  });

  test('filters by type and stream, also in lines, and takes a limit', async () => {
    const created = await page('?type=qr.created&limit=1000');
    expect(created.length).toBeGreaterThan(0);
    expect(created.every(event => event.type === 'qr.created')).toBeTrue();
    expect(await lines('&type=qr.created')).toEqual(created);
    const [first, second] = await lines(`&stream=${code.id}`);
    expect(await lines(`&stream=${code.id}&after=${first!.position}&limit=1`)).toEqual([second!]);
    expect((await call('GET', `/v1/events?stream=${code.id}&limit=1`)).body).toMatchObject({ has_more: true });
    expect(await page('?stream=nothing')).toEqual([]);
  });

  test('filters by several types, by noun and by time, each the same in pages and in lines', async () => {
    const all = await lines();
    const ofNoun = all.filter(event => event.type.startsWith('qr.') || event.type === 'scan.recorded');
    expect(await lines('&type=scan.recorded,qr.*')).toEqual(ofNoun);
    expect(await page('?type=qr.*,scan.recorded&limit=1000')).toEqual(ofNoun);
    const middle = all[Math.floor(all.length / 2)]!.at;
    const [early, late] = [all.filter(({ at }) => at < middle), all.filter(({ at }) => at >= middle)];
    expect(await lines(`&before=${middle}`)).toEqual(early);
    expect(await lines(`&from=${middle}`)).toEqual(late);
    const next = new Date(Date.parse(middle) + 1).toISOString();
    expect(await page(`?from=${middle}&before=${next}&type=qr.*`)).toEqual(
      all.filter(({ at, type }) => at === middle && type.startsWith('qr.')),
    );
    expect(early.length * late.length).toBeGreaterThan(0);
    expect(await lines('&before=2020-01-01')).toEqual([]);
  });

  test('takes lines by the Accept header too, and says that nobody may keep them', async () => {
    const { headers, body } = await call('GET', '/v1/events', { headers: { accept: 'application/x-ndjson' } });
    expect(headers.get('content-type')).toBe('application/x-ndjson');
    expect(headers.get('cache-control')).toBe('private, no-store');
    expect(body).toEndWith('}\n');
  });

  test('while others write misses nothing: facts and scans in the order of their positions', async () => {
    let isWriting = true;
    const seen: Shown[] = [];
    const read = async () => {
      for (let last = false; !last; ) {
        last = !isWriting;
        for (let more = true; more; ) {
          const batch = await page(`?limit=1000&after=${seen.at(-1)?.position ?? 0}`);
          seen.push(...batch);
          more = batch.length > 0;
        }
      }
    };
    const write = async () => {
      const scans = Array.from({ length: 300 }, () => caller(program.url)('GET', new URL(code.shortUrl).pathname));
      const codes = Array.from({ length: 40 }, (_, i) => ({ ...json, label: `w${i}` }));
      const facts = Array.from({ length: 10 }, () => call('POST', '/v1/qr/bulk', { json: { codes } }));
      await Promise.all([...scans, ...facts]);
      isWriting = false;
    };
    await Promise.all([read(), write()]);
    const all = await lines();
    expect(isAscending(positions(seen))).toBeTrue();
    expect(positions(seen)).toEqual(positions(all).slice(0, seen.length));
    expect(seen.filter(event => event.data['label'] === 'w7')).toHaveLength(10);
    // The organisation's own events and the other's make up all positions, without a gap.
    const head = all.at(-1)!.position;
    const theirs = (await lines('', other)).filter(({ position }) => position < head);
    const everything = positions([...all, ...theirs]).sort((a, b) => a - b);
    expect(everything).toEqual(everything.map((_, i) => i + 1));
  }, 120_000);

  test('in lines ends at its limit, also where that is as many as are read at once', async () => {
    const codes = Array.from({ length: 1_001 }, () => json);
    await call('POST', '/v1/qr/bulk', { json: { codes } });
    expect(await lines('&limit=1000')).toHaveLength(1_000);
  });

  test.each([
    ['type=qr.exploded', '?type not_allowed'],
    ['type=toString', '?type not_allowed'],
    ['after=-1', '?after too_small'],
    ['after=1.5', '?after type'],
    ['limit=0', '?limit too_small'],
    ['limit=1001', '?limit too_large'],
    ['format=csv', '?format not_allowed'],
    ['from=soon', '?from format'],
    ['from=2026-04-08&before=2026-04-07', '?from too_large'],
    ['format=sse&limit=3', '?limit not_allowed'],
    ['cursor=1&after=1', '?cursor not_allowed'],
    ['curser=1', '?curser unknown_property'],
  ])('refuses %s', async (query, place) => {
    expect(places(refusal(await call('GET', `/v1/events?${query}`), 422, 'validation_failed'))).toEqual([place]);
  });
});
