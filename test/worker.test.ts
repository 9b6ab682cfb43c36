import { expect, test } from 'bun:test';
import { Worker } from '../src/worker.ts';
import { until } from './support/until.ts';

/** A wait that no test sits out: a worker that goes on within it was woken. */
const never = 600_000;
const ignore = () => {};

test('a worker goes on at once while there is more to do, then waits', async () => {
  let steps = 0;
  const worker = new Worker(async () => ++steps < 100, { name: 'w', idleMs: never, onError: ignore }).start();
  await until(() => steps === 100, 5_000);
  await worker.stop();
  expect(steps).toBe(100);
});

test('a wake-up ends the wait', async () => {
  let steps = 0;
  const step = async () => {
    steps += 1;
    return false;
  };
  const worker = new Worker(step, { name: 'w', idleMs: never, onError: ignore }).start();
  for (let i = 2; i < 20; i++) {
    worker.wake();
    await until(() => steps === i, 5_000);
  }
  await worker.stop();
});

test('a wake-up during a step is not lost: the step runs once more', async () => {
  let steps = 0;
  const worker: Worker = new Worker(
    async () => {
      steps += 1;
      if (steps === 1) for (let i = 0; i < 5; i++) worker.wake();
      return false;
    },
    { name: 'w', idleMs: never, onError: ignore },
  );
  worker.start();
  await until(() => steps === 2, 5_000);
  await worker.stop();
  expect(steps).toBe(2);
});

test('without a wake-up it looks again after its idle time', async () => {
  let steps = 0;
  const step = async () => ++steps < 0;
  const worker = new Worker(step, { name: 'w', idleMs: 1, onError: ignore }).start();
  await until(() => steps > 3, 5_000);
  await worker.stop();
});

test('a rest that a step asks for is not shortened by a wake-up, only by the end', async () => {
  let steps = 0;
  const worker = new Worker(async () => (++steps < 3 ? 1 : never), { name: 'w', idleMs: 1, onError: ignore }).start();
  await until(() => steps === 3, 5_000);
  const others = new Worker(async () => ++steps < 23, { name: 'w', idleMs: never, onError: ignore }).start();
  worker.wake();
  await until(() => steps === 23, 5_000);
  await Promise.all([worker.stop(), others.stop()]);
  expect(steps).toBe(23);
});

test('a step that fails is reported under the name of the worker and tried again, whatever it throws', async () => {
  const heard: [unknown, string][] = [];
  let steps = 0;
  const worker = new Worker(
    () => {
      steps += 1;
      if (steps === 1) throw new Error('at once');
      if (steps === 2) return Promise.reject('a string');
      return Promise.resolve(false);
    },
    { name: 'reader', idleMs: never, onError: (error, name) => heard.push([error, name]) },
  ).start();
  await until(() => steps === 3, 5_000);
  await worker.stop();
  expect(heard).toEqual([
    [new Error('at once'), 'reader'],
    ['a string', 'reader'],
  ]);
});

test('the pause after failures doubles and no wake-up shortens it; a success makes it short again', async () => {
  const times: number[] = [];
  const worker = new Worker(
    async () => {
      times.push(performance.now());
      if (times.length === 5) return true;
      throw new Error('no');
    },
    { name: 'w', idleMs: never, onError: () => queueMicrotask(() => worker.wake()) },
  ).start();
  const hammering = setInterval(() => worker.wake(), 1);
  await until(() => times.length >= 6, 10_000);
  clearInterval(hammering);
  await worker.stop();
  // Lower bounds only: a busy machine makes pauses longer, never shorter. Timers may fire up to 1 ms early.
  const pauses = times.slice(1, 6).map((time, i) => time - times[i]!);
  for (const [i, atLeast] of [50, 100, 200, 400, 0].entries()) expect(pauses[i]).toBeGreaterThanOrEqual(atLeast - 2);
});

test('the pause after a failure is no longer than what is said of such a failure', async () => {
  let steps = 0;
  const onError = ignore;
  const retryMaxMs = (error: unknown) => (error === 'short' ? 1 : never);
  const fail = () => Promise.reject(++steps < 20 ? 'short' : 'long');
  const worker = new Worker(fail, { name: 'w', idleMs: never, onError, retryMaxMs }).start();
  // Doubled up to two seconds, twenty of them would take half a minute.
  await until(() => steps >= 20, 10_000);
  await worker.stop();
});

test('an idle time that depends is asked for before each wait', async () => {
  let steps = 0;
  const idleMs = () => (steps < 3 ? 1 : never);
  const worker = new Worker(async () => ++steps < 0, { name: 'w', idleMs, onError: ignore }).start();
  await until(() => steps === 3, 5_000);
  await worker.stop();
  expect(steps).toBe(3);
});

test('stop ends any wait at once and waits for the step in progress', async () => {
  let finish: () => void = ignore;
  let finished = false;
  const busy = new Worker(
    async () => {
      await new Promise<void>(resolve => {
        finish = resolve;
      });
      finished = true;
      return true;
    },
    { name: 'w', idleMs: never, onError: ignore },
  ).start();
  const stopped = busy.stop().then(() => finished);
  finish();
  expect(await stopped).toBe(true);
  expect(busy.stopped).toBe(true);

  let failures = 0;
  const failing = new Worker(() => Promise.reject(new Error('no')), {
    name: 'w',
    idleMs: never,
    onError: () => {
      failures += 1;
    },
  }).start();
  await until(() => failures >= 3, 5_000);
  await failing.stop();
  expect(failing.stopped).toBe(true);
});

test('a worker that never started stops, and one that is started twice runs once', async () => {
  await new Worker(async () => true, { name: 'w', idleMs: never, onError: ignore }).stop();
  let steps = 0;
  const worker = new Worker(async () => ++steps < 0, { name: 'w', idleMs: never, onError: ignore });
  worker.start().start();
  await until(() => steps > 0, 5_000);
  await worker.stop();
  expect(steps).toBe(1);
});
