/**
 * The consumer behind the feed is lost or gets stuck now and then; the feed has to find that out by itself.
 */
import { afterAll, beforeAll, expect, test } from 'bun:test';
import type { ConsumeOptions } from 'nats';
import type { Link } from '../../src/stream/broker.ts';
import { JetStreamFeed } from '../../src/stream/feed.ts';
import { streamName } from '../../src/stream/jetstream.ts';
import { until } from '../support/until.ts';
import { type NatsRig, natsRig } from './rig.ts';
import { Writer } from './traffic.ts';
import { Witness } from './witness.ts';

const foundMs = 10_000;
let rig: NatsRig;
let writer: Writer;
beforeAll(async () => {
  rig = await natsRig();
  writer = new Writer(rig.there, 'a');
  await rig.settled();
});
afterAll(() => rig.close());

async function consumers(): Promise<string[]> {
  const { manager } = await rig.link();
  return (await manager.consumers.list(streamName('facts')).next()).map(({ name }) => name);
}

test('a consumer that somebody deleted is made anew', async () => {
  const witness = new Witness({ sql: rig.sql, feed: rig.outside, family: 'facts' });
  const [name] = (await until(
    async () => (await consumers()).length === 1 && (await consumers()),
    foundMs,
  )) as string[];
  await (await rig.link()).manager.consumers.delete(streamName('facts'), name!);
  await until(async () => (await consumers()).some(other => other !== name), foundMs);
  await writer.commits(10);
  const { seen, ledger } = await witness.caughtUp();
  expect(seen).toEqual([...ledger]);
  await witness.stop();
});

test('a consumer that stays and brings nothing is made anew', async () => {
  const link = await rig.link();
  let made = 0;
  // The first consumer that nats.js makes here takes its messages from the server and keeps them to itself.
  const get = async (stream: string, name: string) => {
    const consumer = await link.js.consumers.get(stream, name);
    made += 1;
    if (made > 1) return consumer;
    return { consume: (options: ConsumeOptions) => consumer.consume({ ...options, callback: () => {} }) };
  };
  const lame = { ...link, js: { consumers: { get } } } as unknown as Link;
  const feed = new JetStreamFeed({ link: lame, onChange: () => () => {} }, () => {});
  const witness = new Witness({ sql: rig.sql, feed, family: 'facts' });
  await until(() => made === 1, foundMs);
  await witness.caughtUp();
  await writer.facts(3);
  const { seen, ledger } = await witness.caughtUp();
  expect(seen).toEqual([...ledger]);
  expect(made).toBe(2);
  // The new one is live: what comes now comes without a look at the ledger.
  await writer.facts(2);
  await witness.caughtUp();
  expect(made).toBe(2);
  await witness.stop();
  await feed.close();
});

test('a consumer without messages is left alone', async () => {
  const before = await until(async () => (await consumers()).length > 0 && (await consumers()), foundMs);
  const { promise: looked, resolve } = Promise.withResolvers<void>();
  const link = await rig.link();
  let looks = 0;
  const manager = Object.create(link.manager, {
    consumers: {
      value: Object.create(link.manager.consumers, {
        info: {
          value: (stream: string, name: string) => {
            looks += 1;
            if (looks === 3) resolve();
            return link.manager.consumers.info(stream, name);
          },
        },
      }),
    },
  });
  const feed = new JetStreamFeed({ link: { ...link, manager }, onChange: () => () => {} }, () => {});
  const stop = feed.listen('facts', { onRun: () => {}, onHint: () => {} });
  await looked;
  expect((await consumers()).length).toBe((before as string[]).length + 1);
  stop();
  await feed.close();
});
