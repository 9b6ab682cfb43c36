import { beforeAll, describe, expect, test } from 'bun:test';
import { type Call, caller } from '../support/client.ts';
import type { Place } from '../support/program.ts';
import { places, refusal } from '../support/refusal.ts';
import { sharedProgram } from '../support/shared-program.ts';
import { keyOf, organizationOf, stranger } from '../support/tenants.ts';
import { until } from '../support/until.ts';

let program: Place;
let call: Call;

beforeAll(async () => {
  program = await sharedProgram();
  call = caller(program.url, program.key);
});

const looks = { dotShape: 'rounded', dotColor: '#14213d', frame: { shape: 'banner-bottom', text: 'SCAN ME' } };
const pale = { dotColor: '#cccccc' };
const create = (json: object = { name: 'House', style: looks }, headers = {}) =>
  call('POST', '/v1/styles', { json, headers });

describe('a style template', () => {
  test('is created, got, renamed, changed and deleted, under a version', async () => {
    const { status, headers, body } = await create();
    expect([status, headers.get('etag')]).toEqual([201, '"1"']);
    expect(headers.get('location')).toEndWith(`/v1/styles/${body.id}`);
    expect(body).toMatchObject({ name: 'House', style: looks, createdAt: body.updatedAt });
    expect(body.id).toMatch(/^sty_[0-9A-HJKMNP-TV-Z]{26}$/);

    const path = `/v1/styles/${body.id}`;
    expect((await call('GET', path)).body).toEqual(body);
    expect((await call('GET', path, { headers: { 'if-none-match': '"1"' } })).status).toBe(304);
    refusal(
      await call('PATCH', path, { json: { name: 'X' }, headers: { 'if-match': '"9"' } }),
      412,
      'precondition_failed',
    );
    const changed = await call('PATCH', path, { json: { name: 'New', style: {} }, headers: { 'if-match': '"1"' } });
    expect(changed.headers.get('etag')).toBe('"3"');
    expect(changed.body).toMatchObject({ id: body.id, name: 'New', style: {}, createdAt: body.createdAt });
    expect((await call('GET', path)).body).toEqual(changed.body);

    expect((await call('DELETE', path)).body).toEqual({ deleted: true, id: body.id });
    for (const method of ['GET', 'DELETE']) refusal(await call(method, path), 404, 'not_found');
    const { data } = (await call('GET', `/v1/events?stream=${body.id}`)).body;
    expect(data.map((event: { type: string }) => event.type)).toEqual([
      'style.created',
      'style.renamed',
      'style.changed',
      'style.deleted',
    ]);
  });

  test('is made once for one idempotency key', async () => {
    const headers = { 'idempotency-key': 'style-1' };
    const [first, again] = [await create(undefined, headers), await create(undefined, headers)];
    expect(again.body).toEqual(first.body);
    expect(again.headers.get('idempotency-replayed')).toBe('true');
    refusal(await create({ name: 'Other', style: {} }, headers), 422, 'idempotency_key_reused');
  });

  test('that does not scan is refused where it fails, and says so when it was forced', async () => {
    const faults = refusal(await create({ name: 'Pale', style: pale }), 422, 'validation_failed');
    expect(places(faults)).toEqual(['/style/dotColor not_scannable']);
    const { status, body } = await create({ name: 'Pale', style: pale, force: true });
    expect([status, body.forced]).toEqual([201, true]);
    const path = `/v1/styles/${body.id}`;
    expect((await call('GET', path)).body.forced).toBe(true);
    const back = await call('PATCH', path, { json: { style: looks } });
    expect(back.body.forced).toBeUndefined();
    refusal(await call('PATCH', path, { json: { style: pale } }), 422, 'validation_failed');
    expect((await call('PATCH', `${path}?force=true`, { json: { style: pale } })).body.forced).toBe(true);
  });

  test.each<[object, string[]]>([
    [{}, ['/name required', '/style required']],
    [{ name: '', style: {} }, ['/name too_short']],
    [{ name: 'a\u0000', style: {} }, ['/name format']],
    [
      { name: 'A', style: { dotShape: 'round', colour: 1 } },
      ['/style/colour unknown_property', '/style/dotShape not_allowed'],
    ],
    [{ name: 'A', style: { frame: { shape: 'box', text: '扫' } } }, ['/style/frame/text missing_glyph']],
  ])('%j is refused', async (json, expected) => {
    expect(places(refusal(await create(json), 422, 'validation_failed')).sort()).toEqual(expected);
  });
});

describe('templates', () => {
  test('are listed newest first, page by page', async () => {
    const theirs = await stranger(program, 'Lists');
    const ids: string[] = [];
    for (const name of ['a', 'b', 'c'])
      ids.unshift((await theirs('POST', '/v1/styles', { json: { name, style: {} } })).body.id);
    const { body } = await theirs('GET', '/v1/styles?limit=2');
    expect(body).toMatchObject({ total: 3, limit: 2, has_more: true });
    const rest = (await theirs('GET', `/v1/styles?limit=2&cursor=${body.next_cursor}`)).body;
    expect([...body.data, ...rest.data].map(style => style.id)).toEqual(ids);
    expect([rest.has_more, rest.next_cursor]).toEqual([false, null]);
    expect(places(refusal(await theirs('GET', '/v1/styles?cursor=abc'), 422, 'validation_failed'))).toEqual([
      '?cursor format',
    ]);
  });

  test('are not there for another organisation, and not to be changed by a key that only reads', async () => {
    const { body } = await create();
    const theirs = await stranger(program);
    for (const [method, json] of [['GET'], ['PATCH', { name: 'X' }], ['DELETE']] as const) {
      refusal(await theirs(method, `/v1/styles/${body.id}`, json ? { json } : {}), 404, 'not_found');
    }
    const reader = caller(program.url, await keyOf(program, await organizationOf(program), 'read'));
    await until(async () => (await reader('GET', `/v1/styles/${body.id}`)).status === 200, 5_000);
    refusal(await reader('DELETE', `/v1/styles/${body.id}`), 403, 'scope_missing');
  });
});
