import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Fact } from '../../events/envelope.ts';
import { domains } from '../../projections/domains.ts';
import { Projector } from '../../src/projector.ts';
import { Directory } from '../../src/redirect/directory.ts';
import { Ledger } from '../../src/store/ledger.ts';
import { EmbeddedFeed } from '../../src/stream/embedded.ts';
import { type LiveModels, liveModels } from '../support/live-models.ts';
import { scratchDirectory } from '../support/postgres.ts';
import { requestOf, type TestStore, testStore } from '../support/store.ts';
import { until } from '../support/until.ts';

let store: TestStore;
let models: LiveModels;
const errors: unknown[] = [];
beforeAll(async () => {
  store = await testStore();
  models = await liveModels(store);
});
afterAll(async () => {
  await models.stop();
  await store.close();
  expect(errors).toEqual([]);
});

const make = (dataDir?: string) =>
  new Directory({
    ...{ dataDir, blockedHosts: ['evil.test'], appSchemes: ['exampleapp'], baseUrl: () => 'https://qr.example:8443' },
    onError: error => errors.push(error),
  });
const following = () => ({
  ...{ sql: store.sql, feed: models.feed, ledger: store.ledger },
  checkpoint: () => models.projector.checkpoint(domains),
});
const added = (host: string): Fact => ({ type: 'domain.added', data: { host, token: 'abc' } });
const verified: Fact = { type: 'domain.verified', data: {} };
const removed: Fact = { type: 'domain.removed', data: {} };
const blocked = (...hosts: string[]): Fact => ({ type: 'blocklist.changed', data: { hosts } });

