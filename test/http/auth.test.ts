import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import type { Plan } from '../../events/organization.ts';
import { changeLimits, changePlan, createOrganization, issueKey, type Operator } from '../../src/bootstrap.ts';
import { Auth, accessModels } from '../../src/http/auth.ts';
import { hashSecret, newSecret } from '../../src/http/secret.ts';
import { connect } from '../../src/store/connect.ts';
import { Ledger } from '../../src/store/ledger.ts';
import { readHead } from '../../src/store/read.ts';
import { type LiveModels, liveModels } from '../support/live-models.ts';
import { problemOf } from '../support/problem-of.ts';
import { requestOf, type TestStore, testStore } from '../support/store.ts';
import { until } from '../support/until.ts';

let store: TestStore;
let models: LiveModels;
let auth: Auth;
let operator: Operator;
/** How far the clock is ahead, in milliseconds. */
let ahead = 0;
beforeAll(async () => {
  store = await testStore();
  models = await liveModels(store);
  auth = new Auth({
    sql: store.sql,
    fresh: () => models.fresh(...accessModels),
    settled: async () => models.projector.reached(await readHead(store.sql), accessModels),
    now: () => Date.now() + ahead,
  });
  store.ledger.onCommit(() => auth.forget());
  operator = { deps: store, actor: 'operator', now: Date.now };
});
afterAll(async () => {
  await models.stop();
  await store.close();
});

const withHeader = (authorization?: string) =>
  new Request('http://localhost/v1/qr', authorization === undefined ? {} : { headers: { authorization } });
const authenticate = (secret: string) => auth.authenticate(withHeader(`Bearer ${secret}`));
const organization = (plan: Plan = 'enterprise') => createOrganization(operator, 'Acme', plan);
const revoke = async (secret: string, ledger = store.ledger) => {
  const [row] = await store.sql`select stream from ledger.events where data ->> 'hash' = ${hashSecret(secret)}`;
  await ledger.append(requestOf(row!['stream'], 1, { type: 'key.revoked', data: {} }));
};

describe('a request', () => {
  test.each([undefined, ''])('without a key is told how to send one', async header => {
    const problem = await problemOf(auth.authenticate(withHeader(header)));
    expect(problem).toMatchObject({ code: 'missing_key', status: 401 });
    expect(problem.headers['www-authenticate']).toBe('Bearer realm="Indelible API"');
  });

  test.each(['Bearer', 'Bearer a b', 'Basic dXNlcjpwdw==', 'Token abc', newSecret('live'), 'Bearerabc'])(
    'with the header %j is refused',
    async header => {
      const problem = await problemOf(auth.authenticate(withHeader(header)));
      expect(problem).toMatchObject({ code: 'invalid_key', status: 401 });
      expect(problem.headers['www-authenticate']).toContain('error="invalid_token"');
    },
  );

  test('is told what is wrong with its key, and the key is not repeated', async () => {
    const wrong: [string, RegExp][] = [
      ['sk_123', /not an API key/],
      [`fdqr_live_sk_${'a'.repeat(36)}`, /mistyped/],
      [newSecret('live'), /unknown or was revoked/],
    ];
    for (const [secret, reason] of wrong) {
      const problem = await problemOf(authenticate(secret));
      expect(problem.code).toBe('invalid_key');
      expect(problem.message).toMatch(reason);
      expect(JSON.stringify(problem) + problem.message).not.toContain(secret);
    }
  });
});

