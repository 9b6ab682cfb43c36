import { beforeAll, describe, expect, test } from 'bun:test';
import { newSecret } from '../../src/http/secret.ts';
import { type Call, caller } from '../support/client.ts';
import type { Place } from '../support/program.ts';
import { places, refusal } from '../support/refusal.ts';
import { sharedProgram } from '../support/shared-program.ts';

let program: Place;
let call: Call;
beforeAll(async () => {
  program = await sharedProgram();
  call = caller(program.url, program.key);
});

/** A new key and a caller with it. */
const issue = async (json: object, by = call) => {
  const answer = await by('POST', '/v1/keys', { json: { name: 'K', scope: 'read', ...json } });
  expect(answer.status).toBe(201);
  const { key, ...shown } = answer.body;
  return { text: key as string, shown, ask: caller(program.url, key) };
};
const destination = 'https://example.com/';
const create = (by: Call) => by('POST', '/v1/qr/create', { json: { destination } });

describe("a member's key", () => {
  const add = async (json: object, by = call) =>
    (await by('POST', '/v1/members', { json: { name: 'Ada', role: 'editor', ...json } })).body.id as string;

  test('does what the role allows at the time, and nothing once the member is gone', async () => {
    const member = await add({});
    const { shown, ask } = await issue({ scope: 'admin', member });
    expect(shown).toMatchObject({ member, role: 'editor' });
    expect((await create(ask)).status).toBe(201);
    refusal(await ask('POST', '/v1/keys', { json: { name: 'K', scope: 'read' } }), 403, 'not_permitted');
    await call('PATCH', `/v1/members/${member}`, { json: { role: 'viewer' } });
    refusal(await create(ask), 403, 'not_permitted');
    expect((await call('GET', `/v1/keys/${shown.id}`)).body.role).toBe('viewer');
    expect((await call('GET', `/v1/keys?member=${member}`)).body.data).toMatchObject([{ id: shown.id }]);
    await call('DELETE', `/v1/members/${member}`);
    refusal(await ask('GET', '/v1/qr'), 401, 'invalid_key');
    expect((await call('GET', `/v1/keys/${shown.id}`)).body.status).toBe('revoked');
  });

  test('issues keys within its role only, and touches none that may do more', async () => {
    const { ask } = await issue({ scope: 'admin', member: await add({ role: 'admin' }) });
    const made = await issue({ scope: 'admin' }, ask);
    expect(made.shown.role).toBe('admin');
    refusal(await made.ask('PATCH', '/v1/organization', { json: { name: 'Mine' } }), 403, 'not_permitted');
    const wants = (json: object) => ask('POST', '/v1/keys', { json: { name: 'K', scope: 'admin', ...json } });
    expect(places(refusal(await wants({ role: 'owner' }), 403, 'not_permitted'))).toEqual(['/role not_allowed']);
    const boss = await add({ role: 'owner' });
    expect(places(refusal(await wants({ member: boss }), 403, 'not_permitted'))).toEqual(['/role not_allowed']);
    const { shown: owners } = await issue({ scope: 'admin' });
    refusal(await ask('PATCH', `/v1/keys/${owners.id}`, { json: { name: 'X' } }), 403, 'not_permitted');
    refusal(await ask('POST', `/v1/keys/${owners.id}/rotate`), 403, 'not_permitted');
    refusal(await ask('DELETE', `/v1/keys/${owners.id}`), 403, 'not_permitted');
    expect((await ask('DELETE', `/v1/keys/${made.shown.id}`)).status).toBe(200);
  });

  test('is for a member that is there, whose role is its role, and whose team is its team', async () => {
    const team = (await call('POST', '/v1/teams', { json: { name: 'A' } })).body.id;
    const other = (await call('POST', '/v1/teams', { json: { name: 'B' } })).body.id;
    const member = await add({ team });
    const wants = async (json: object) =>
      places(
        refusal(
          await call('POST', '/v1/keys', { json: { name: 'K', scope: 'read', ...json } }),
          422,
          'validation_failed',
        ),
      );
    expect(await wants({ member, role: 'viewer', team: other })).toEqual(['/role not_allowed', '/team not_allowed']);
    const nobody = member.replace(/.$/, member.endsWith('0') ? '1' : '0');
    expect(await wants({ member: nobody, team: team.replace(/.$/, team.endsWith('0') ? '1' : '0') })).toEqual([
      ...['/member unknown', '/team unknown'],
    ]);
    expect((await issue({ member })).shown.team).toBe(team);
  });
});

describe('a key for one team', () => {
  test('sees and makes keys of its team alone', async () => {
    const team = (await call('POST', '/v1/teams', { json: { name: 'A' } })).body.id;
    const lead = await issue({ scope: 'admin', team });
    const made = await issue({ scope: 'write' }, lead.ask);
    expect(made.shown.team).toBe(team);
    expect((await create(made.ask)).body.team).toBe(team);
    const { shown: whole } = await issue({});
    refusal(await lead.ask('GET', `/v1/keys/${whole.id}`), 404, 'not_found');
    refusal(await lead.ask('DELETE', `/v1/keys/${whole.id}`), 404, 'not_found');
    const wide = await lead.ask('POST', '/v1/keys', { json: { name: 'K', scope: 'read', team: null } });
    expect(places(refusal(wide, 403, 'not_permitted'))).toEqual(['/team not_allowed']);
    const ids = (await lead.ask('GET', '/v1/keys')).body.data.map((key: { id: string }) => key.id);
    expect(ids.sort()).toEqual([lead.shown.id, made.shown.id].sort());
  });
});

test('a test key is issued by a live one, issues none itself, and has codes of its own', async () => {
  const { ask, text } = await issue({ mode: 'test', scope: 'admin' });
  expect(text).toStartWith('fdqr_test_sk_');
  const code = (await create(ask)).body;
  expect(code.test).toBe(true);
  refusal(await call('GET', `/v1/qr/${code.id}`), 404, 'not_found');
  refusal(await ask('POST', '/v1/keys', { json: { name: 'K', scope: 'read' } }), 403, 'not_permitted');
});

test('an auditor reads the ledger and changes nothing', async () => {
  const { ask, shown } = await issue({ scope: 'audit' });
  expect(shown.role).toBe('auditor');
  expect((await ask('GET', '/v1/events')).status).toBe(200);
  refusal(await create(ask), 403, 'scope_missing');
  refusal(await ask('GET', '/v1/qr'), 403, 'scope_missing');
});

test('a key that nobody issued is unknown, whatever it looks like', async () => {
  refusal(await caller(program.url, newSecret('live'))('GET', '/v1/keys'), 401, 'invalid_key');
});
