/**
 * What becomes due for whom, and what comes of it, on real tables. That the same comes out whichever batches the events
 * come in is shown in `projection.test.ts`, what single events leave in `catalogue.test.ts`.
 */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import type { AnyEvent } from '../../events/index.ts';
import { deliveries } from '../../projections/deliveries.ts';
import { findDelivery, findReplay, listDeliveries, listReplays } from '../../projections/delivery-lists.ts';
import { dueDeliveries, openReplays, waitingHooks } from '../../projections/delivery-queue.ts';
import type { Sql } from '../../projections/projection.ts';
import { prepareModels, trial } from '../support/read-models.ts';
import { type TestStore, testStore } from '../support/store.ts';
import { at, day, failed, next, ok, scan, tried, webhook } from './delivery-events.ts';

let store: TestStore;
beforeAll(async () => {
  store = await testStore();
  await prepareModels(store.sql, [deliveries]);
});
afterAll(() => store.close());

const asked = <T>(events: readonly AnyEvent[], ask: (tx: Sql) => Promise<T>) =>
  trial(store.sql, deliveries, [events], ask);
const told = async (tx: Sql, id: string) =>
  (await listDeliveries(tx, id, {}, 100)).map(row => [row.position, row.name, row.status]).reverse();

describe('a scan is held against the webhooks as they were at its position', () => {
  test('whatever happens to them before and after, in one batch', async () => {
    const before = scan('qr_1');
    const hook = webhook('wh_1', { events: ['scan.created'], tags: ['menu'] });
    const untagged = scan('qr_1');
    const created = next('qr.created', 'qr_1', { type: 'url', slug: 'a', tags: ['menu'] });
    const tagged = scan('qr_1');
    const retagged = next('qr.tagged', 'qr_1', { tags: [] });
    const late = scan('qr_1');
    const narrowed = next('webhook.narrowed', 'wh_1', { codes: ['qr_1'], tags: null });
    const wide = scan('qr_1');
    const deleted = next('webhook.paused', 'wh_1', {});
    const kept = scan('qr_1');
    const events = [before, hook, untagged, created, tagged, retagged, late, narrowed, wide, deleted, kept];
    await asked(events, async tx => {
      expect(await told(tx, 'wh_1')).toEqual(
        [tagged, wide, kept].map(event => [event.position, 'scan.created', 'pending']),
      );
      expect(await waitingHooks(tx)).toEqual([]);
    });
  });

  test('of its own organisation alone', async () => {
    const hooks = [
      webhook('wh_1'),
      next('webhook.created', 'wh_2', { url: 'https://b.example', events: ['*'], secret: 'a' }, { org: 'org_2' }),
    ];
    const theirs = next('scan.recorded', 'scans-1', { qr: 'qr_2', kind: 'scan' } as never, { org: 'org_2' });
    const ours = scan('qr_1');
    await asked([...hooks, theirs, ours], async tx => {
      expect(await told(tx, 'wh_2')).toEqual([[theirs.position, 'scan.created', 'pending']]);
      expect((await told(tx, 'wh_1')).at(-1)).toEqual([ours.position, 'scan.created', 'pending']);
      expect(await told(tx, 'wh_1')).not.toContainEqual([theirs.position, 'scan.created', 'pending']);
    });
  });
});

