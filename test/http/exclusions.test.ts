/**
 * Exclusions over HTTP: analytics without what is excluded by key, time or flag, with it again when it is included, and
 * the scans themselves untouched.
 */
import { beforeAll, describe, expect, test } from 'bun:test';
import { type Call, caller, iPhone } from '../support/client.ts';
import type { Place } from '../support/program.ts';
import { places, refusal } from '../support/refusal.ts';
import { sharedProgram } from '../support/shared-program.ts';
import { keyOf, organizationOf, stranger } from '../support/tenants.ts';
import { until } from '../support/until.ts';

let program: Place;
let call: Call;
let tester: string;
const ids: string[] = [];
const paths: string[] = [];

const scan = (n: number, visitor: number, query = '') =>
  call('GET', `${paths[n]}${query}`, { headers: { 'user-agent': iPhone, 'x-forwarded-for': `8.8.8.${visitor}` } });
const counted = async (query = '') => {
  const { totalScans, uniqueScans } = (await call('GET', `/v1/analytics${query}`)).body;
  return [totalScans, uniqueScans];
};
const of = async (n: number) => (await call('GET', `/v1/qr/${ids[n]}/analytics`)).body.totalScans;
const exclude = async (json: object): Promise<string> => {
  const { status, body, headers } = await call('POST', '/v1/exclusions', { json });
  expect(status).toBe(201);
  expect(headers.get('location')).toEndWith(`/v1/exclusions/${body.id}`);
  return body.id;
};
const include = (id: string) => call('DELETE', `/v1/exclusions/${id}`);

beforeAll(async () => {
  program = await sharedProgram();
  call = caller(program.url, program.key);
  const key = await keyOf(program, await organizationOf(program), 'write');
  const byTester = caller(program.url, key);
  await until(async () => (await byTester('GET', '/v1/account/usage')).status === 200, 20_000);
  for (const by of [call, byTester]) {
    const { body } = await by('POST', '/v1/qr/create', { json: { destination: 'https://example.com/' } });
    ids.push(body.id);
    paths.push(new URL(body.shortUrl).pathname);
  }
  const { body } = await call('GET', `/v1/qr/${ids[1]}/history`);
  tester = body.data[0].actor.id;
  await scan(0, 1);
  await scan(0, 2, '?utm_source=test');
  await scan(0, 3, '?utm_source=poster');
  await scan(1, 1);
  await scan(1, 4);
  await until(async () => (await counted())[0] === 5, 20_000);
});

describe('scans that are excluded', () => {
  test('by the key that made their codes are not counted until they are included again', async () => {
    expect(await counted()).toEqual([5, 4]);
    const id = await exclude({ key: tester, reason: 'Codes of our tests' });
    expect([await counted(), await of(0), await of(1)]).toEqual([[3, 3], 3, 0]);
    expect((await include(id)).body).toEqual({ included: true, id });
    expect([await counted(), await of(1)]).toEqual([[5, 4], 2]);
    refusal(await include(id), 404, 'not_found');
    refusal(await call('GET', `/v1/exclusions/${id}`), 404, 'not_found');
  });

  test('by a flag in the short URL are told apart from the others of their code', async () => {
    const id = await exclude({ utmSource: 'test' });
    expect([await counted(), await of(0)]).toEqual([[4, 3], 2]);
    expect(await counted('?exclusions=ignore')).toEqual([5, 4]);
    expect(await counted('?utmSource=test')).toEqual([0, 0]);
    const { body } = await call('GET', '/v1/analytics');
    expect(body.excluded).toEqual([id]);
    await include(id);
  });

  test('by time, of all codes or of some, are left out of that time only', async () => {
    const hour = 3_600_000;
    const start = new Date(Math.floor(Date.now() / hour) * hour - hour).toISOString();
    const end = new Date(Math.floor(Date.now() / hour) * hour + 2 * hour).toISOString();
    const all = await exclude({ from: start, before: end });
    expect(await counted()).toEqual([0, 0]);
    await include(all);
    const some = await exclude({ from: start, codes: [ids[0]] });
    expect([await counted(), await of(0)]).toEqual([[2, 2], 0]);
    await include(some);
    const past = await exclude({ before: '2020-01-01T00:15:00Z' });
    expect(await counted()).toEqual([5, 4]);
    await include(past);
  });

  test('stay in lists and exports, for they have happened', async () => {
    const id = await exclude({ key: tester });
    expect((await call('GET', '/v1/scans')).body.data).toHaveLength(5);
    expect(await of(1)).toBe(0);
    expect((await call('GET', `/v1/qr/${ids[1]}`)).body.scans).toBe(2);
    await include(id);
  });
});

describe('an exclusion', () => {
  test('is listed while it is in force, and made once for an idempotency key', async () => {
    const headers = { 'idempotency-key': 'once' };
    const json = { utmCampaign: 'rehearsal', reason: 'Fair' };
    const [first, again] = [
      await call('POST', '/v1/exclusions', { json, headers }),
      await call('POST', '/v1/exclusions', { json, headers }),
    ];
    expect(again.body).toEqual(first.body);
    const { body } = await call('GET', '/v1/exclusions');
    expect(body).toMatchObject({ total: 1, data: [first.body] });
    const one = await call('GET', `/v1/exclusions/${first.body.id}`);
    expect([one.body, one.headers.get('etag')]).toEqual([first.body, '"1"']);
    await include(first.body.id);
  });

  test.each<[object, string[]]>([
    [{}, ['/ required']],
    [{ from: '2026-04-08T12:10:00Z' }, ['/from multiple_of']],
    [{ from: 'yesterday', before: '2026-02-30T00:00:00Z' }, ['/from format', '/before format']],
    [{ from: '2026-04-08T12:00:00Z', before: '2026-04-08T12:00:00Z' }, ['/from too_large']],
    [{ flag: 'test' }, ['/flag unknown_property']],
    [{ codes: [] }, ['/codes too_few']],
  ])('of %j is refused', async (json, expected) => {
    const faults = places(refusal(await call('POST', '/v1/exclusions', { json }), 422, 'validation_failed'));
    expect(faults.map(place => place.replace(/^ /, '/ '))).toEqual(expect.arrayContaining(expected));
  });

  test('names codes and keys that are there, and belongs to its organisation', async () => {
    expect(
      places(refusal(await call('POST', '/v1/exclusions', { json: { codes: ['qr_x'] } }), 404, 'not_found')),
    ).toEqual(['/codes unknown']);
    refusal(await call('POST', '/v1/exclusions', { json: { key: 'key_x' } }), 404, 'not_found');
    const id = await exclude({ utmSource: 'test' });
    const other = await stranger(program);
    refusal(await other('GET', `/v1/exclusions/${id}`), 404, 'not_found');
    refusal(await other('DELETE', `/v1/exclusions/${id}`), 404, 'not_found');
    expect((await other('GET', '/v1/exclusions')).body.total).toBe(0);
    await include(id);
  });
});
