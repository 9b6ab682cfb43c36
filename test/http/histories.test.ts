import { beforeAll, describe, expect, test } from 'bun:test';
import { actorOf } from '../../src/http/histories.ts';
import { type Call, caller } from '../support/client.ts';
import { callerWith } from '../support/keys.ts';
import type { Place } from '../support/program.ts';
import { places, refusal } from '../support/refusal.ts';
import { sharedProgram } from '../support/shared-program.ts';
import { anotherOrganization, keyOf, organizationOf } from '../support/tenants.ts';

let program: Place;
let call: Call;
let org: string;

beforeAll(async () => {
  program = await sharedProgram();
  call = caller(program.url, program.key);
  org = await organizationOf(program);
});

const made = { destination: 'https://example.com/1', label: 'first', slug: 'told' };
const make = async (json: object = { destination: made.destination }): Promise<string> =>
  (await call('POST', '/v1/qr/create', { json })).body.id;
const history = (id: string, tail = '') => call('GET', `/v1/qr/${id}/history${tail}`);

describe('a history', () => {
  test('tells of each version who made it, when, with which request, and from what to what', async () => {
    const editor = await callerWith(program, org, { name: 'Shop floor', scope: 'write' });
    const creation = await call('POST', '/v1/qr/create', { json: made });
    const { id } = creation.body;
    const json = { label: null, destination: 'https://example.com/2' };
    const change = await editor('PATCH', `/v1/qr/${id}`, { json });
    const deletion = await call('DELETE', `/v1/qr/${id}`);
    const { status, body } = await history(id);
    expect(status).toBe(200);
    expect(body).toMatchObject({ total: 4, limit: 20, has_more: false, next_cursor: null });
    const [deleted, relabeled, retargeted, created] = body.data;
    expect(deleted).toMatchObject({
      version: 4,
      type: 'qr.deleted',
      actor: { kind: 'key', name: 'First key' },
      request: deletion.headers.get('x-request-id'),
      changes: [{ field: 'status', from: 'active', to: 'deleted' }],
    });
    expect(relabeled).toMatchObject({
      version: 3,
      type: 'qr.relabeled',
      actor: { kind: 'key', name: 'Shop floor' },
      request: change.headers.get('x-request-id'),
      changes: [{ field: 'label', from: 'first', to: null }],
    });
    expect(retargeted).toMatchObject({
      version: 2,
      type: 'qr.retargeted',
      request: relabeled.request,
      changes: [{ field: 'destination', from: made.destination, to: 'https://example.com/2' }],
    });
    expect(created).toMatchObject({ version: 1, request: creation.headers.get('x-request-id') });
    expect(created.changes).toContainEqual({ field: 'slug', from: null, to: 'told' });
    const events = (await call('GET', `/v1/events?stream=${id}`)).body.data;
    expect(body.data.toReversed().map(({ position, at }: Record<string, unknown>) => ({ position, at }))).toEqual(
      events.map(({ position, at }: Record<string, unknown>) => ({ position, at })),
    );
    expect(body.data.map((entry: { actor: { id: string } }) => entry.actor.id).toReversed()).toEqual(
      events.map((event: { actor: string }) => event.actor),
    );
  });

  test('comes in pages, newest or oldest first, each version once', async () => {
    const id = await make();
    for (let i = 2; i <= 7; i++) await call('PATCH', `/v1/qr/${id}`, { json: { label: `L${i}` } });
    for (const [order, expected] of [
      ['desc', [7, 6, 5, 4, 3, 2, 1]],
      ['asc', [1, 2, 3, 4, 5, 6, 7]],
    ] as const) {
      const seen: number[] = [];
      for (let cursor: string | null = ''; cursor !== null; ) {
        const { body } = await history(id, `?limit=3&order=${order}${cursor && `&cursor=${cursor}`}`);
        expect(body.total).toBe(7);
        seen.push(...body.data.map((entry: { version: number }) => entry.version));
        expect(body.has_more).toBe(seen.length < 7);
        cursor = body.next_cursor;
      }
      expect(seen).toEqual([...expected]);
    }
    const faults = refusal(await history(id, '?limit=0&order=up&page=1'), 422, 'validation_failed');
    expect(places(faults).sort()).toEqual(['?limit too_small', '?order not_allowed', '?page unknown_property']);
    const cursor = refusal(await history(id, '?cursor=x'), 422, 'validation_failed');
    expect(places(cursor)).toEqual(['?cursor format']);
  });

  test('says that the operator did it, or the system, where no key has', () => {
    expect(actorOf('operator', new Map())).toEqual({ kind: 'operator', id: null, name: null });
    expect(actorOf('scanner', new Map())).toEqual({ kind: 'system', id: null, name: null });
    expect(actorOf('key_1', new Map())).toEqual({ kind: 'key', id: 'key_1', name: null });
  });
});

describe('a history is read', () => {
  test('by an auditor, who sees nothing else of the codes, and not by a reader', async () => {
    const id = await make();
    const auditor = await callerWith(program, org, { scope: 'audit' });
    expect((await auditor('GET', `/v1/qr/${id}/history`)).body.total).toBe(1);
    refusal(await auditor('GET', `/v1/qr/${id}`), 403, 'scope_missing');
    refusal(await auditor('PATCH', `/v1/qr/${id}`, { json: { label: 'x' } }), 403, 'scope_missing');
    const reader = caller(program.url, await keyOf(program, org, 'read'));
    refusal(await reader('GET', `/v1/qr/${id}/history`), 403, 'scope_missing');
  });

  test('of the own codes only, and within the reach of the key', async () => {
    const id = await make();
    const { org: foreign } = await anotherOrganization(program);
    const [stranger, tester, narrow] = await Promise.all([
      callerWith(program, foreign),
      callerWith(program, org, { mode: 'test' }),
      callerWith(program, org, { tags: ['summer'] }),
    ]);
    refusal(await stranger('GET', `/v1/qr/${id}/history`), 404, 'not_found');
    for (const unknown of ['qr_00000000000000000000000000', 'x', org]) {
      refusal(await history(unknown), 404, 'not_found');
    }
    refusal(await tester('GET', `/v1/qr/${id}/history`), 404, 'not_found');
    refusal(await narrow('GET', `/v1/qr/${id}/history`), 404, 'not_found');
    await call('PATCH', `/v1/qr/${id}`, { json: { tags: ['summer'] } });
    expect((await narrow('GET', `/v1/qr/${id}/history`)).body.total).toBe(2);
  });
});
