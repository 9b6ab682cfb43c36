/**
 * The connection to NATS as the program has it: never waited for, always tried again, closed when it is to be closed.
 */
import { expect, test } from 'bun:test';
import { Broker } from '../../src/stream/broker.ts';
import { natsServer } from '../support/nats.ts';
import { until } from '../support/until.ts';

const key = new Uint8Array(32);
const foundMs = 10_000;

function open(url: string): { broker: Broker; errors: unknown[] } {
  const errors: unknown[] = [];
  return { broker: new Broker({ url, key, onError: error => errors.push(error) }), errors };
}

test('a broker that comes, goes and comes again is linked each time, and an outage is reported once', async () => {
  await using nats = await natsServer();
  await nats.stop();
  const { broker, errors } = open(nats.url);
  let changes = 0;
  broker.onChange(() => {
    changes += 1;
  });
  await until(() => errors.length > 0, foundMs);
  expect(broker.link).toBeUndefined();
  await nats.restart();
  const first = await until(() => broker.link, foundMs);
  expect(errors.length).toBe(1);
  await nats.kill();
  await until(() => broker.link === undefined, foundMs);
  await nats.restart();
  const second = await until(() => broker.link, foundMs);
  expect(second).not.toBe(first);
  expect(changes).toBe(3);
  await broker.close();
  expect(broker.link).toBeUndefined();
});

test('what is asked of a link that breaks is refused at once instead of waiting', async () => {
  await using nats = await natsServer();
  const { broker } = open(nats.url);
  const link = (await until(() => broker.link, foundMs))!;
  process.kill(nats.pid!, 'SIGSTOP');
  const asked = link.manager.streams.info('NONE').then(
    () => 'answered',
    () => 'refused',
  );
  await nats.kill();
  expect(await asked).toBe('refused');
  await until(() => broker.link === undefined, foundMs);
  await broker.close();
});

test('a broker that never came can be closed', async () => {
  const nats = await natsServer();
  await nats.remove();
  const { broker, errors } = open(nats.url);
  await until(() => errors.length > 0, foundMs);
  await broker.close();
  expect(broker.link).toBeUndefined();
});

test('of several servers one that answers is enough', async () => {
  await using nats = await natsServer();
  const gone = await natsServer();
  await gone.remove();
  const { broker } = open(`${gone.url}, ${nats.url}`);
  await until(() => broker.link, foundMs);
  await broker.close();
});

test('name and password of the URL are used, as is a token', async () => {
  await using nats = await natsServer('--user', 'me', '--pass', 'p@ss');
  const { broker } = open(nats.url.replace('//', '//me:p%40ss@'));
  await until(() => broker.link, foundMs);
  await broker.close();
  const wrong = open(nats.url.replace('//', '//me:wrong@'));
  await until(() => wrong.errors.length > 0, foundMs);
  expect(String(wrong.errors[0])).toMatch(/authorization/i);
  await wrong.broker.close();
  await using other = await natsServer('--auth', 'secret');
  const byToken = open(other.url.replace('//', '//secret@'));
  await until(() => byToken.broker.link, foundMs);
  await byToken.broker.close();
});
