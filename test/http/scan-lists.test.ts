/**
 * Scans one by one, as files and as they come, over HTTP: what a reader of the API, a spreadsheet, an engine of analysis
 * and a live reader each get is the same scans.
 */
import { beforeAll, describe, expect, test } from 'bun:test';
import { type Call, caller, iPhone } from '../support/client.ts';
import { asked, fileOf } from '../support/duck.ts';
import { callerWith } from '../support/keys.ts';
import type { Place } from '../support/program.ts';
import { places, refusal } from '../support/refusal.ts';
import { sharedProgram } from '../support/shared-program.ts';
import { organizationOf, stranger } from '../support/tenants.ts';
import { until } from '../support/until.ts';

let program: Place;
let call: Call;
const ids: string[] = [];
const paths: string[] = [];
const googlebot = 'Googlebot/2.1 (+http://www.google.com/bot.html)';

const scan = (n: number, { agent = iPhone, query = '' } = {}) =>
  call('GET', `${paths[n]}${query}`, { headers: { 'user-agent': agent, 'x-forwarded-for': '8.8.8.8' } });
// biome-ignore lint/suspicious/noExplicitAny: a test looks at whatever came back
const listed = async (query = '', by = call): Promise<any[]> => (await by('GET', `/v1/scans${query}`)).body.data;

beforeAll(async () => {
  program = await sharedProgram();
  call = caller(program.url, program.key);
  for (const tags of [['a'], ['b']]) {
    const json = { destination: `https://example.com/=${tags[0]}`, tags };
    const { body } = await call('POST', '/v1/qr/create', { json });
    ids.push(body.id);
    paths.push(new URL(body.shortUrl).pathname);
  }
  await scan(0, { query: '?utm_source=%3D1%2B1&utm_campaign=%22spring%22%2C%20sale' });
  await scan(1);
  await scan(0, { agent: googlebot });
  await call('PATCH', `/v1/qr/${ids[0]}`, { json: { destination: 'https://example.com/next' } });
  await scan(0);
});

describe('the list of scans', () => {
  test('tells each with where it led, newest first', async () => {
    const data = await listed();
    expect(data.map(({ code, version, destination, kind }) => [code, version, destination, kind])).toEqual([
      [ids[0], 2, 'https://example.com/next', 'scan'],
      [ids[0], 1, 'https://example.com/=a', 'bot'],
      [ids[1], 1, 'https://example.com/=b', 'scan'],
      [ids[0], 1, 'https://example.com/=a', 'scan'],
    ]);
    expect(data[3]).toMatchObject({
      ...{ country: 'US', device: 'mobile', os: 'iOS', browser: 'Safari', rule: null, referrer: null },
      ...{ utmSource: '=1+1', utmMedium: null, utmCampaign: '"spring", sale' },
    });
    expect(Date.parse(data[0].at)).toBeWithin(Date.now() - 60_000, Date.now() + 1);
  });

  test('goes on behind a cursor, either way, each scan once', async () => {
    for (const order of ['asc', 'desc']) {
      const positions: number[] = [];
      for (let cursor = ''; ; ) {
        const { body } = await call('GET', `/v1/scans?limit=1&order=${order}${cursor && `&cursor=${cursor}`}`);
        positions.push(body.data[0].position);
        if (!body.has_more) break;
        cursor = body.next_cursor;
      }
      expect(positions).toHaveLength(4);
      expect(positions).toEqual([...positions].sort((a, b) => (order === 'asc' ? a - b : b - a)));
    }
  });

  test('is narrowed by code, kind, time and what a scan says', async () => {
    for (const [query, n] of [
      [`?codes=${ids[1]}`, 1],
      ['?tags=a', 3],
      ['?kind=bot', 1],
      ['?kind=scan,bot', 4],
      ['?utmSource=%3D1%2B1', 1],
      ['?utmSource=', 3],
      ['?country=us&kind=scan', 3],
      ['?before=2020-01-01', 0],
      ['?from=2020-01-01', 4],
    ] as const) {
      expect([query, (await listed(query)).length]).toEqual([query, n]);
    }
  });

  test('holds only scans of codes that the key sees', async () => {
    const org = await organizationOf(program);
    expect(await listed('', await callerWith(program, org, { tags: ['b'] }))).toHaveLength(1);
    expect(await listed('', await callerWith(program, org, { mode: 'test' }))).toEqual([]);
    expect(await listed('', await stranger(program))).toEqual([]);
  });

  test.each([
    ['limit=0', '?limit too_small'],
    ['cursor=x', '?cursor format'],
    ['from=2026-02-30', '?from format'],
    ['from=2026-02-02&before=2026-02-01', '?from too_large'],
    ['kind=scan,human', '?kind pattern'],
    ['country=DE,Germany', '?country pattern'],
    ['colour=red', '?colour unknown_property'],
  ])('refuses %s', async (query, place) => {
    expect(places(refusal(await call('GET', `/v1/scans?${query}`), 422, 'validation_failed'))).toEqual([place]);
  });
});