describe('what ends a webhook ends its deliveries', () => {
  test('disabled: what is due is given up, nothing more is kept, and what arrived has arrived', async () => {
    const hook = webhook('wh_1');
    const scans = [scan('qr_1'), scan('qr_1'), scan('qr_1')];
    const attempts = tried('wh_1', ok(scans[0]!), failed(scans[1]!, at + 5_000));
    const disabled = next('webhook.disabled', 'wh_1', { reason: 'failing' });
    const missed = scan('qr_1');
    const resumed = next('webhook.resumed', 'wh_1', {});
    const again = scan('qr_1');
    for (const batches of [
      [[hook, ...scans, attempts, disabled, missed, resumed, again]],
      [[hook, ...scans], [attempts], [disabled], [missed, resumed, again]],
    ]) {
      await trial(store.sql, deliveries, batches, async tx => {
        expect(await told(tx, 'wh_1')).toEqual([
          [scans[0]!.position, 'scan.created', 'delivered'],
          [scans[1]!.position, 'scan.created', 'exhausted'],
          [scans[2]!.position, 'scan.created', 'exhausted'],
          [resumed.position, 'webhook.resumed', 'pending'],
          [again.position, 'scan.created', 'pending'],
        ]);
        expect(await findDelivery(tx, 'wh_1', scans[2]!.position)).toMatchObject({
          due_ms: null,
          error: 'The webhook was disabled.',
        });
      });
    }
  });

  test('deleted: nothing of it is left, and what comes late changes nothing', async () => {
    const hook = webhook('wh_1');
    const scanned = scan('qr_1');
    const replay = next('replay.requested', 'rep_1', { webhook: 'wh_1', after: 0, until: 9 });
    const deleted = next('webhook.deleted', 'wh_1', {});
    const late = [
      tried('wh_1', ok(scanned)),
      next('replay.advanced', 'rep_1', { webhook: 'wh_1', through: 5, deliveries: { 'scan.created': [1] } }),
    ];
    for (const batches of [[[hook, scanned, replay, deleted, ...late]], [[hook], [scanned, replay], [deleted], late]]) {
      await trial(store.sql, deliveries, batches, async tx => {
        expect(await listDeliveries(tx, 'wh_1', {}, 10)).toEqual([]);
        expect((await listReplays(tx, 'wh_1', { limit: 5 })).total).toBe(0);
        expect(await waitingHooks(tx)).toEqual([]);
      });
    }
  });
});

test('settled deliveries are forgotten after 30 days, pending ones never', async () => {
  const hook = webhook('wh_1', { events: ['scan.created'] });
  const [done, waiting, fresh] = [scan('qr_1'), scan('qr_1'), scan('qr_1')];
  const early = tried('wh_1', ok(done), failed(waiting, at + 40 * day));
  const late = { ...tried('wh_1', ok(fresh)), at: at + 31 * day };
  await asked([hook, done, waiting, fresh, early, late], async tx => {
    expect(await told(tx, 'wh_1')).toEqual([
      [waiting.position, 'scan.created', 'pending'],
      [fresh.position, 'scan.created', 'delivered'],
    ]);
  });
});

test('what was given up before its first attempt is forgotten by when it was due', async () => {
  const hooks = ['wh_1', 'wh_2'].map(id => webhook(id, { events: ['scan.created'] }));
  const [done, fresh] = [scan('qr_1'), { ...scan('qr_1'), at: at + 31 * day }];
  const late = { ...tried('wh_1', ok(fresh)), at: at + 31 * day };
  const disabled = next('webhook.disabled', 'wh_2', { reason: 'gone' });
  const untried = { ...scan('qr_1'), at: at + 31 * day };
  await asked([...hooks, done, disabled, tried('wh_1', ok(done)), fresh, untried, late], async tx => {
    expect(await told(tx, 'wh_2')).toEqual([]);
    expect(await told(tx, 'wh_1')).toHaveLength(2);
  });
});

