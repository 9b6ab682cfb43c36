/**
 * The canary sings on this runtime, and falls silent on one that connects without asking the guard or against what the
 * guard says. Such runtimes are played by a request that leaves `lookup` out, or away.
 */
import { afterEach, describe, expect, mock, spyOn, test } from 'bun:test';
import https, { type RequestOptions } from 'node:https';
import { assertPinned } from '../../src/webhooks/canary.ts';

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
