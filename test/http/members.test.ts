import { beforeAll, describe, expect, test } from 'bun:test';
import { type Call, caller } from '../support/client.ts';
import { callerWith } from '../support/keys.ts';
import type { Place } from '../support/program.ts';
import { places, refusal } from '../support/refusal.ts';
import { sharedProgram } from '../support/shared-program.ts';
import { organizationOf, stranger } from '../support/tenants.ts';

let program: Place;
let call: Call;
let org: string;
let team: string;
beforeAll(async () => {
  program = await sharedProgram();
  call = caller(program.url, program.key);
  org = await organizationOf(program);
  team = (await call('POST', '/v1/teams', { json: { name: 'Field' } })).body.id;
});

const add = async (json: object, by = call) => {
  const answer = await by('POST', '/v1/members', { json });
  expect(answer.status).toBe(201);
  return answer.body;
};
const ada = { name: 'Ada', email: 'ada@example.com', role: 'editor' };

describe('a member', () => {
  test('is added, got, changed and removed, under a version', async () => {
    const { status, headers, body } = await call('POST', '/v1/members', { json: ada });
    expect([status, headers.get('etag')]).toEqual([201, '"1"']);
    expect(body).toMatchObject({ ...ada, team: null, createdAt: body.updatedAt });
    const path = `/v1/members/${body.id}`;
    expect(headers.get('location')).toEndWith(path);
    expect((await call('GET', path)).body).toEqual(body);
    expect((await call('GET', path, { headers: { 'if-none-match': '"1"' } })).status).toBe(304);
    const late = await call('PATCH', path, { json: { name: 'X' }, headers: { 'if-match': '"9"' } });
    refusal(late, 412, 'precondition_failed');
    const changed = await call('PATCH', path, { json: { name: 'Ada King', email: null, role: 'auditor', team } });
    expect(changed.headers.get('etag')).toBe('"4"');
    expect(changed.body).toMatchObject({ name: 'Ada King', email: null, role: 'auditor', team });
    expect((await call('GET', path)).body).toEqual(changed.body);
    expect((await call('DELETE', path)).body).toEqual({ deleted: true, id: body.id });
    for (const method of ['GET', 'DELETE']) refusal(await call(method, path), 404, 'not_found');
  });

  test('that is wrong is told so, with every fault', async () => {
    const json = { name: '', role: 'boss', email: 'nobody', team: 'team_1', age: 36 };
    expect(places(refusal(await call('POST', '/v1/members', { json }), 422, 'validation_failed')).sort()).toEqual([
      ...['/age unknown_property', '/email pattern', '/name too_short', '/role not_allowed', '/team pattern'],
    ]);
    const nowhere = { ...ada, team: team.replace(/.$/, team.endsWith('0') ? '1' : '0') };
    const answer = await call('POST', '/v1/members', { json: nowhere });
    expect(places(refusal(answer, 422, 'validation_failed'))).toEqual(['/team unknown']);
  });

  test('is listed newest first, of all teams or of one', async () => {
    const [a, b, c] = [await add(ada), await add({ ...ada, team }), await add({ ...ada, name: 'Eve' })];
    const { data, total } = (await call('GET', '/v1/members?limit=3')).body;
    expect(data).toEqual([c, b, a]);
    expect(total).toBeGreaterThanOrEqual(3);
    expect((await call('GET', `/v1/members?team=${team}&limit=1`)).body.data).toEqual([b]);
  });

  test('is added once for one idempotency key', async () => {
    const options = { json: ada, headers: { 'idempotency-key': 'ada-1' } };
    const [first, again] = [await call('POST', '/v1/members', options), await call('POST', '/v1/members', options)];
    expect(again.body).toEqual(first.body);
    refusal(
      await call('POST', '/v1/members', { ...options, json: { ...ada, name: 'Eve' } }),
      422,
      'idempotency_key_reused',
    );
  });

  test('of another organisation is not there', async () => {
    const other = await stranger(program);
    const { id } = await add(ada);
    refusal(await other('GET', `/v1/members/${id}`), 404, 'not_found');
    refusal(await other('PATCH', `/v1/members/${id}`, { json: { role: 'viewer' } }), 404, 'not_found');
    refusal(await other('DELETE', `/v1/members/${id}`), 404, 'not_found');
    const foreign = await other('POST', '/v1/members', { json: { ...ada, team } });
    expect(places(refusal(foreign, 422, 'validation_failed'))).toEqual(['/team unknown']);
  });
});

describe('who gives a role', () => {
  test('gives none that may do more than the own one, and takes none from who has it', async () => {
    const admin = await callerWith(program, org, { role: 'admin' });
    const [owner, editor] = [await add({ ...ada, role: 'owner' }), await add(ada, admin)];
    refusal(await admin('POST', '/v1/members', { json: { ...ada, role: 'owner' } }), 403, 'not_permitted');
    refusal(await admin('PATCH', `/v1/members/${editor.id}`, { json: { role: 'owner' } }), 403, 'not_permitted');
    refusal(await admin('PATCH', `/v1/members/${owner.id}`, { json: { role: 'viewer' } }), 403, 'not_permitted');
    refusal(await admin('DELETE', `/v1/members/${owner.id}`), 403, 'not_permitted');
    expect((await admin('PATCH', `/v1/members/${editor.id}`, { json: { role: 'admin' } })).status).toBe(200);
    expect((await call('PATCH', `/v1/members/${owner.id}`, { json: { role: 'viewer' } })).status).toBe(200);
  });

  test('for one team has members of that team alone', async () => {
    const lead = await callerWith(program, org, { team });
    const mine = await add({ name: 'Bob', role: 'viewer' }, lead);
    expect(mine.team).toBe(team);
    const [whole, elsewhere] = [await add(ada), (await call('POST', '/v1/teams', { json: { name: 'X' } })).body.id];
    for (const path of [`/v1/members/${whole.id}`]) {
      refusal(await lead('GET', path), 404, 'not_found');
      refusal(await lead('PATCH', path, { json: { role: 'viewer' } }), 404, 'not_found');
      refusal(await lead('DELETE', path), 404, 'not_found');
    }
    for (const place of [null, elsewhere]) {
      const added = await lead('POST', '/v1/members', { json: { ...ada, team: place } });
      expect(places(refusal(added, 422, 'validation_failed'))).toEqual(['/team not_allowed']);
      const moved = await lead('PATCH', `/v1/members/${mine.id}`, { json: { team: place } });
      expect(places(refusal(moved, 422, 'validation_failed'))).toEqual(['/team not_allowed']);
    }
    const ids = (await lead('GET', '/v1/members?limit=100')).body.data.map((member: { team: string }) => member.team);
    expect(new Set(ids)).toEqual(new Set([team]));
    expect((await lead('GET', `/v1/members?team=${elsewhere}`)).body).toMatchObject({ data: [], total: 0 });
  });
});
