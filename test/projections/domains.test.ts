import { afterAll, beforeAll, expect, test } from 'bun:test';
import {
  allBlocklists,
  allDomains,
  domains,
  evolveDomain,
  findBlocklist,
  findDomain,
  listDomains,
  timesGivenUp,
} from '../../projections/domains.ts';
import { eventOf, prepareModels, trial } from '../support/read-models.ts';
import { type TestStore, testStore } from '../support/store.ts';

let store: TestStore;
beforeAll(async () => {
  store = await testStore();
  await prepareModels(store.sql, [domains]);
});
afterAll(() => store.close());

const added = (id: string, host: string, org = 'org_1') => eventOf('domain.added', id, { host, token: 'abc' }, { org });
const verified = (id: string, org = 'org_1') => eventOf('domain.verified', id, {}, { version: 2, org });
const removed = (id: string, version = 3, org = 'org_1') => eventOf('domain.removed', id, {}, { version, org });

test('an organisation finds its own domains until they are removed', async () => {
  const events = [
    added('dom_1', 'a.example'),
    added('dom_2', 'b.example', 'org_2'),
    added('dom_3', 'c.example'),
    removed('dom_3', 2),
  ];
  await trial(store.sql, domains, [events], async sql => {
    expect((await listDomains(sql, 'org_1', { limit: 5 })).rows.map(({ id }) => id)).toEqual(['dom_1']);
    expect((await findDomain(sql, 'org_1', 'dom_1'))?.host).toBe('a.example');
    expect(await findDomain(sql, 'org_2', 'dom_1')).toBeUndefined();
    expect(await findDomain(sql, 'org_1', 'dom_3')).toBeUndefined();
    expect((await allDomains(sql)).map(({ id }) => id)).toEqual(['dom_1', 'dom_2']);
  });
});

test('a name counts as given up when it was proven and removed, by whomever', async () => {
  const events = [
    ...[added('dom_1', 'a.example'), verified('dom_1'), removed('dom_1')],
    ...[added('dom_2', 'a.example', 'org_2'), removed('dom_2', 2, 'org_2')],
    ...[added('dom_3', 'a.example'), verified('dom_3')],
  ];
  await trial(store.sql, domains, [events.slice(0, 2), events.slice(2)], async sql => {
    expect(await timesGivenUp(sql, 'a.example')).toBe(1);
    expect(await timesGivenUp(sql, 'b.example')).toBe(0);
  });
});

test('an organisation has one list of blocked hosts, its last one', async () => {
  const list = (version: number, ...hosts: string[]) =>
    eventOf('blocklist.changed', 'blocklist-org_1', { hosts }, { version });
  await trial(store.sql, domains, [[list(1, 'a.example')], [list(2, 'b.example')]], async sql => {
    expect(await findBlocklist(sql, 'org_1')).toEqual({ org: 'org_1', hosts: ['b.example'], version: 2 });
    expect(await findBlocklist(sql, 'org_2')).toEqual({ org: 'org_2', hosts: [], version: 0 });
    expect(await allBlocklists(sql)).toHaveLength(1);
  });
});

test('an event that comes again or too late changes nothing', () => {
  const first = evolveDomain(undefined, added('dom_1', 'a.example'))!;
  const second = evolveDomain(first, verified('dom_1'))!;
  expect(second).toMatchObject({ status: 'verified', proven: true, version: 2 });
  for (const again of [added('dom_1', 'b.example'), verified('dom_1')])
    expect(evolveDomain(second, again)).toBe(second);
  expect(evolveDomain(undefined, verified('dom_9'))).toBeUndefined();
});
