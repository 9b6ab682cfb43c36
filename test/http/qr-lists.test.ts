/**
 * The list of codes over HTTP: pages, search, filters and orders as a caller asks for them, what a narrowed key sees of
 * it, and the list as it was at a moment of the past.
 */
import { beforeAll, describe, expect, test } from 'bun:test';
import { type Answer, type Call, caller } from '../support/client.ts';
import { callerWith } from '../support/keys.ts';
import type { Place } from '../support/program.ts';
import { places, refusal } from '../support/refusal.ts';
import { sharedProgram } from '../support/shared-program.ts';
import { organizationOf, stranger } from '../support/tenants.ts';

let program: Place;
let call: Call;

beforeAll(async () => {
  program = await sharedProgram();
  call = caller(program.url, program.key);
});

const destination = 'https://example.com/landing';
const make = (more: object) => call('POST', '/v1/qr/create', { json: { destination, ...more } });

describe('the list', () => {
  const labels = Array.from({ length: 25 }, (_, i) => `listed ${String(i).padStart(2, '0')}`);
  const labelsOf = (answer: Answer): string[] => answer.body.data.map((code: { label: string }) => code.label);

  beforeAll(async () => {
    const codes = labels.map(label => ({ destination, label }));
    codes.push({ destination: 'https://example.com/100%_\\', label: 'odd' });
    await call('POST', '/v1/qr/bulk', { json: { codes } });
  });

  test('is a page of the newest codes, as the reference shows it', async () => {
    const answer = await call('GET', '/v1/qr?search=listed');
    expect(answer.status).toBe(200);
    expect(answer.body).toMatchObject({ total: 25, page: 1, limit: 20, has_more: true });
    expect(labelsOf(answer)).toEqual(labels.toReversed().slice(0, 20));
    expect(answer.body.data[0]).toMatchObject({ label: 'listed 24', scans: 0, status: 'active' });
  });

  test('goes on by page and by cursor, each code once', async () => {
    const second = await call('GET', '/v1/qr?search=listed&page=2');
    expect(labelsOf(second)).toEqual(labels.toReversed().slice(20));
    expect(second.body).toMatchObject({ total: 25, page: 2, has_more: false, next_cursor: null });
    const beyond = await call('GET', '/v1/qr?search=listed&page=1000000');
    expect(beyond.body).toMatchObject({ data: [], total: 25, has_more: false });
    const seen: string[] = [];
    for (let cursor = ''; ; ) {
      const answer = await call('GET', `/v1/qr?search=listed&limit=7${cursor && `&cursor=${cursor}`}`);
      seen.push(...labelsOf(answer));
      if (!answer.body.has_more) break;
      // A code that is made meanwhile is newer than the cursor and shifts nothing.
      await make({ label: 'listed meanwhile' });
      cursor = answer.body.next_cursor;
    }
    expect(seen).toEqual(labels.toReversed());
  });

  test('is searched in label, destination and slug, and signs mean themselves', async () => {
    const count = async (search: string) =>
      (await call('GET', `/v1/qr?search=${encodeURIComponent(search)}`)).body.total;
    await make({ slug: 'find-me-here' });
    expect(await count('LISTED 07')).toBe(1);
    expect(await count('find-me')).toBe(1);
    expect(await count('100%_\\')).toBe(1);
    expect(await count('1%0')).toBe(0);
    expect(await count("'; drop table codes; --")).toBe(0);
  });

  test.each([
    ['page=0', '?page too_small'],
    ['page=-1', '?page too_small'],
    ['page=1.5', '?page type'],
    ['page=one', '?page type'],
    ['page=', '?page type'],
    ['page=99999999999999999999', '?page type'],
    ['limit=10000', '?limit too_large'],
    ['limit=0', '?limit too_small'],
    ['limit=1e2', '?limit type'],
    ['search=', '?search too_short'],
    ['status=gone', '?status not_allowed'],
    ['sort=id', '?sort not_allowed'],
    ['order=up', '?order not_allowed'],
    ['type=fax', '?type not_allowed'],
    ['static=yes', '?static type'],
    ['cursor=nonsense', '?cursor format'],
    ['cursor=', '?cursor too_short'],
    ['createdFrom=2026-02-30', '?createdFrom format'],
    ['asOf=2026-04-08', '?asOf format'],
    ['asOf=2126-04-08T12:00:00Z', '?asOf too_large'],
    ['asOf=999999999', '?asOf too_large'],
    ['label=a', '?label unknown_property'],
  ])('refuses %s', async (query, place) => {
    expect(places(refusal(await call('GET', `/v1/qr?${query}`), 422, 'validation_failed'))).toEqual([place]);
  });
});

