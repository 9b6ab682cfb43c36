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
beforeAll(async () => {
  program = await sharedProgram();
  call = caller(program.url, program.key);
  org = await organizationOf(program);
});

const none = { qrCodesPerMonth: null, requestsPerMinute: null };
const make = async (name: string, quota?: object) => {
  const answer = await call('POST', '/v1/teams', { json: { name, ...(quota && { quota }) } });
  expect(answer.status).toBe(201);
  return answer.body;
};
const unassigned = async () => (await call('GET', '/v1/organization')).body.unassigned;

describe('a team', () => {
  test('is created, got, changed and deleted, under the version of its organisation', async () => {
    const { status, headers, body } = await call('POST', '/v1/teams', { json: { name: ' Field ' } });
    expect(status).toBe(201);
    expect(body).toMatchObject({ name: 'Field', quota: none, createdAt: body.updatedAt });
    expect(body.id).toMatch(/^team_[0-9A-HJKMNP-TV-Z]{26}$/);
    expect(headers.get('location')).toBe(`${program.url.replace('127.0.0.1', 'localhost')}/v1/teams/${body.id}`);

    const path = `/v1/teams/${body.id}`;
    const read = await call('GET', path);
    expect([read.body, read.headers.get('etag')]).toEqual([body, headers.get('etag')]);
    expect((await call('GET', path, { headers: { 'if-none-match': headers.get('etag')! } })).status).toBe(304);
    const changes = { name: 'Sales', quota: { qrCodesPerMonth: 10 } };
    const changed = await call('PATCH', path, { json: changes, headers: { 'if-match': headers.get('etag')! } });
    expect(changed.body).toMatchObject({ id: body.id, name: 'Sales', quota: { ...none, qrCodesPerMonth: 10 } });
    expect((await call('GET', path)).body).toEqual(changed.body);
    const late = await call('PATCH', path, { json: { name: 'X' }, headers: { 'if-match': headers.get('etag')! } });
    refusal(late, 412, 'precondition_failed');

    expect((await call('DELETE', path)).body).toEqual({ deleted: true, id: body.id });
    for (const method of ['GET', 'DELETE']) refusal(await call(method, path), 404, 'not_found');
    refusal(await call('PATCH', path, { json: { name: 'X' } }), 404, 'not_found');
    const { data } = (await call('GET', `/v1/events?stream=${org}`)).body;
    expect(data.slice(-4).map((event: { type: string }) => event.type)).toEqual([
      ...['team.created', 'team.renamed', 'team.quota_moved', 'team.deleted'],
    ]);
  });

  test('is listed newest first, a page at a time', async () => {
    const made = [await make('1'), await make('2'), await make('3')];
    const first = (await call('GET', '/v1/teams?limit=2')).body;
    expect(first.data).toEqual([made[2], made[1]]);
    expect([first.total >= 3, first.has_more, first.limit]).toEqual([true, true, 2]);
    const next = (await call('GET', `/v1/teams?limit=1&cursor=${first.next_cursor}`)).body;
    expect(next.data).toEqual([made[0]]);
    const second = (await call('GET', '/v1/teams?limit=2&page=2')).body;
    expect([second.data[0], second.page, second.total]).toEqual([made[0], 2, first.total]);
    const wrong = await call('GET', '/v1/teams?cursor=nothing');
    expect(places(refusal(wrong, 422, 'validation_failed'))).toEqual(['?cursor format']);
  });

  test('of another organisation is not there', async () => {
    const other = await stranger(program);
    const { id } = await make('Ours');
    refusal(await other('GET', `/v1/teams/${id}`), 404, 'not_found');
    refusal(await other('PATCH', `/v1/teams/${id}`, { json: { name: 'Theirs' } }), 404, 'not_found');
    refusal(await other('DELETE', `/v1/teams/${id}`), 404, 'not_found');
    expect((await other('GET', '/v1/teams')).body.data).toEqual([]);
    const move = await other('POST', '/v1/teams/quota-moves', { json: { from: null, to: id, qrCodesPerMonth: 1 } });
    expect(places(refusal(move, 422, 'validation_failed'))).toEqual(['/to unknown']);
    expect((await call('GET', `/v1/teams/${id}`)).body.name).toBe('Ours');
  });

  test('is the only one that its own keys see, and they make none', async () => {
    const [own, foreign] = [await make('Own'), await make('Foreign')];
    const theirs = await callerWith(program, org, { team: own.id });
    expect((await theirs('GET', '/v1/teams')).body).toMatchObject({ data: [own], total: 1 });
    expect((await theirs('GET', `/v1/teams/${own.id}`)).status).toBe(200);
    refusal(await theirs('GET', `/v1/teams/${foreign.id}`), 404, 'not_found');
    refusal(await theirs('POST', '/v1/teams', { json: { name: 'X' } }), 403, 'not_permitted');
    refusal(
      await theirs('PATCH', `/v1/teams/${own.id}`, { json: { quota: { qrCodesPerMonth: 9 } } }),
      403,
      'not_permitted',
    );
  });

  test('that is deleted takes all access from its keys and members, and its codes stay', async () => {
    const { id } = await make('Short-lived');
    const theirs = await callerWith(program, org, { team: id });
    const code = (await theirs('POST', '/v1/qr/create', { json: { destination: 'https://example.com/' } })).body;
    const { body: member } = await call('POST', '/v1/members', { json: { name: 'Ada', role: 'editor', team: id } });
    const { key } = (await call('POST', '/v1/keys', { json: { name: 'K', scope: 'write', member: member.id } })).body;
    const hers = caller(program.url, key);
    expect((await hers('GET', `/v1/qr/${code.id}`)).status).toBe(200);
    await call('DELETE', `/v1/teams/${id}`);
    for (const gone of [theirs, hers]) refusal(await gone('GET', '/v1/qr'), 401, 'invalid_key');
    expect((await call('GET', `/v1/qr/${code.id}`)).body.team).toBe(id);
    expect((await caller(program.url)('GET', `/${code.slug}`)).status).toBe(302);
  });
});