describe('a directory', () => {
  test('knows domains once they are proven, as soon as this process has written it, and until they are removed', async () => {
    const directory = make();
    await directory.follow(following());
    await store.ledger.append(requestOf('dom_1', 0, added('go.example.com')));
    expect(directory.site('go.example.com')).toBeUndefined();
    await store.ledger.append(requestOf('dom_1', 1, verified));
    // A dot at the end is the same name, and nobody may come past the domain by it.
    for (const host of ['go.example.com', 'GO.example.com', 'go.example.com.']) {
      expect(directory.site(host)).toMatchObject({ id: 'dom_1', host: 'go.example.com' });
      expect(directory.domain('org_1', host)).toEqual({ id: 'dom_1', host: 'go.example.com' });
    }
    for (const [org, host] of [
      ['org_2', 'go.example.com'],
      ['org_1', 'a@go.example.com:1/x'],
    ] as const) {
      expect(directory.domain(org, host)).toBeUndefined();
    }
    expect(
      ['go.example.com', 'GO.example.com.', 'qr.example', 'other.example'].map(host => directory.answersTo(host)),
    ).toEqual([...[true, true, true, false]]);
    await store.ledger.append(requestOf('dom_1', 2, removed));
    expect(directory.domain('org_1', 'go.example.com')).toBeUndefined();
    expect(directory.answersTo('go.example.com')).toBe(false);
    await directory.close();
  });

  test('hears of what another process writes', async () => {
    const directory = make();
    await directory.follow(following());
    const other = new Ledger(store.url);
    await other.append(requestOf('dom_2', 0, added('two.example'), verified));
    await until(() => directory.site('two.example') !== undefined, 10_000);
    await other.close();
    await directory.close();
  });

  test('says where codes may lead, and what leads nowhere any more', async () => {
    const directory = make();
    await directory.follow(following());
    await store.ledger.append(requestOf('blocklist-org_1', 0, blocked('competitor.test')));
    const { own, domains, blocked: all, appSchemes } = directory.hosts('org_1');
    expect([[...own], [...domains], [...all], appSchemes]).toEqual([
      ['qr.example:8443'],
      ['two.example'],
      ['evil.test', 'competitor.test'],
      ['exampleapp'],
    ]);
    expect([...directory.hosts('org_2').blocked, ...directory.hosts().blocked]).toEqual(['evil.test', 'evil.test']);
    const of = (org: string, destination: string) => directory.objection(org, destination);
    expect(of('org_1', 'https://a.competitor.test/')).toBe('blocked');
    expect(of('org_2', 'https://a.competitor.test/')).toBeUndefined();
    expect(of('org_2', 'https://evil.test/')).toBe('blocked');
    for (const host of ['two.example:444', 'TWO.example.']) expect(of('org_2', `https://${host}/x`)).toBe('circle');
    expect(of('org_2', 'https://qr.example:8443/x')).toBe('circle');
    expect(of('org_2', 'https://example.com/')).toBeUndefined();
    await directory.close();
  });

  test('is kept on disk for a start without the database, and takes up the ledger from there', async () => {
    const dataDir = scratchDirectory();
    const first = make(dataDir);
    await first.follow(following());
    await first.close();
    await store.ledger.append(requestOf('dom_3', 0, added('three.example'), verified));
    const second = make(dataDir);
    await second.load();
    expect([second.site('two.example')?.id, second.site('three.example')]).toEqual(['dom_2', undefined]);
    expect(second.objection('org_1', 'https://competitor.test/')).toBe('blocked');
    await second.follow(following());
    expect(second.site('three.example')?.id).toBe('dom_3');
    await second.close();
  });

  test('is none where what is on disk can not be read, as after a power cut', async () => {
    const dataDir = scratchDirectory();
    writeFileSync(join(dataDir, 'redirect-domains.json'), '');
    const directory = make(dataDir);
    await directory.load();
    expect(directory.site('two.example')).toBeUndefined();
    await directory.follow(following());
    await directory.close();
    const next = make(dataDir);
    await next.load();
    expect(next.site('two.example')?.id).toBe('dom_2');
  });

  test('forgets what it kept of a later state than that of a ledger that was restored', async () => {
    const dataDir = scratchDirectory();
    const file = join(dataDir, 'redirect-domains.json');
    const first = make(dataDir);
    await first.follow(following());
    await first.close();
    const rows = JSON.parse(readFileSync(file, 'utf8')).domains.map((row: object) => ({ ...row, version: 9 }));
    const later = {
      domains: [...rows, { ...rows[0], id: 'dom_9', host: 'nine.example', status: 'verified' }],
      blocklists: [{ org: 'org_1', hosts: ['later.test'], version: 4 }],
    };
    writeFileSync(file, JSON.stringify(later));
    const directory = make(dataDir);
    await directory.load();
    expect(directory.objection('org_1', 'https://later.test/')).toBe('blocked');
    await directory.follow(following());
    expect([directory.site('nine.example'), directory.site('two.example')?.id]).toEqual([undefined, 'dom_2']);
    const objections = () =>
      ['later', 'competitor', 'new'].map(name => directory.objection('org_1', `https://${name}.test/`));
    expect(objections()).toEqual([undefined, 'blocked', undefined]);
    await store.ledger.append(requestOf('blocklist-org_1', 1, blocked('competitor.test', 'new.test')));
    expect(objections()).toEqual([undefined, 'blocked', 'blocked']);
    await directory.close();
    const next = make(dataDir);
    await next.load();
    expect([next.site('nine.example'), next.objection('org_1', 'https://new.test/')]).toEqual([undefined, 'blocked']);
  });

  test('knows a domain at every moment, also while the read model is behind', async () => {
    const dataDir = scratchDirectory();
    const other = await testStore();
    const feed = new EmbeddedFeed(other.ledger, other.sql);
    const projector = new Projector({ sql: other.sql, feed, onError: error => errors.push(error) });
    await projector.prepare([domains]);
    await other.ledger.append(requestOf('dom_1', 0, added('go.example.com'), verified));
    await other.ledger.append(requestOf('blocklist-org_1', 0, blocked('competitor.test')));
    const checkpoint = () => projector.checkpoint(domains);
    const from = { sql: other.sql, feed, ledger: other.ledger, checkpoint };
    const first = make(dataDir);
    await first.follow(from);
    await first.close();
    const directory = make(dataDir);
    await directory.load();
    let isDone = false;
    const done = directory.follow(from).finally(() => {
      isDone = true;
    });
    const seen = new Set<string>();
    for (; !isDone; await new Promise(resolve => setImmediate(resolve))) {
      seen.add(`${directory.site('go.example.com')?.id} ${directory.objection('org_1', 'https://competitor.test/')}`);
    }
    await done;
    expect([...seen]).toEqual(['dom_1 blocked']);
    await directory.close();
    await feed.close();
    await other.close();
  });

  test('leads nobody who comes under a name that was given up to codes of others, until somebody proves it anew', async () => {
    const left = { id: 'given up', host: 'gone.example', pages: { root: null, unknown: null, gone: null } };
    const directory = make();
    await directory.follow(following());
    await store.ledger.append(requestOf('dom_4', 0, added('gone.example'), verified, removed));
    expect(directory.site('Gone.example')).toEqual(left);
    // Never proven, so anybody could have added it.
    await store.ledger.append(requestOf('dom_5', 0, added('alias.example'), removed));
    expect(directory.site('alias.example')).toBeUndefined();
    await models.projector.reached(store.ledger.position, ['domains']);
    const later = make();
    await later.follow(following());
    expect(later.site('gone.example')).toEqual(left);
    await store.ledger.append(requestOf('dom_6', 0, added('gone.example'), verified));
    expect(directory.site('gone.example')?.id).toBe('dom_6');
    await Promise.all([directory.close(), later.close()]);
  });
});

test('one that has no domains and blocks nothing knows still what leads back to where the service has moved', () => {
  let base = 'http://localhost:3000';
  const directory = new Directory({ blockedHosts: [], appSchemes: [], baseUrl: () => base, onError: () => {} });
  const old = 'https://qr.example/menu';
  expect(directory.objection('org_1', old)).toBeUndefined();
  base = 'https://qr.example';
  for (const spelt of [old, 'HTTPS://QR.Example/menu']) expect(directory.objection('org_1', spelt)).toBe('circle');
  expect(directory.objection('org_1', 'https://example.com/?from=qr.example')).toBeUndefined();
  expect([...directory.hosts().own]).toEqual(['qr.example']);
});

test('one that has nothing objects to nothing', () => {
  const directory = new Directory({ blockedHosts: [], appSchemes: [], baseUrl: () => '', onError: () => {} });
  expect(directory.objection('org_1', 'https://example.com/')).toBeUndefined();
  expect(directory.site('example.com')).toBeUndefined();
  for (const name of ['example.com', '', ' ']) expect(directory.answersTo(name)).toBe(false);
});