describe('an export', () => {
  const bytesOf = async (format: string): Promise<string | Uint8Array> =>
    (await call('GET', `/v1/scans/export?format=${format}`)).body;

  test.each([
    [
      'csv',
      "select * from read_csv($file, all_varchar = true, delim = ',', quote = '\"', escape = '\"', header = true)",
    ],
    ['ndjson', "select * from read_json($file, format = 'newline_delimited')"],
    ['parquet', 'select * from read_parquet($file)'],
  ])('as %s is read by an engine of analysis, every value as the list tells it', async (format, question) => {
    const rows = await asked(fileOf(`scans.${format}`, await bytesOf(format)), question);
    const list = await listed('?order=asc');
    expect(rows).toHaveLength(list.length);
    for (const [i, row] of rows.entries()) {
      const { at, ...scan } = list[i];
      const { at: readAt, ...read } = row;
      expect(Date.parse(`${String(readAt).replace(' ', 'T').replace(/Z?$/, 'Z')}`)).toBe(Date.parse(at));
      for (const [name, value] of Object.entries(scan)) {
        // A spreadsheet would take it for a formula.
        const told = format === 'csv' && String(value).startsWith('=') ? `'${value}` : value;
        expect([name, String(read[name] ?? '')]).toEqual([name, String(told ?? '')]);
      }
    }
  });

  test('is of what the filters let through, and a file also without any scan', async () => {
    const lines = String((await call('GET', '/v1/scans/export?format=ndjson&kind=bot')).body)
      .trim()
      .split('\n');
    expect(lines.map(line => JSON.parse(line).kind)).toEqual(['bot']);
    const none = await call('GET', '/v1/scans/export?format=parquet&before=2020-01-01');
    expect(await asked(fileOf('none.parquet', none.body), 'select count(*) as n from read_parquet($file)')).toEqual([
      { n: '0' },
    ]);
    expect(String((await call('GET', '/v1/scans/export?before=2020-01-01')).body)).toStartWith('position,at,code,');
  });
});

describe('live counts', () => {
  /** Messages of a stream as they arrive. */
  async function follow(query = '', headers: Record<string, string> = {}) {
    const messages: { id: string; data: { scans: number; codes: Record<string, number> } }[] = [];
    const leaving = new AbortController();
    const response = await fetch(`${program.url}/v1/scans/live${query}`, {
      headers: { authorization: `Bearer ${program.key}`, ...headers },
      signal: leaving.signal,
    });
    expect(response.headers.get('content-type')).toBe('text/event-stream');
    const reading = (async () => {
      let text = '';
      for await (const piece of response.body!.pipeThrough(new TextDecoderStream())) {
        text += piece;
        const parts = text.split('\n\n');
        text = parts.pop()!;
        for (const part of parts) {
          const [, id, data] = /id: (\d+)\ndata: (.*)/.exec(part) ?? [];
          if (data !== undefined) messages.push({ id: id!, data: JSON.parse(data) });
        }
      }
    })().catch(() => {});
    const total = () => messages.reduce((sum, { data }) => sum + data.scans, 0);
    const leave = () => {
      leaving.abort();
      return reading;
    };
    return { messages, total, leave };
  }

  test('add up to the scans, of the codes that were asked for, without bots', async () => {
    const [all, some] = [await follow(), await follow(`?codes=${ids[1]}`)];
    for (const n of [0, 1, 1, 0, 1]) await scan(n);
    await scan(0, { agent: googlebot });
    await until(() => all.total() === 5 && some.total() === 3, 20_000);
    expect(some.messages.every(({ data }) => Object.keys(data.codes).join() === ids[1])).toBe(true);
    await Promise.all([all.leave(), some.leave()]);
  });

  test('go on after a break where the reader was', async () => {
    const first = await follow();
    await scan(0);
    await until(() => first.total() === 1, 20_000);
    await first.leave();
    for (const n of [1, 0]) await scan(n);
    const again = await follow('', { 'last-event-id': first.messages.at(-1)!.id });
    await scan(1);
    await until(() => again.total() === 3, 20_000);
    await again.leave();
  });

  test('end after as many messages as are asked for, and let the ledger go', async () => {
    const first = await call('GET', '/v1/scans/live?limit=1', { headers: { 'last-event-id': '0' } });
    expect(String(first.body).match(/^data: /gm)).toHaveLength(1);
  });

  test('are refused behind an id that is none', async () => {
    const answer = await call('GET', '/v1/scans/live', { headers: { 'last-event-id': 'x' } });
    expect(places(refusal(answer, 422, 'validation_failed'))).toEqual(['header:Last-Event-ID format']);
    const beyond = await call('GET', '/v1/scans/live', { headers: { 'last-event-id': '999999999999999' } });
    expect(places(refusal(beyond, 422, 'validation_failed'))).toEqual(['header:Last-Event-ID too_large']);
  });
});
