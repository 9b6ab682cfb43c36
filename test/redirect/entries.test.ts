import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import type { Fact } from '../../events/envelope.ts';
import type { AnyEvent } from '../../events/index.ts';
import { schemaOf } from '../../projections/projection.ts';
import { redirects } from '../../projections/redirects.ts';
import { Entries, type FollowOptions } from '../../src/redirect/entries.ts';
import { connect } from '../../src/store/connect.ts';
import { Ledger } from '../../src/store/ledger.ts';
import { type LiveModels, liveModels } from '../support/live-models.ts';
import { silentFeed } from '../support/read-models.ts';
import { created, requestOf, type TestStore, testStore } from '../support/store.ts';
import { until } from '../support/until.ts';

const retargeted = (destination: string): Fact => ({ type: 'qr.retargeted', data: { destination } });
const relabeled: Fact = { type: 'qr.relabeled', data: { label: 'x' } };
const deleted: Fact = { type: 'qr.deleted', data: {} };

describe('an event', () => {
  let position = 0;
  const event = (stream: string, version: number, fact: Fact): AnyEvent =>
    ({ ...fact, stream, version, position: ++position, at: 1, org: 'org_1', actor: 'a', request: null }) as AnyEvent;
  const history = [
    event('qr_1', 1, created('one')),
    event('qr_1', 2, retargeted('https://b.example/')),
    event('qr_1', 3, relabeled),
    event('qr_1', 4, deleted),
  ];
  /** The entry after the first `count` events of the history. */
  const after = (count: number) => {
    const entries = new Entries();
    entries.apply(history.slice(0, count));
    return entries;
  };
  const states = [0, 1, 2, 3, 4].map(count => after(count).get('one'));

  test('moves its code to the next version, and a deleted code keeps its slug', () => {
    expect(states.map(entry => entry && [entry.version, entry.destination])).toEqual([
      undefined,
      [1, 'https://example.com/one'],
      [2, 'https://b.example/'],
      [3, 'https://b.example/'],
      [4, 'https://b.example/'],
    ]);
    expect(states.map(entry => entry?.deleted)).toEqual([undefined, undefined, undefined, undefined, true]);
    expect(after(4).size).toBe(1);
  });

  test('that comes again or too early changes nothing, wherever the entry is', () => {
    for (const count of [0, 1, 2, 3, 4]) {
      for (const [i, again] of history.entries()) {
        if (i === count) continue;
        const entries = after(count);
        entries.apply([again, again]);
        expect(entries.get('one')).toEqual(states[count]!);
      }
    }
  });

  test('is taken in when what was missing before it has come', () => {
    const entries = after(1);
    entries.apply([history[2]!]);
    entries.apply(history);
    expect(entries.get('one')).toEqual(states[4]!);
  });

  test('that rewrites what a code shows is taken in like any other', () => {
    const wifi: Fact = { type: 'qr.created', data: { slug: 'wlan', type: 'wifi', content: { ssid: 'Guests' } } };
    const entries = new Entries();
    entries.apply([event('qr_3', 1, wifi)]);
    entries.apply([event('qr_3', 2, { type: 'qr.rewritten', data: { content: { ssid: 'Staff' } } })]);
    expect(entries.get('wlan')).toMatchObject({ version: 2, held: { type: 'wifi', content: { ssid: 'Staff' } } });
    entries.apply([event('qr_3', 3, deleted)]);
    expect(entries.get('wlan')).toEqual({
      ...{ slug: 'wlan', qr: 'qr_3', org: 'org_1', version: 3, destination: null, deleted: true },
      held: { type: 'wifi', content: { ssid: 'Staff' } },
    });
  });

  test('of a static code makes no entry', () => {
    const entries = new Entries();
    const data = { static: true, type: 'text', content: { text: 'Table 12' } };
    entries.apply([event('qr_4', 1, { type: 'qr.created', data }), event('qr_4', 2, relabeled)]);
    expect(entries.size).toBe(0);
  });

  test('of another noun makes no entry', () => {
    const entries = new Entries();
    entries.apply([event('org_1', 1, { type: 'org.created', data: { name: 'Acme', plan: 'free' } })]);
    entries.apply([event('qr_2', 1, deleted)]);
    expect(entries.size).toBe(0);
  });
});

