/**
 * Tags and folders in use, as the API tells them: those of the codes that a key sees, with their counts, page by page.
 */
import { beforeAll, describe, expect, test } from 'bun:test';
import { type Call, caller } from '../support/client.ts';
import { callerWith } from '../support/keys.ts';
import type { Place } from '../support/program.ts';
import { places, refusal } from '../support/refusal.ts';
import { sharedProgram } from '../support/shared-program.ts';
import { organizationOf, stranger } from '../support/tenants.ts';

let program: Place;
let call: Call;
let doomed: string;

beforeAll(async () => {
  program = await sharedProgram();
  call = caller(program.url, program.key);
  const destination = 'https://example.com/';
  const codes = [
    { destination, tags: ['Summer', 'poster'], folder: 'Flyers' },
    { destination, tags: ['summer'], folder: 'Flyers' },
    { destination, tags: ['ärger', '🍓'], folder: 'flyers' },
    { destination },
    { destination, tags: ['doomed'], folder: 'Doomed' },
  ];
  const { body } = await call('POST', '/v1/qr/bulk', { json: { codes } });
  doomed = body.codes.at(-1).id;
});

const named = (...rows: [string, number][]) => rows.map(([name, codes]) => ({ name, codes }));

describe('tags and folders', () => {
  test('are known as soon as a code has them, in the order of their characters, and gone with its last one', async () => {
    expect((await call('GET', '/v1/tags')).body.data.map(({ name }: { name: string }) => name)).toContain('doomed');
    expect((await call('DELETE', `/v1/qr/${doomed}`)).status).toBe(200);
    const tags = await call('GET', '/v1/tags');
    expect(tags.status).toBe(200);
    expect(tags.body).toEqual({
      data: named(['poster', 1], ['summer', 2], ['ärger', 1], ['🍓', 1]),
      total: 4,
      limit: 100,
      has_more: false,
      next_cursor: null,
    });
    expect((await call('GET', '/v1/folders')).body).toMatchObject({
      data: named(['Flyers', 2], ['flyers', 1]),
      total: 2,
    });
  });

  test('come page by page, each name once', async () => {
    const seen: string[] = [];
    for (let cursor = ''; ; ) {
      const { body } = await call('GET', `/v1/tags?limit=1${cursor && `&cursor=${cursor}`}`);
      seen.push(...body.data.map(({ name }: { name: string }) => name));
      expect(body).toMatchObject({ total: 4, limit: 1 });
      if (!body.has_more) break;
      cursor = body.next_cursor;
    }
    expect(seen).toEqual(['poster', 'summer', 'ärger', '🍓']);
  });

  test('are what the filters of the list take', async () => {
    for (const [query, total] of [
      ['tags=SUMMER', 2],
      ['tags=summer,ärger', 3],
      ['tags=summer,poster&tagMatch=all', 1],
      ['folder=Flyers', 2],
      ['folder=', 1],
    ] as const) {
      expect([query, (await call('GET', `/v1/qr?${query}`)).body.total]).toEqual([query, total]);
    }
  });

  test('are those of the codes that a key sees', async () => {
    const org = await organizationOf(program);
    const narrow = await callerWith(program, org, { tags: ['poster'], role: 'viewer', scope: 'read' });
    expect((await narrow('GET', '/v1/tags')).body.data).toEqual(named(['poster', 1], ['summer', 1]));
    expect((await narrow('GET', '/v1/folders')).body.data).toEqual(named(['Flyers', 1]));
    const trial = await callerWith(program, org, { mode: 'test' });
    expect((await trial('GET', '/v1/tags')).body).toMatchObject({ data: [], total: 0 });
    const other = await stranger(program);
    expect((await other('GET', '/v1/folders')).body).toMatchObject({ data: [], total: 0 });
  });

  test.each([
    ['limit=0', '?limit too_small'],
    ['limit=1001', '?limit too_large'],
    ['limit=many', '?limit type'],
    ['cursor=', '?cursor too_short'],
    ['page=2', '?page unknown_property'],
  ])('refuse %s', async (query, place) => {
    for (const list of ['tags', 'folders']) {
      expect(places(refusal(await call('GET', `/v1/${list}?${query}`), 422, 'validation_failed'))).toEqual([place]);
    }
  });

  test('take any cursor for a name to go on behind', async () => {
    const behind = (name: string) => Buffer.from(name).toString('base64url');
    expect((await call('GET', `/v1/tags?cursor=${behind('q')}`)).body.data[0].name).toBe('summer');
    expect((await call('GET', `/v1/tags?cursor=${behind('p\0')}`)).body.data[0].name).toBe('poster');
    expect((await call('GET', '/v1/tags?cursor=%F0%9F')).status).toBeLessThan(500);
  });
});
