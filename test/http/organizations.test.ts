import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { type Call, caller } from '../support/client.ts';
import { callerWith } from '../support/keys.ts';
import { type Program, startProgram } from '../support/program.ts';
import { places, refusal } from '../support/refusal.ts';
import { limitReached, organizationOf, setLimits, stranger } from '../support/tenants.ts';

let program: Program;
let call: Call;
beforeAll(async () => {
  program = await startProgram();
  call = caller(program.url, program.key);
});
afterAll(async () => {
  await program?.stop();
});

const path = '/v1/organization';
const defaults = { qrCodesPerMonth: 50_000, apiRequestsPerMinute: 1_000 };

describe('an organisation', () => {
  test('sees itself, with the limits of the reference and all of them unassigned', async () => {
    const { status, headers, body } = await call('GET', path);
    expect(status).toBe(200);
    expect(body).toMatchObject({ name: 'First organisation', plan: 'enterprise', limits: defaults });
    expect(body.unassigned).toEqual({ qrCodesPerMonth: 50_000, requestsPerMinute: 1_000 });
    expect(body.id).toBe(await organizationOf(program));
    expect((await call('GET', path, { headers: { 'if-none-match': headers.get('etag')! } })).status).toBe(304);
  });

  test('sees no other one: each key its own', async () => {
    const other = await stranger(program, 'Somebody else');
    expect((await other('GET', path)).body.name).toBe('Somebody else');
  });

  test('has what the operator set, and less unassigned for each team that holds something', async () => {
    const org = await organizationOf(program);
    await setLimits(program, org, { qrCodesPerMonth: 100, apiRequestsPerMinute: 500 });
    await limitReached(program, program.key, 500);
    await call('POST', '/v1/teams', { json: { name: 'A', quota: { qrCodesPerMonth: 30 } } });
    await call('POST', '/v1/teams', { json: { name: 'B', quota: { qrCodesPerMonth: 5, requestsPerMinute: 20 } } });
    const { body } = await call('GET', path);
    expect(body.limits).toEqual({ qrCodesPerMonth: 100, apiRequestsPerMinute: 500 });
    expect(body.unassigned).toEqual({ qrCodesPerMonth: 65, requestsPerMinute: 480 });
  });

  test('is renamed by an owner, under a version, and the answer is what is read later', async () => {
    const etag = (await call('GET', path)).headers.get('etag')!;
    const renamed = await call('PATCH', path, { json: { name: ' Acme ' }, headers: { 'if-match': etag } });
    expect([renamed.status, renamed.body.name]).toEqual([200, 'Acme']);
    const read = await call('GET', path);
    expect(read.body).toEqual(renamed.body);
    expect(read.headers.get('etag')).toBe(renamed.headers.get('etag'));
    const late = await call('PATCH', path, { json: { name: 'Late' }, headers: { 'if-match': etag } });
    refusal(late, 412, 'precondition_failed');
    const none = await call('PATCH', path, { json: { name: ' ', plan: 'free' } });
    expect(places(refusal(none, 422, 'validation_failed'))).toEqual(['/plan unknown_property']);
    refusal(await call('PATCH', path, { json: { name: ' ' } }), 422, 'validation_failed');
  });

  test('is renamed once for one idempotency key', async () => {
    const options = { json: { name: 'Once' }, headers: { 'idempotency-key': 'rename-1' } };
    const [first, again] = [await call('PATCH', path, options), await call('PATCH', path, options)];
    expect(again.body).toEqual(first.body);
    expect(again.headers.get('idempotency-replayed')).toBe('true');
  });

  test('is not renamed by an admin who is no owner, and not seen by a key for a part of it', async () => {
    const org = await organizationOf(program);
    const admin = await callerWith(program, org, { role: 'admin' });
    refusal(await admin('PATCH', path, { json: { name: 'Mine' } }), 403, 'not_permitted');
    expect((await admin('GET', path)).status).toBe(200);
    const tagged = await callerWith(program, org, { tags: ['summer'] });
    refusal(await tagged('GET', path), 403, 'not_permitted');
  });
});