describe('the entries of an instance', () => {
  let store: TestStore;
  let models: LiveModels;
  const errors: unknown[] = [];
  const onError = (error: unknown) => errors.push(error);
  const checkpoint = () => models.projector.checkpoint(redirects);
  const options = (more: Partial<FollowOptions> = {}): FollowOptions => ({
    ...{ sql: store.sql, feed: models.feed, ledger: store.ledger, identity: 'ledger', checkpoint, onError, ...more },
  });

  beforeAll(async () => {
    store = await testStore();
    models = await liveModels(store);
  });
  afterAll(async () => {
    await models.stop();
    await store.close();
  });

  test('hold what was there before the start, more than one page of it', async () => {
    const count = 10_500;
    const writes = Array.from({ length: count }, (_, i) => ({
      ...{ stream: `qr_old_${i}`, expected: 0 },
      facts: [created(`old${String(i).padStart(5, '0')}`)],
    }));
    await store.ledger.append({ ...requestOf('', 0), writes });
    await store.ledger.append(requestOf('qr_old_7', 1, retargeted('https://moved.example/')));
    await models.fresh('redirects');
    const entries = new Entries();
    await entries.follow(options());
    expect(entries.size).toBe(count);
    expect(entries.get('old00007')).toMatchObject({ version: 2, destination: 'https://moved.example/', org: 'org_1' });
    expect(entries.get('old10499')?.destination).toBe('https://example.com/old10499');
    expect(entries.get('OLD10499')).toBeUndefined();
    await entries.close();
  });

  test('know what this process writes before the writer is answered', async () => {
    const entries = new Entries();
    await entries.follow(options());
    let atAnswer: string | null | undefined;
    await store.ledger.append(requestOf('qr_own', 0, created('own'))).then(() => {
      atAnswer = entries.get('own')?.destination;
    });
    expect(atAnswer).toBe('https://example.com/own');
    for (let version = 1; version < 20; version++) {
      await store.ledger.append(requestOf('qr_own', version, retargeted(`https://example.com/${version}`)));
      expect(entries.get('own')).toMatchObject({ version: version + 1, destination: `https://example.com/${version}` });
    }
    await entries.close();
  });

  test('hear of what another process writes, and of both in the right order', async () => {
    const entries = new Entries();
    await entries.follow(options());
    const other = new Ledger(store.url);
    await other.append(requestOf('qr_both', 0, created('both')));
    await store.ledger.append(requestOf('qr_both', 1, retargeted('https://second.example/')));
    await other.append(requestOf('qr_both', 2, retargeted('https://third.example/')));
    await until(() => entries.get('both')?.version === 3, 10_000);
    expect(entries.get('both')?.destination).toBe('https://third.example/');
    await store.ledger.append(requestOf('qr_both', 3, deleted));
    expect(entries.get('both')?.deleted).toBe(true);
    await until(() => entries.position === store.ledger.position, 10_000);
    expect(entries.get('both')).toMatchObject({ version: 4, deleted: true });
    await other.close();
    await entries.close();
  });

  test('follow from a checkpoint that is behind the rows without going back', async () => {
    await models.fresh('redirects');
    const entries = new Entries();
    await entries.follow(options({ ledger: undefined, checkpoint: async () => 0 }));
    await until(() => entries.position >= store.ledger.position, 10_000);
    expect(entries.get('both')).toMatchObject({ version: 4, deleted: true });
    expect(entries.get('own')?.version).toBe(20);
    await entries.close();
    expect([...errors, ...models.errors]).toEqual([]);
  });

  test('hear of nothing any more after they were closed', async () => {
    const entries = new Entries();
    await entries.follow(options());
    await entries.close();
    await store.ledger.append(requestOf('qr_after', 0, created('after')));
    expect(entries.get('after')).toBeUndefined();
  });

  test('are sure to know every code while the ledger answers, and not while it does not', async () => {
    const sql = connect(store.url, { max: 1, name: 'cut off', searchPath: [schemaOf(redirects)] });
    const entries = new Entries();
    expect(entries.complete).toBe(false);
    await entries.follow(options({ sql, feed: silentFeed, onError: () => {} }));
    await until(() => entries.complete, 5_000);
    await sql.end({ timeout: 0 });
    await until(() => !entries.complete, 5_000);
    expect(entries.get('own')?.version).toBe(20);
    await entries.close();
  });
});
