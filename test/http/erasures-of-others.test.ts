/**
 * Erasing over HTTP whatever else can hold something personal, beside codes: its past is told without it, what depends on
 * it is as if it were removed, and nobody may who may not take it away.
 */
import { beforeAll, describe, expect, test } from 'bun:test';
import { type Call, caller } from '../support/client.ts';
import type { Place } from '../support/program.ts';
import { refusal } from '../support/refusal.ts';
import { sharedProgram } from '../support/shared-program.ts';
import { keyOf, organizationOf, stranger } from '../support/tenants.ts';

let program: Place;
let call: Call;
let org: string;
beforeAll(async () => {
  program = await sharedProgram();
  call = caller(program.url, program.key);
  org = await organizationOf(program);
});

describe('erased as a code is', () => {
  const made = async (noun: string, json: object, change?: object) => {
    const { status, body } = await call('POST', `/v1/${noun}`, { json });
    expect([status, body.errors]).toEqual([201, undefined]);
    const path = `/v1/${noun}/${body.id}`;
    if (change) expect((await call('PATCH', path, { json: change })).status).toBe(200);
    return { path, id: body.id as string };
  };
  const told = async (stream: string) => (await call('GET', `/v1/events?stream=${stream}&limit=100`)).body.data;
  const jane = { name: 'Jane', email: 'jane@example.com' };
  const pages = { pages: { root: { title: 'Jane', text: 'Jane' } } };

  test.each<[string, object, object | undefined]>([
    ['members', { ...jane, role: 'editor' }, { name: 'Jane Doe' }],
    ['keys', { name: 'Jane', scope: 'read', tags: ['jane'] }, { name: 'Jane Doe', tags: ['jane', 'doe'] }],
    ['webhooks', { url: 'https://example.com/jane', events: ['*'], tags: ['jane'] }, { tags: ['jane', 'doe'] }],
    ['styles', { name: 'Jane', style: { frame: { shape: 'box', text: 'Jane' } } }, { name: 'Jane Doe' }],
    ['domains', { host: 'her.example.com' }, pages],
    ['exclusions', { utmSource: 'x', reason: 'Jane' }, undefined],
  ])('is one of the %s, with all of its past', async (noun, json, change) => {
    const { path, id } = await made(noun, json, change);
    expect(JSON.stringify(await told(id)).toLowerCase()).toContain('jane');
    for (const scope of ['read', 'write', 'audit'] as const) {
      const who = caller(program.url, await keyOf(program, org, scope));
      refusal(await who('POST', `${path}/erase`), 403, 'scope_missing');
    }
    refusal(await (await stranger(program))('POST', `${path}/erase`), 404, 'not_found');
    refusal(await call('POST', `${path}/erase`, { headers: { 'if-match': '"9"' } }), 412, 'precondition_failed');
    expect((await call('POST', `${path}/erase`)).body).toEqual({ erased: true, id });
    const { length } = await told(id);
    expect((await call('POST', `${path}/erase`)).body).toEqual({ erased: true, id });
    const events = await told(id);
    expect([events.length, events.at(-1).type.endsWith('.erased')]).toEqual([length, true]);
    expect(JSON.stringify([events, (await call('GET', path)).body]).toLowerCase()).not.toContain('jane');
  });

  test('are one that was removed, revoked or deleted before', async () => {
    for (const [noun, json] of [
      ['members', { ...jane, role: 'viewer' }],
      ['keys', { name: 'Jane', scope: 'read' }],
      ['webhooks', { url: 'https://example.com/jane', events: ['*'] }],
      ['styles', { name: 'Jane', style: {} }],
    ] as const) {
      const { path, id } = await made(noun, json);
      await call('DELETE', path);
      expect((await call('POST', `${path}/erase`)).body).toEqual({ erased: true, id });
      expect(JSON.stringify(await told(id)).toLowerCase()).not.toContain('jane');
    }
  });

  test('is a key, which opens nothing any more, and a member, whose keys do not', async () => {
    const { body: member } = await call('POST', '/v1/members', { json: { ...jane, role: 'editor' } });
    const own = (await call('POST', '/v1/keys', { json: { name: 'Jane', scope: 'read', member: member.id } })).body;
    const other = (await call('POST', '/v1/keys', { json: { name: 'Jane', scope: 'read' } })).body;
    for (const { key } of [own, other]) expect((await caller(program.url, key)('GET', '/v1/qr')).status).toBe(200);
    await call('POST', `/v1/members/${member.id}/erase`);
    await call('POST', `/v1/keys/${other.id}/erase`);
    for (const { key } of [own, other]) expect((await caller(program.url, key)('GET', '/v1/qr')).status).toBe(401);
    refusal(await call('PATCH', `/v1/keys/${other.id}`, { json: { name: 'x' } }), 404, 'not_found');
  });

  test('are the names of an organisation and its teams, which go on and can have others', async () => {
    const { body: team } = await call('POST', '/v1/teams', { json: { name: 'Jane', quota: { qrCodesPerMonth: 5 } } });
    await call('PATCH', '/v1/organization', { json: { name: 'Jane Ltd' } });
    expect((await call('POST', '/v1/organization/erase')).body).toEqual({ erased: true, id: org });
    expect((await call('GET', `/v1/teams/${team.id}`)).body).toMatchObject({ name: '', quota: { qrCodesPerMonth: 5 } });
    expect((await call('GET', '/v1/organization')).body.name).toBe('');
    expect(JSON.stringify(await told(org)).toLowerCase()).not.toContain('jane');
    await call('PATCH', '/v1/organization', { json: { name: 'Doe Ltd' } });
    expect((await call('GET', '/v1/organization')).body.name).toBe('Doe Ltd');
    const renamed = (await call('PATCH', `/v1/teams/${team.id}`, { json: { name: 'Doe' } })).body;
    expect(renamed).toMatchObject({ name: 'Doe', quota: { qrCodesPerMonth: 5 } });
  });
});
