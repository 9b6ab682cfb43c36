/**
 * The canary sings on this runtime, and falls silent on one that connects without asking the guard or against what the
 * guard says. Such runtimes are played by a request that leaves `lookup` out, or away.
 */
import { afterEach, describe, expect, mock, spyOn, test } from 'bun:test';
import https, { type RequestOptions } from 'node:https';
import { join } from 'node:path';
import { assertPinned } from '../../src/webhooks/canary.ts';
import { caller } from '../support/client.ts';
import { startListener } from '../support/listener.ts';
import { startProgram } from '../support/program.ts';

const request = https.request.bind(https);
afterEach(() => mock.restore());

/** Lets the runtime make requests in its own way. */
const playing = (send: (options: RequestOptions) => ReturnType<typeof https.request>) =>
  spyOn(https, 'request').mockImplementation(send as typeof https.request);

describe('the canary', () => {
  test('holds on this runtime', async () => {
    const made = playing(request);
    await assertPinned();
    expect(made).toHaveBeenCalledTimes(1);
  });

  test('fails where the guard is not asked', async () => {
    playing(({ lookup: _, ...others }) => request(others));
    await expect(assertPinned()).rejects.toThrow('without asking the address guard');
  });

  test('fails where the guard is asked and not heeded', async () => {
    playing(({ lookup, ...others }) => {
      lookup?.('canary.invalid', { all: true }, () => {});
      return request({ ...others, host: '127.0.0.1', port: 1 });
    });
    await expect(assertPinned()).rejects.toThrow('without asking the address guard');
  });
});

test('the program sends no webhook on a runtime that does not ask the guard, and does all the rest', async () => {
  const listener = await startListener();
  const program = await startProgram({
    env: { BUN_OPTIONS: `--preload ${join(import.meta.dirname, 'heedless.ts')}`, WEBHOOK_ALLOW: 'loopback' },
    runtime: 'bun',
  });
  const call = caller(program.url, program.key);
  const json = { url: `http://127.0.0.1:${listener.port}/`, events: ['*'] };
  const { id } = (await call('POST', '/v1/webhooks', { json })).body;
  await call('POST', `/v1/webhooks/${id}/test`);
  expect((await call('GET', `/v1/webhooks/${id}/deliveries`)).body.data).toMatchObject([
    { status: 'pending', attempts: 0 },
  ]);
  expect(program.log()).toContain('without asking the address guard');
  expect(await program.stop()).toBe(0);
  expect(listener.sockets).toHaveLength(0);
  listener.close();
});