describe('a key', () => {
  test('opens what it was issued for, right after it was issued', async () => {
    const org = await organization();
    await changeLimits(operator, org, { qrCodesPerMonth: 5 });
    const secret = await issueKey(operator, { org, name: 'Shop', scope: 'write' });
    expect(await authenticate(secret)).toMatchObject({
      ...{ org, scope: 'write', mode: 'live', revoked: false, plan: 'enterprise' },
      limits: { qrCodesPerMonth: 5, apiRequestsPerMinute: 1_000 },
    });
    expect(await auth.authenticate(withHeader(`bearer   ${secret}`))).toMatchObject({ org });
  });

  test('that an operator chose opens too, and one that only looks like it does not', async () => {
    const secret = 'an-operator-chose-this-text';
    const org = await organization();
    expect((await problemOf(authenticate(secret))).code).toBe('invalid_key');
    await issueKey(operator, { org, name: 'First', scope: 'admin', secret });
    expect(await authenticate(secret)).toMatchObject({ org, scope: 'admin' });
    expect((await problemOf(authenticate(`${secret}.`))).code).toBe('invalid_key');
  });

  test('that was revoked opens nothing from the moment this process revoked it', async () => {
    const secret = await issueKey(operator, { org: await organization(), name: 'Shop', scope: 'read' });
    await authenticate(secret);
    await revoke(secret);
    expect((await problemOf(authenticate(secret))).code).toBe('invalid_key');
  });

  test('that is revoked while it is looked up is not remembered as it was', async () => {
    const secret = await issueKey(operator, { org: await organization(), name: 'Shop', scope: 'read' });
    const lookups = Array.from({ length: 20 }, () => authenticate(secret).catch(() => {}));
    await Promise.all([revoke(secret), ...lookups]);
    expect((await problemOf(authenticate(secret))).code).toBe('invalid_key');
  });

  test('that another process issued or revoked is known within seconds, chosen or not', async () => {
    const ledger = new Ledger(store.url);
    const other: Operator = { ...operator, deps: { ledger, sql: store.sql } };
    const org = await organization();
    const chosen = 'another-process-took-this-text';
    expect((await problemOf(authenticate(chosen))).code).toBe('invalid_key');
    const secrets = [await issueKey(other, { org, name: 'A', scope: 'read' }), chosen];
    await issueKey(other, { org, name: 'B', scope: 'read', secret: chosen });
    for (const secret of secrets) await until(() => authenticate(secret).then(Boolean, () => false), 10_000);
    for (const secret of secrets) {
      await revoke(secret, ledger);
      await until(
        () =>
          authenticate(secret).then(
            () => false,
            () => true,
          ),
        10_000,
      );
    }
    await ledger.close();
  });

  test('opens nothing on a plan without the API, and again after an upgrade', async () => {
    const org = await organization();
    const secret = await issueKey(operator, { org, name: 'Shop', scope: 'read' });
    for (const plan of ['free', 'pro'] as const) {
      await changePlan(operator, org, plan);
      const problem = await problemOf(authenticate(secret));
      expect(problem).toMatchObject({ code: 'plan_upgrade_required', status: 403 });
      expect(problem.message).toContain(plan);
    }
    await changePlan(operator, org, 'enterprise');
    expect(await authenticate(secret)).toMatchObject({ org });
  });

  test('that is mistyped is told so without the database, which is asked once which texts were chosen', async () => {
    let asked = 0;
    const aside = new Auth({
      get sql() {
        asked += 1;
        return store.sql;
      },
      fresh: async () => {},
      settled: async () => {},
      now: Date.now,
    });
    await aside.open();
    const secret = await issueKey(operator, { org: await organization(), name: 'Shop', scope: 'read' });
    const mistyped = secret.slice(0, -1) + (secret.endsWith('A') ? 'B' : 'A');
    for (let i = 0; i < 3; i++) {
      const problem = await problemOf(aside.authenticate(withHeader(`Bearer ${mistyped}`)));
      expect(problem).toMatchObject({ code: 'invalid_key', status: 401 });
      expect(problem.message).toContain('checksum');
    }
    expect(asked).toBe(1);
  });

  test('opens until it expires, and the text before a rotation until its grace period ends', async () => {
    const org = await organization();
    const secret = await issueKey(operator, { org, name: 'Shop', scope: 'read' });
    const after = newSecret('live');
    const fact = { hash: hashSecret(after), lastFour: after.slice(-4), graceUntil: Date.now() + 60_000 };
    const { key } = await authenticate(secret);
    await store.ledger.append({ ...requestOf(key, 1, { type: 'key.rotated', data: fact }), org });
    await store.ledger.append({
      ...requestOf(key, 2, { type: 'key.expiry_changed', data: { expiresAt: Date.now() + 120_000 } }),
      org,
    });
    expect([(await authenticate(secret)).key, (await authenticate(after)).key]).toEqual([key, key]);
    try {
      ahead = 61_000;
      expect((await problemOf(authenticate(secret))).message).toContain('grace period');
      expect((await authenticate(after)).key).toBe(key);
      ahead = 121_000;
      expect((await problemOf(authenticate(after))).message).toContain('expired');
    } finally {
      ahead = 0;
    }
  });

  test('is not called wrong when it can not be looked up, and is found when that works again', async () => {
    const nowhere = connect('postgres://postgres@127.0.0.1:1/nothing', { max: 1 });
    let sql = nowhere;
    const cut = new Auth({
      get sql() {
        return sql;
      },
      fresh: async () => {},
      settled: async () => {},
      now: Date.now,
    });
    const secret = await issueKey(operator, { org: await organization(), name: 'Shop', scope: 'read' });
    await models.fresh(...accessModels);
    const chosen = withHeader('Bearer an-operator-chose-this-text');
    await expect(cut.authenticate(withHeader(`Bearer ${secret}`))).rejects.toThrow('ECONNREFUSED');
    await expect(cut.authenticate(chosen)).rejects.toThrow('ECONNREFUSED');
    sql = store.sql;
    expect(await cut.authenticate(withHeader(`Bearer ${secret}`))).toMatchObject({ scope: 'read' });
    expect(await cut.authenticate(chosen)).toMatchObject({ scope: 'admin' });
    await nowhere.end({ timeout: 1 });
  });
});
