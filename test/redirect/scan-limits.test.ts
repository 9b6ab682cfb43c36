import { afterEach, expect, test } from 'bun:test';
import { ScanLimits, type Totals } from '../../src/redirect/scan-limits.ts';
import { until } from '../support/until.ts';

const errors: unknown[] = [];
const opened: ScanLimits[] = [];
function open(totals: Totals, settled: () => number | undefined = () => 0, coldMs = 60_000): ScanLimits {
  const limits = new ScanLimits({ totals, settled, coldMs, onError: error => errors.push(error) });
  opened.push(limits);
  return limits;
}
afterEach(async () => {
  for (const limits of opened.splice(0)) await limits.close();
  errors.length = 0;
});

/** A read model that a test moves on. */
function model() {
  const state = { position: 0, total: 0, asked: 0 };
  const totals: Totals = async qrs => {
    state.asked += 1;
    return { position: state.position, totals: new Map(qrs.map(qr => [qr, state.total])) };
  };
  return { state, totals };
}

test('what is on record counts, before the first scan is let through', async () => {
  const { state, totals } = model();
  state.total = 7;
  const limits = open(totals);
  await limits.ready('qr_1');
  expect([limits.isFull('qr_1', 8), limits.isFull('qr_1', 7)]).toEqual([false, true]);
});

test('a scan counts from the moment it is let through, and not when it could not be kept', async () => {
  const limits = open(model().totals);
  await limits.ready('qr_1');
  const [first, second] = [limits.take('qr_1'), limits.take('qr_1')];
  expect(limits.isFull('qr_1', 2)).toBe(true);
  second.failed();
  expect(limits.isFull('qr_1', 2)).toBe(false);
  first.answered(5);
  expect([limits.isFull('qr_1', 1), limits.isFull('qr_2', 1)]).toEqual([true, false]);
});

test('a scan is counted once, whether the read model has it yet or not', async () => {
  const { state, totals } = model();
  const limits = open(totals);
  await limits.ready('qr_1');
  for (const position of [3, 5]) limits.take('qr_1').answered(position);
  const looks = async () => {
    const { asked } = state;
    await until(() => state.asked > asked + 1, 5_000);
  };
  Object.assign(state, { position: 4, total: 1 });
  await looks();
  expect([limits.isFull('qr_1', 2), limits.isFull('qr_1', 3)]).toEqual([true, false]);
  // Another node's scan is among these.
  Object.assign(state, { position: 9, total: 3 });
  await looks();
  expect([limits.isFull('qr_1', 3), limits.isFull('qr_1', 4)]).toEqual([true, false]);
});

test('scans that come home count once, though others still wait on disk', async () => {
  const { state, totals } = model();
  const limits = open(totals, () => undefined);
  await limits.ready('qr_1');
  for (let i = 0; i < 3; i++) limits.take('qr_1').answered(undefined);
  limits.take('qr_2').answered(undefined);
  limits.home(['qr_1', 'qr_1', 'qr_2', 'qr_2', 'qr_3'], 5);
  expect([limits.isFull('qr_1', 3), limits.isFull('qr_1', 4), limits.isFull('qr_2', 2)]).toEqual([true, false, false]);
  Object.assign(state, { position: 5, total: 2 });
  const { asked } = state;
  await until(() => state.asked > asked + 1, 5_000);
  expect([limits.isFull('qr_1', 3), limits.isFull('qr_1', 4), limits.isFull('qr_2', 3)]).toEqual([true, false, false]);
});

test('scans that wait on disk count until what brings them home is in the read model', async () => {
  const { state, totals } = model();
  let settled: number | undefined;
  const limits = open(totals, () => settled);
  await limits.ready('qr_1');
  limits.take('qr_1').answered(undefined);
  const looks = async () => {
    const { asked } = state;
    await until(() => state.asked > asked + 1, 5_000);
  };
  Object.assign(state, { position: 9, total: 0 });
  await looks();
  expect(limits.isFull('qr_1', 1)).toBe(true);
  settled = 12;
  await looks();
  expect(limits.isFull('qr_1', 1)).toBe(true);
  Object.assign(state, { position: 12, total: 1 });
  await looks();
  expect([limits.isFull('qr_1', 1), limits.isFull('qr_1', 2)]).toEqual([true, false]);
});

