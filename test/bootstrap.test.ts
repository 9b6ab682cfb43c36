import { afterAll, afterEach, beforeEach, describe, expect, test } from 'bun:test';
import { existsSync, readFileSync, statSync } from 'node:fs';
import {
  bootstrap,
  changeLimits,
  changePlan,
  createOrganization,
  issueKey,
  keyFileOf,
  type Operator,
} from '../src/bootstrap.ts';
import { hashSecret, newSecret, secretFault } from '../src/http/secret.ts';
import { Ledger } from '../src/store/ledger.ts';
import { readRun } from '../src/store/read.ts';
import { scratchDirectory } from './support/postgres.ts';
import { problemOf } from './support/problem-of.ts';
import { created, requestOf, type TestStore, testStore } from './support/store.ts';

const stores: TestStore[] = [];
let store: TestStore;
let operator: Operator;
beforeEach(async () => {
  store = await testStore();
  stores.push(store);
  operator = { deps: store, actor: 'operator', now: Date.now };
});
afterEach(() => stores.pop()!.close());
afterAll(() => expect(stores).toEqual([]));

/** Everything on record: type, actor and data of each fact. */
const facts = async () =>
  (await readRun(store.sql, 'facts', 0, 100)).events.map(({ type, actor, data }) => ({ type, actor, data }));

describe('an operator', () => {
  test('creates organisations, changes plan and limits, and all of it is on record with the actor', async () => {
    const org = await createOrganization(operator, 'Acme', 'free');
    expect(org).toMatch(/^org_[0-9A-HJKMNP-TV-Z]{26}$/);
    await changePlan(operator, org, 'enterprise');
    await changePlan(operator, org, 'enterprise');
    await changeLimits(operator, org, { apiRequestsPerMinute: 5 });
    expect(await facts()).toEqual([
      { type: 'org.created', actor: 'operator', data: { name: 'Acme', plan: 'free' } },
      { type: 'org.plan_changed', actor: 'operator', data: { plan: 'enterprise' } },
      {
        ...{ type: 'org.limits_changed', actor: 'operator' },
        data: { limits: { qrCodesPerMonth: 50_000, apiRequestsPerMinute: 5 } },
      },
    ]);
  });

  test('issues a key whose text stands nowhere', async () => {
    const org = await createOrganization(operator, 'Acme', 'enterprise');
    const text = await issueKey(operator, { org, name: 'Shop', scope: 'read' });
    expect(secretFault(text)).toBeNull();
    const [, issued] = await facts();
    expect(issued).toEqual({
      ...{ type: 'key.issued', actor: 'operator' },
      data: { name: 'Shop', mode: 'live', scope: 'read', hash: hashSecret(text), lastFour: text.slice(-4) },
    });
    const everything = await store.sql`select row_to_json(e)::text from ledger.events e
      union all select row_to_json(c)::text from ledger.claims c`;
    expect(JSON.stringify(everything)).not.toContain(text);
  });

  test.each(['free', 'pro'] as const)('can not issue a key on the plan %s', async plan => {
    const org = await createOrganization(operator, 'Acme', plan);
    const problem = await problemOf(issueKey(operator, { org, name: 'Shop', scope: 'read' }));
    expect(problem).toMatchObject({ code: 'plan_upgrade_required', status: 403 });
    expect(await facts()).toHaveLength(1);
  });

  test('can not issue the same text twice, in any organisation', async () => {
    const [a, b] = [
      await createOrganization(operator, 'A', 'enterprise'),
      await createOrganization(operator, 'B', 'enterprise'),
    ];
    const secret = newSecret('test');
    await issueKey(operator, { org: a, name: 'Shop', scope: 'read', secret });
    expect((await problemOf(issueKey(operator, { org: b, name: 'Shop', scope: 'read', secret }))).code).toBe(
      'conflict',
    );
    expect((await facts()).at(-1)).toMatchObject({ type: 'key.issued', data: { mode: 'test' } });
  });

  test('hears that an organisation is not there, or is something else', async () => {
    await store.ledger.append(requestOf('qr_1', 0, created('one')));
    for (const org of ['org_none', 'qr_1']) {
      const attempts = [
        () => issueKey(operator, { org, name: 'Shop', scope: 'read' }),
        () => changePlan(operator, org, 'free'),
        () => changeLimits(operator, org, { qrCodesPerMonth: 1 }),
      ];
      for (const attempt of attempts) expect((await problemOf(attempt())).code).toBe('not_found');
    }
    expect(await facts()).toHaveLength(1);
  });
});

describe('the first start', () => {
  const system = (): Operator => ({ ...operator, actor: 'system' });

  test('makes an organisation and an admin key, kept in a file that only its owner reads', async () => {
    const config = { bootstrapApiKey: null, dataDir: `${scratchDirectory()}/data` };
    const key = await bootstrap(system(), config);
    expect(secretFault(key!)).toBeNull();
    expect(readFileSync(keyFileOf(config), 'utf8')).toBe(`${key}\n`);
    expect(statSync(keyFileOf(config)).mode & 0o777).toBe(0o600);
    expect(statSync(config.dataDir).mode & 0o777).toBe(0o700);
    expect(await facts()).toMatchObject([
      { type: 'org.created', actor: 'system', data: { plan: 'enterprise' } },
      { type: 'key.issued', actor: 'system', data: { scope: 'admin', hash: hashSecret(key!) } },
    ]);
    expect(await bootstrap(system(), config)).toBeUndefined();
    expect(await facts()).toHaveLength(2);
  });

  test('takes the key that the operator chose and writes it nowhere', async () => {
    const config = { bootstrapApiKey: 'an-operator-chose-this', dataDir: scratchDirectory() };
    expect(await bootstrap(system(), config)).toBe(config.bootstrapApiKey);
    expect((await facts())[1]).toMatchObject({ data: { chosen: true, hash: hashSecret(config.bootstrapApiKey) } });
    expect(existsSync(keyFileOf(config))).toBe(false);
  });

  test('of several programs at once makes one organisation and one key', async () => {
    const ledgers = Array.from({ length: 5 }, () => new Ledger(store.url));
    const config = { bootstrapApiKey: 'an-operator-chose-this', dataDir: scratchDirectory() };
    const keys = await Promise.all(
      ledgers.map(ledger => bootstrap({ ...system(), deps: { ledger, sql: store.sql } }, config)),
    );
    expect(keys.filter(key => key !== undefined)).toHaveLength(1);
    expect((await facts()).map(({ type }) => type)).toEqual(['org.created', 'key.issued']);
    await Promise.all(ledgers.map(ledger => ledger.close()));
  });

  test('that was killed between organisation and key is finished by the next one', async () => {
    const org = await createOrganization(system(), 'First organisation', 'enterprise');
    const config = { bootstrapApiKey: null, dataDir: scratchDirectory() };
    expect(await bootstrap(system(), config)).toBeString();
    const { events } = await readRun(store.sql, 'facts', 0, 100);
    expect(events.map(({ type, org }) => [type, org])).toEqual([
      ['org.created', org],
      ['key.issued', org],
    ]);
  });

  test('leaves a ledger alone that an operator has begun', async () => {
    await createOrganization(operator, 'Acme', 'free');
    expect(await bootstrap(system(), { bootstrapApiKey: null, dataDir: scratchDirectory() })).toBeUndefined();
    expect(await facts()).toHaveLength(1);
  });
});