describe('orders, filters and moments', () => {
  const ids: string[] = [];
  const listed = async (query: string): Promise<string[]> => {
    const { status, body } = await call('GET', `/v1/qr?folder=Order&${query}`);
    expect(status).toBe(200);
    return body.data.map((code: { label: string }) => code.label);
  };

  beforeAll(async () => {
    for (const [label, more] of [
      ['b', { tags: ['x'] }],
      ['C', { tags: ['x', 'y'], type: 'text', content: { text: 'Table 12' } }],
      ['a', { static: true }],
    ] as const) {
      const url = 'type' in more ? {} : { destination };
      ids.push((await call('POST', '/v1/qr/create', { json: { ...url, label, folder: 'Order', ...more } })).body.id);
    }
    expect((await call('PATCH', `/v1/qr/${ids[0]}`, { json: { destination: `${destination}/2` } })).status).toBe(200);
  });

  test('an order is by creation, by last change, by label or by scans, either way', async () => {
    expect(await listed('')).toEqual(['a', 'C', 'b']);
    expect(await listed('order=asc')).toEqual(['b', 'C', 'a']);
    expect(await listed('sort=label&order=asc')).toEqual(['a', 'b', 'C']);
    expect((await listed('sort=updated'))[0]).toBe('b');
    expect(await listed('sort=scans')).toEqual(['a', 'C', 'b']);
  });

  test('a cursor of one order is followed in that one and refused in another', async () => {
    const first = await call('GET', '/v1/qr?folder=Order&sort=label&order=asc&limit=2');
    const { next_cursor } = first.body;
    expect(await listed(`sort=label&order=asc&limit=2&cursor=${next_cursor}`)).toEqual(['C']);
    const refused = await call('GET', `/v1/qr?sort=label&cursor=${next_cursor}`);
    expect(places(refusal(refused, 422, 'validation_failed'))).toEqual(['?cursor format']);
  });

  test('a filter is by type, kind, tags and time, and all of them hold', async () => {
    expect(await listed('type=text')).toEqual(['C']);
    expect(await listed('static=true')).toEqual(['a']);
    expect(await listed('static=false')).toEqual(['C', 'b']);
    expect(await listed('tags=x,y&tagMatch=all')).toEqual(['C']);
    expect(await listed('tags=x&type=url')).toEqual(['b']);
    expect(await listed('createdBefore=2020-01-01')).toEqual([]);
    expect(await listed('createdFrom=2020-01-01')).toHaveLength(3);
    expect(await listed(`search=${ids[1]!.slice(-10)}`)).toEqual(['C']);
  });

  test('deleted codes are shown to who asks for them', async () => {
    const { body } = await make({ label: 'doomed', folder: 'Doomed' });
    await call('DELETE', `/v1/qr/${body.id}`);
    expect((await call('GET', '/v1/qr?folder=Doomed')).body.total).toBe(0);
    const { data } = (await call('GET', '/v1/qr?folder=Doomed&status=deleted')).body;
    expect(data).toMatchObject([{ id: body.id, label: 'doomed', status: 'deleted' }]);
  });

  test('the list as of a position is what it was, and tells versions instead of scans', async () => {
    const { body: code } = await make({ label: 'before', folder: 'Past' });
    const { body: events } = await call('GET', `/v1/events?stream=${code.id}`);
    const { position } = events.data[0];
    await call('PATCH', `/v1/qr/${code.id}`, { json: { label: 'after' } });
    const was = await call('GET', `/v1/qr?folder=Past&asOf=${position}`);
    expect(was.body.data).toMatchObject([{ label: 'before', version: 1 }]);
    expect(was.body.data[0]).not.toHaveProperty('scans');
    expect((await call('GET', `/v1/qr?folder=Past&asOf=${position - 1}`)).body.data).toEqual([]);
    expect((await call('GET', '/v1/qr?folder=Past')).body.data).toMatchObject([{ label: 'after', scans: 0 }]);
    const scans = await call('GET', `/v1/qr?asOf=${position}&sort=scans`);
    expect(places(refusal(scans, 422, 'validation_failed'))).toEqual(['?sort not_allowed']);
  });

  test('a key sees the codes in its reach only, and another organisation none', async () => {
    const narrow = await callerWith(program, await organizationOf(program), { tags: ['y'] });
    const { body } = await narrow('GET', '/v1/qr');
    expect([body.data.map((code: { id: string }) => code.id), body.total]).toEqual([[ids[1]], 1]);
    const other = await stranger(program);
    expect((await other('GET', '/v1/qr')).body).toMatchObject({ data: [], total: 0 });
  });
});