test('while nothing can be learnt, what this node has answered counts, and nobody waits for ever', async () => {
  const limits = open(() => Promise.reject(new Error('away')));
  await limits.ready('qr_1');
  expect(String(errors)).toContain('away');
  expect(limits.isFull('qr_1', 1)).toBe(false);
  limits.take('qr_1').answered(undefined);
  expect(limits.isFull('qr_1', 1)).toBe(true);
  const silent = open(() => new Promise(() => {}));
  await silent.ready('qr_1');
});

test('a scan that goes to disk while the read model is asked is not among those that it has', async () => {
  const { state, totals } = model();
  const held = Promise.withResolvers<void>();
  let looks = 0;
  let isSpooled = false;
  const slow: Totals = async qrs => {
    looks += 1;
    if (looks === 2) await held.promise;
    return totals(qrs);
  };
  const limits = open(slow, () => (isSpooled ? undefined : 10));
  state.position = 10;
  await limits.ready('qr_1');
  await until(() => looks === 2, 5_000);
  isSpooled = true;
  limits.take('qr_1').answered(undefined);
  held.resolve();
  await until(() => looks > 2, 5_000);
  expect(limits.isFull('qr_1', 1)).toBe(true);
});

test('a first word that comes behind a later one takes nothing back', async () => {
  const { state, totals } = model();
  const [held, rest] = [Promise.withResolvers<void>(), Promise.withResolvers<never>()];
  let looks = 0;
  const slow: Totals = async qrs => {
    looks += 1;
    const look = looks;
    const told = await totals(qrs);
    if (look === 1) await held.promise;
    if (look > 2) await rest.promise;
    return told;
  };
  const limits = open(slow, () => 3);
  const first = limits.ready('qr_1');
  limits.take('qr_1').answered(3);
  Object.assign(state, { position: 3, total: 1 });
  await until(() => looks > 2, 5_000);
  held.resolve();
  // On a busy machine its caller no longer waits for it.
  await Promise.all([first, new Promise(resolve => setImmediate(resolve))]);
  rest.reject(new Error('over'));
  expect(limits.isFull('qr_1', 1)).toBe(true);
});

test('what was answered while a first word was overdue counts when that fails', async () => {
  const word = Promise.withResolvers<never>();
  const limits = open(() => word.promise);
  await limits.ready('qr_1');
  limits.take('qr_1').answered(undefined);
  word.reject(new Error('the connection was closed'));
  await until(() => errors.length > 0, 5_000);
  expect(limits.isFull('qr_1', 1)).toBe(true);
});

test('a code that is full stays so while nothing can be learnt, however long nobody scans it', async () => {
  const { state, totals } = model();
  state.total = 5;
  let isAway = false;
  const limits = open(qrs => (isAway ? Promise.reject(new Error('away')) : totals(qrs)), undefined, 0);
  await limits.ready('qr_1');
  isAway = true;
  await until(() => errors.length > 1, 5_000);
  expect(limits.isFull('qr_1', 5)).toBe(true);
  isAway = false;
  await until(() => !limits.isFull('qr_1', 5), 5_000);
  const { asked } = state;
  await limits.ready('qr_1');
  expect([state.asked, limits.isFull('qr_1', 5)]).toEqual([asked + 1, true]);
});

test('a code is not forgotten while a scan of it waits on disk', async () => {
  const { state, totals } = model();
  const limits = open(totals, () => undefined, 0);
  await limits.ready('qr_1');
  limits.take('qr_1').answered(undefined);
  await until(() => state.asked > 2, 5_000);
  expect(limits.isFull('qr_1', 1)).toBe(true);
});