describe('the queue', () => {
  test('names each active webhook that something waits for, with the earliest time', async () => {
    const hooks = ['wh_1', 'wh_2', 'wh_3'].map(id => webhook(id, { events: ['scan.created'] }));
    const [first, second] = [scan('qr_1'), { ...scan('qr_1'), at: at + 500 }];
    const rest = [
      tried('wh_1', ok(first), failed(second, at + 9_000)),
      tried('wh_2', ok(first), ok(second)),
      next('webhook.paused', 'wh_3', {}),
    ];
    await asked([...hooks, first, second, ...rest], async tx => {
      expect(await waitingHooks(tx)).toEqual([
        {
          ...{ hook: hooks[0]!.position, webhook: 'wh_1', org: 'org_1', due_ms: at + 9_000 },
          ...{ failing_since: at, changed: hooks[0]!.position },
        },
      ]);
    });
  });

  test('gives what is due at a moment, earliest first, for each webhook as much as is asked for', async () => {
    const [one, two] = [webhook('wh_1', { events: ['scan.*'] }), webhook('wh_2', { events: ['scan.*'] })];
    const scans = [3_000, 1_000, 2_000, 9_000].map(ms => ({ ...scan('qr_1'), at: at + ms }));
    await asked([one, two, ...scans], async tx => {
      const wanted = [
        { hook: one.position, limit: 2 },
        { hook: two.position, limit: 9 },
      ];
      const due = await dueDeliveries(tx, at + 5_000, wanted);
      const of = (hook: AnyEvent) => due.filter(row => row.hook === hook.position).map(row => row.due_ms - at);
      expect(of(one)).toEqual([1_000, 2_000]);
      expect(of(two)).toEqual([1_000, 2_000, 3_000]);
      expect(due.map(row => row.due_ms)).toEqual(due.map(row => row.due_ms).sort((a, b) => a - b));
      expect(await dueDeliveries(tx, at + 5_000, [])).toEqual([]);
    });
  });

  test('names replays of active webhooks that are not through, and how much waits there, up to a limit', async () => {
    const hooks = [webhook('wh_1', { events: ['scan.*'] }), webhook('wh_2')];
    const scans = [scan('qr_1'), scan('qr_1'), scan('qr_1')];
    const replays = [
      next('replay.requested', 'rep_1', { webhook: 'wh_1', after: 0, until: 9 }),
      next('replay.requested', 'rep_2', { webhook: 'wh_1', after: 3, until: 3 }),
      next('replay.requested', 'rep_3', { webhook: 'wh_2', after: 0, until: 9 }),
      next('replay.advanced', 'rep_1', { webhook: 'wh_1', through: 4, deliveries: {} }),
      next('webhook.paused', 'wh_2', {}),
    ];
    await asked([...hooks, ...scans, ...replays], async tx => {
      expect(await openReplays(tx, 2)).toEqual([
        {
          ...{ id: 'rep_1', webhook: 'wh_1', org: 'org_1', through: 4, until: 9 },
          changed: hooks[0]!.position,
          waiting: 2,
        },
      ]);
      expect(await findReplay(tx, 'wh_1', 'rep_1')).toMatchObject({ after: 0, until: 9, through: 4 });
      expect(await findReplay(tx, 'wh_2', 'rep_1')).toBeUndefined();
      const { rows, total } = await listReplays(tx, 'wh_1', { limit: 5, before: 'rep_2' });
      expect([rows.map(({ id }) => id), total]).toEqual([['rep_1'], 2]);
    });
  });
});

test('the log is asked for by state, by name and from a position on, newest first', async () => {
  const hook = webhook('wh_1', { events: ['*'] });
  const scans = [scan('qr_1'), scan('qr_1'), scan('qr_1')];
  const created = next('qr.created', 'qr_2', { type: 'url', slug: 'a' });
  const attempts = tried('wh_1', ok(scans[0]!), failed(scans[1]!));
  await asked([hook, ...scans, created, attempts], async tx => {
    const listed = async (filter: Parameters<typeof listDeliveries>[2], limit = 10) =>
      (await listDeliveries(tx, 'wh_1', filter, limit)).map(row => row.position);
    const [first, second, third] = scans.map(event => event.position) as [number, number, number];
    expect(await listed({})).toEqual([created.position, third, second, first]);
    expect(await listed({}, 2)).toEqual([created.position, third]);
    expect(await listed({ before: third })).toEqual([second, first]);
    expect(await listed({ name: 'scan.created' })).toEqual([third, second, first]);
    expect(await listed({ status: 'pending' })).toEqual([created.position, third]);
    expect(await listed({ status: 'delivered' })).toEqual([first]);
    expect(await listed({ status: 'exhausted' })).toEqual([second]);
    expect(await findDelivery(tx, 'wh_2', first)).toBeUndefined();
  });
});
