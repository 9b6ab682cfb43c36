/**
 * Entries that a redirect node has kept on disk: they answer before the database does, and are believed only as far as
 * they are this ledger's.
 */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import type { Fact } from '../../events/envelope.ts';
import { redirects } from '../../projections/redirects.ts';
import { Entries, type FollowOptions } from '../../src/redirect/entries.ts';
import { EntryLog } from '../../src/redirect/entry-log.ts';
import { type LiveModels, liveModels } from '../support/live-models.ts';
import { scratchDirectory } from '../support/postgres.ts';
import { created, requestOf, type TestStore, testStore } from '../support/store.ts';
import { until } from '../support/until.ts';

const retargeted = (destination: string): Fact => ({ type: 'qr.retargeted', data: { destination } });

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
  expect(errors).toEqual([]);
});

describe('entries that were kept on disk', () => {
  const log = (directory: string, node: string) => new EntryLog({ directory, node, onError });
  /** Entries that were kept by a process which is gone, and what has happened since. */
  const left = async (directory: string, slug: string) => {
    const entries = new Entries(log(directory, 'first'));
    expect(await entries.load()).toBe(false);
    await entries.follow(options());
    await store.ledger.append(requestOf(`qr_${slug}`, 0, created(slug)));
    await until(() => entries.position === store.ledger.position, 5_000);
    await entries.close();
    await store.ledger.append(requestOf(`qr_${slug}`, 1, retargeted('https://since.example/')));
  };

  test('answer before the database does, and then follow from where they end, without the read model', async () => {
    const directory = scratchDirectory();
    await left(directory, 'kept');
    const entries = new Entries(log(directory, 'second'));
    expect(await entries.load()).toBe(true);
    expect(entries.get('kept')?.destination).toBe('https://example.com/kept');
    expect(entries.complete).toBe(false);
    await entries.follow(options({ checkpoint: () => Promise.reject(new Error('not needed')) }));
    expect(entries.get('kept')?.destination).toBe('https://since.example/');
    await entries.close();
  });

  test('know what was answered just before a kill', async () => {
    const directory = scratchDirectory();
    await left(directory, 'killed');
    const killed = new Entries(log(directory, 'second'));
    await killed.load();
    await killed.follow(options());
    await store.ledger.append(requestOf('qr_killed', 2, retargeted('https://last.example/')));
    const other = new Entries(log(directory, 'third'));
    await until(async () => (await other.load()) && other.get('killed')?.version === 3, 5_000);
    await Promise.all([killed.close(), other.close()]);
  });

  test.each([
    ['another ledger', { identity: 'another' }, async () => {}],
    [
      'a ledger that was put back to an older state',
      {},
      async (directory: string) => {
        const other = log(directory, 'x');
        await other.rewrite([['["kept","qr_x","org_1",1,null]']], { ledger: 'ledger', position: 10_000_000 });
        await other.close();
      },
    ],
  ])('are passed over when they are of %s', async (_, more, prepare) => {
    const directory = scratchDirectory();
    await left(directory, `of-${_.length}`);
    await prepare(directory);
    await models.fresh('redirects');
    const entries = new Entries(log(directory, 'second'));
    expect(await entries.load()).toBe(true);
    await entries.follow(options(more));
    expect(entries.get('qr_x')).toBeUndefined();
    expect(entries.get(`of-${_.length}`)?.destination).toBe('https://since.example/');
    expect(entries.size).toBeGreaterThan(1);
    await entries.close();
  });

  test('are not believed when the last of them is not on record any more, however far the node had looked', async () => {
    const directory = scratchDirectory();
    const older = await testStore();
    const olderModels = await liveModels(older);
    const newer = await testStore();
    const newerModels = await liveModels(newer);
    const of = ({ sql, ledger }: TestStore, { feed, projector }: LiveModels) =>
      options({ sql, ledger, feed, checkpoint: () => projector.checkpoint(redirects) });
    const entries = new Entries(log(directory, 'first'));
    await entries.load();
    await entries.follow(of(newer, newerModels));
    for (const slug of ['a', 'b']) {
      for (const { ledger } of [newer, older]) await ledger.append(requestOf(`qr_${slug}`, 0, created(slug)));
      await until(() => entries.position === newer.ledger.position, 5_000);
    }
    // After the backup, and the last before it is restored.
    await newer.ledger.append(requestOf('qr_a', 1, retargeted('https://undone.example/')));
    await until(() => entries.position === newer.ledger.position, 5_000);
    await entries.close();
    const again = new Entries(log(directory, 'second'));
    expect(await again.load()).toBe(true);
    await again.follow(of(older, olderModels));
    expect(again.get('a')).toMatchObject({ version: 1, destination: 'https://example.com/a' });
    await older.ledger.append(requestOf('qr_a', 1, retargeted('https://new.example/')));
    expect(again.get('a')?.destination).toBe('https://new.example/');
    await again.close();
    for (const each of [olderModels, newerModels]) await each.stop();
    for (const each of [older, newer]) await each.close();
  });
});