describe('the quota of a team', () => {
  test('comes out of what no team holds, and what is there is all there is', async () => {
    const before = await unassigned();
    const team = await make('Rich', { qrCodesPerMonth: 400, requestsPerMinute: 0 });
    expect(team.quota).toEqual({ qrCodesPerMonth: 400, requestsPerMinute: 0 });
    expect(await unassigned()).toEqual({ ...before, qrCodesPerMonth: before.qrCodesPerMonth - 400 });
    const quota = { qrCodesPerMonth: before.qrCodesPerMonth, requestsPerMinute: 1_000_000 };
    const greedy = await call('POST', '/v1/teams', { json: { name: 'Greedy', quota } });
    expect(places(refusal(greedy, 422, 'validation_failed'))).toEqual([
      ...['/quota/qrCodesPerMonth exceeds_limit', '/quota/requestsPerMinute exceeds_limit'],
    ]);
    await call('PATCH', `/v1/teams/${team.id}`, { json: { quota: null } });
    expect(await unassigned()).toEqual(before);
  });

  test('moves from one to the other, and the answer tells what both hold', async () => {
    const [a, b] = [await make('A', { qrCodesPerMonth: 100 }), await make('B')];
    const move = (json: object) => call('POST', '/v1/teams/quota-moves', { json });
    const moved = await move({ from: a.id, to: b.id, qrCodesPerMonth: 40 });
    expect(moved.status).toBe(200);
    expect(moved.body.quotas).toEqual([
      { team: a.id, quota: { ...none, qrCodesPerMonth: 60 } },
      { team: b.id, quota: { ...none, qrCodesPerMonth: 40 } },
    ]);
    expect((await call('GET', `/v1/teams/${b.id}`)).body.quota.qrCodesPerMonth).toBe(40);
    const rest = await unassigned();
    const back = await move({ from: b.id, to: null, qrCodesPerMonth: 40 });
    expect(back.body.quotas[1]).toEqual({ team: null, quota: await unassigned() });
    expect((await unassigned()).qrCodesPerMonth).toBe(rest.qrCodesPerMonth + 40);
    const tooMuch = await move({ from: a.id, to: b.id, qrCodesPerMonth: 61 });
    expect(places(refusal(tooMuch, 422, 'validation_failed'))).toEqual(['/qrCodesPerMonth exceeds_limit']);
    expect(places(refusal(await move({ from: a.id, to: b.id }), 422, 'validation_failed'))).toEqual([' required']);
    const nowhere = await move({ from: a.id, to: b.id.replace(/.$/, '0'), qrCodesPerMonth: -1, codes: 1 });
    expect(places(refusal(nowhere, 422, 'validation_failed'))).toEqual([
      ...['/codes unknown_property', '/qrCodesPerMonth too_small'],
    ]);
  });

  test('moves once for one idempotency key, however often it is sent', async () => {
    const [a, b] = [await make('A', { qrCodesPerMonth: 100 }), await make('B')];
    const options = {
      json: { from: a.id, to: b.id, qrCodesPerMonth: 10 },
      headers: { 'idempotency-key': `move ${a.id}`.replace(' ', '-') },
    };
    const answers = await Promise.all(Array.from({ length: 6 }, () => call('POST', '/v1/teams/quota-moves', options)));
    for (const { body } of answers) expect(body).toEqual(answers[0]!.body);
    expect((await call('GET', `/v1/teams/${b.id}`)).body.quota.qrCodesPerMonth).toBe(10);
  });

  test('adds up to the limits after many moves at once', async () => {
    const teams = await Promise.all(['A', 'B', 'C', 'D'].map(name => make(name, { qrCodesPerMonth: 50 })));
    const before = await unassigned();
    const moves = Array.from({ length: 24 }, (_, i) => ({
      from: teams[i % 4].id,
      to: i % 5 === 0 ? null : teams[(i + 1 + (i % 3)) % 4].id,
      qrCodesPerMonth: 7 + i,
    }));
    const answers = await Promise.all(moves.map(json => call('POST', '/v1/teams/quota-moves', { json })));
    for (const { status } of answers) expect([200, 422, 409]).toContain(status);
    const quotas: number[] = [];
    for (const { id } of teams) quotas.push((await call('GET', `/v1/teams/${id}`)).body.quota.qrCodesPerMonth);
    expect(Math.min(...quotas)).toBeGreaterThanOrEqual(0);
    const { qrCodesPerMonth } = await unassigned();
    expect(quotas.reduce((sum, quota) => sum + quota, qrCodesPerMonth)).toBe(before.qrCodesPerMonth + 200);
  });
});
