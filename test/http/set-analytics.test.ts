/**
 * Analytics of many codes over HTTP: of all that a key sees, a tag, a folder and a list, where a visitor of several
 * codes is one.
 */
import { beforeAll, describe, expect, test } from 'bun:test';
import { type Call, caller, iPhone } from '../support/client.ts';
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

const scan = (n: number, address: string) =>
  call('GET', paths[n]!, { headers: { 'user-agent': iPhone, 'x-forwarded-for': address } });
const ask = async (query = '', by = call) => (await by('GET', `/v1/analytics${query}`)).body;

beforeAll(async () => {
  program = await sharedProgram();
  call = caller(program.url, program.key);
  for (const more of [{ tags: ['a'] }, { tags: ['a', 'b'], folder: 'F' }, { folder: 'F' }, {}]) {
    const json = { destination: `https://example.com/${ids.length}`, ...more };
    const { body } = await call('POST', '/v1/qr/create', { json });
    ids.push(body.id);
    paths.push(new URL(body.shortUrl).pathname);
  }
  // Visitors 1 to 3: each of the codes before the last one by one more of them.
  for (const [n, visitors] of [
    [0, 1],
    [1, 2],
    [2, 3],
    [3, 1],
  ] as const) {
    for (let visitor = 1; visitor <= visitors; visitor++) await scan(n, `8.8.8.${visitor}`);
  }
  await scan(0, '8.8.8.1');
  await until(async () => (await ask()).totalScans === 8, 20_000);
});

describe('analytics of many codes', () => {
  test('are of all of them, and a visitor of several is one', async () => {
    const body = await ask();
    expect(body).toMatchObject({
      codes: null,
      totalScans: 8,
      uniqueScans: 3,
      topCountries: [{ country: 'US', scans: 8 }],
    });
    expect(body.timeSeries).toHaveLength(30);
    expect(body.topCodes.values.slice(0, 3)).toEqual([
      { id: ids[2], scans: 3 },
      { id: ids[0], scans: 2 },
      { id: ids[1], scans: 2 },
    ]);
    expect(body.dimensions.destination.values[0]).toEqual({ value: 'https://example.com/2', scans: 3 });
  });

  test('are of a tag, a folder, a list or a search', async () => {
    for (const [query, codes, totalScans, uniqueScans] of [
      ['?tags=a', 2, 4, 2],
      ['?tags=A,b&tagMatch=all', 1, 2, 2],
      ['?folder=F', 2, 5, 3],
      ['?folder=', 2, 3, 1],
      [`?codes=${ids[0]},${ids[3]}`, 2, 3, 1],
      ['?search=example.com/2', 1, 3, 3],
      ['?folder=F&top=1', 2, 5, 3],
      ['?tags=none', 0, 0, 0],
      ['?destination=https://example.com/1', null, 2, 2],
    ] as const) {
      const body = await ask(query);
      expect({ query, codes: body.codes, totalScans: body.totalScans, uniqueScans: body.uniqueScans }).toEqual({
        ...{ query, codes, totalScans, uniqueScans },
      });
    }
    expect((await ask('?folder=F&top=1')).topCodes).toEqual({
      values: [{ id: ids[2], scans: 3 }],
      rest: { values: 1, scans: 2 },
    });
  });

  test('are of the codes that a key sees, also of those that are deleted', async () => {
    const org = await organizationOf(program);
    const narrow = await callerWith(program, org, { tags: ['a'] });
    expect(await ask('', narrow)).toMatchObject({ codes: 2, totalScans: 4 });
    expect(await ask('', await callerWith(program, org, { mode: 'test' }))).toMatchObject({ totalScans: 0 });
    expect(await ask('', await stranger(program))).toMatchObject({ totalScans: 0, topCodes: { values: [] } });
    await call('DELETE', `/v1/qr/${ids[3]}`);
    expect(await ask()).toMatchObject({ totalScans: 8 });
    expect(await ask(`?codes=${ids[3]}`)).toMatchObject({ codes: 1, totalScans: 1 });
  });

  test('of a code that is not there are not there', async () => {
    const other = await stranger(program, 'Third');
    expect(places(refusal(await call('GET', `/v1/analytics?codes=${ids[0]},qr_x`), 404, 'not_found'))).toEqual([
      '?codes unknown',
    ]);
    expect(places(refusal(await other('GET', `/v1/analytics?codes=${ids[0]}`), 404, 'not_found'))).toEqual([
      '?codes unknown',
    ]);
  });

  test.each([
    ['tagMatch=all', '?tagMatch not_allowed'],
    ['codes=', '?codes too_short'],
    [`codes=${'q,'.repeat(1_001)}`, '?codes too_many'],
    ['tag=a', '?tag unknown_property'],
    ['from=2026-02-30', '?from format'],
  ])('refuse %s', async (query, place) => {
    expect(places(refusal(await call('GET', `/v1/analytics?${query}`), 422, 'validation_failed'))).toEqual([place]);
  });

  test('are asked of a thousand codes by their ids, in an address of 32 KB', async () => {
    const codes = Array.from({ length: 996 }, (_, i) => ({ destination: `https://example.com/more/${i}` }));
    const { body } = await call('POST', '/v1/qr/bulk', { json: { codes } });
    const all = [...ids, ...body.codes.map(({ id }: { id: string }) => id)];
    expect(await ask(`?codes=${encodeURIComponent(all.join(','))}`)).toMatchObject({ codes: 1_000, totalScans: 8 });
  });
});
