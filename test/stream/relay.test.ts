/**
 * Who relays, and from where: one process at a time, another when that one is gone, none in the way of the other even
 * when both believe to be the one; from the ledger and nothing else, whatever the stream was left with.
 */
import { afterEach, expect, test } from 'bun:test';
import type { AnyEvent } from '../../events/index.ts';
import { deleteStream, endOf, publish, streamName } from '../../src/stream/jetstream.ts';
import { stamped } from '../../src/stream/message.ts';
import { natsServer, type TestNats } from '../support/nats.ts';
import { testDatabase } from '../support/postgres.ts';
import { created, requestOf } from '../support/store.ts';
import { until } from '../support/until.ts';
import { type NatsRig, natsRig, relayProcess } from './rig.ts';
import { eventsOf, Writer } from './traffic.ts';
import { Witness } from './witness.ts';

const takeOverMs = 10_000;
const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function opened(rig: Promise<NatsRig>): Promise<NatsRig> {
  const it = await rig;
  closing.push(() => it.close());
  return it;
}

async function ownServer(): Promise<TestNats> {
  const nats = await natsServer();
  closing.push(() => nats.remove());
  return nats;
}

/** Events of the streams are as those of the ledger after `act`, which runs while both processes append. */
async function underLoad(rig: NatsRig, act: () => Promise<unknown>): Promise<void> {
  const stops = [new Writer(rig.here, 'here').load(), new Writer(rig.there, 'there').load()];
  try {
    await until(async () => (await rig.stored('facts').catch(() => [])).length > 50, takeOverMs);
    await act();
  } finally {
    for (const stop of stops) await stop();
  }
  await rig.settled();
}

const familiesOf = (reports: readonly { family: string }[]) => new Set(reports.map(({ family }) => family)).size;

test('a second relay waits in silence and takes over when the first has died', async () => {
  const rig = await opened(natsRig());
  await underLoad(rig, async () => {
    const second = await relayProcess(rig.url, rig.sql, rig.there, rig.nats.url);
    closing.push(() => second.stop());
    await until(() => second.looks() > 2, takeOverMs);
    expect(second.reports).toBeEmpty();
    // What becomes of a process that is killed, as the others see it: its connections end.
    await rig.relay.broker.close();
    await rig.relay.lock.end({ timeout: 0 });
    await until(() => familiesOf(second.reports) === 2, takeOverMs);
    expect(second.reports.some(({ rebuilt }) => rebuilt)).toBe(false);
    expect(second.errors).toBeEmpty();
  });
});

test('a relay whose lock was lost without its knowledge does no harm', async () => {
  const rig = await opened(natsRig());
  await underLoad(rig, async () => {
    const second = await relayProcess(rig.url, rig.sql, rig.there, rig.nats.url);
    closing.push(() => second.stop());
    const [row] = await rig.relay.lock`select pg_backend_pid() as pid`;
    await rig.sql`select pg_terminate_backend(${row!['pid']})`;
    const reports = () => second.reports.length + rig.relay.reports.length;
    await until(() => reports() >= 4, takeOverMs);
  });
});

test('two relays that both believe to lead bring the same stream about', async () => {
  const rig = await opened(natsRig());
  const elsewhere = await testDatabase();
  closing.push(() => elsewhere.drop());
  await underLoad(rig, async () => {
    const second = await relayProcess(elsewhere.url, rig.sql, rig.there, rig.nats.url);
    closing.push(() => second.stop());
    await until(() => second.reports.length > 4, takeOverMs);
  });
});

test('of several messages under way none is stored behind what came in between', async () => {
  const rig = await opened(natsRig());
  await rig.settled();
  await rig.relay.stop();
  await new Writer(rig.there, 'a').facts(3);
  const link = await rig.link();
  const events = await eventsOf(rig.sql, 'facts');
  const [one, two, three] = events.map((event, i) => stamped(link.key, event, event.position - 1, i + 1, 1_000_000));
  await publish(link, one!, 0);
  await link.js.publish('ledger.qr.created', 'in between');
  await expect(publish(link, two!, 1, one!.stamp)).rejects.toThrow('wrong last sequence');
  // Its number is right, since the stranger's message took the place of the one before it.
  await expect(publish(link, three!, 2, two!.stamp)).rejects.toThrow('wrong last msg');
});

test('a broker that is down at the start is waited for by nobody, and filled when it comes', async () => {
  const nats = await ownServer();
  await nats.stop();
  const rig = await opened(natsRig(nats));
  const witness = new Witness({ sql: rig.sql, feed: rig.outside, family: 'facts', pollMs: 100 });
  closing.push(() => witness.stop());
  await new Writer(rig.there, 'a').commits(20);
  await witness.caughtUp();
  await nats.restart();
  await rig.settled();
});

test('an event that is too large for the broker stands in the stream without its data and reaches every subscriber', async () => {
  const rig = await opened(natsRig());
  const witness = new Witness({ sql: rig.sql, feed: rig.outside, family: 'facts' });
  closing.push(() => witness.stop());
  await rig.settled();
  const large = { ...created('large'), data: { destination: 'x'.repeat(2_000_000) } };
  await rig.there.append(requestOf('qr_large', 0, created('a'), large, created('b')));
  const { seen, ledger } = await witness.caughtUp();
  expect(seen).toEqual([...ledger]);
  expect(witness.seen[1]).toEqual((await eventsOf(rig.sql, 'facts'))[1]!);
  await until(async () => (await rig.stored('facts')).length === 3, takeOverMs);
  const [first, second, third] = await rig.stored('facts');
  expect(second).toMatchObject({ position: 2, stream: 'qr_large', version: 2, type: 'qr.created' });
  expect(second).not.toHaveProperty('data');
  expect([first, third].every(event => event && 'data' in event)).toBe(true);
});

test('the stream of another ledger is not taken for ours', async () => {
  const nats = await ownServer();
  const other = await opened(natsRig(nats));
  await new Writer(other.here, 'other').commits(40);
  await other.settled();
  await other.relay.stop();
  const rig = await opened(natsRig(nats));
  await new Writer(rig.here, 'a').commits(10);
  await rig.settled();
  expect(rig.relay.reports.filter(({ rebuilt }) => rebuilt).length).toBe(2);
});

test('a stream that is ahead of a ledger put back to an older state is made anew', async () => {
  const rig = await opened(natsRig());
  await new Writer(rig.here, 'a').commits(10);
  await rig.settled();
  await rig.relay.stop();
  // Positions beyond the ledger, and one the ledger gave to another event, under a stamp that is right.
  const link = await rig.link();
  const [event] = (await eventsOf(rig.sql, 'facts')).slice(-1) as [AnyEvent];
  for (const never of [
    { ...event, position: event.position + 50 },
    { ...event, at: event.at - 1 },
  ]) {
    const { sequence } = (await endOf(link, 'facts'))!;
    await publish(link, stamped(link.key, never, event.position - 1, sequence + 1, 1_000_000), sequence);
    const relay = await relayProcess(rig.url, rig.sql, rig.here, rig.nats.url);
    await until(() => relay.reports.some(({ rebuilt }) => rebuilt), takeOverMs);
    await rig.settled();
    await relay.stop();
  }
});

test('a relay that starts again goes on behind what the stream has', async () => {
  const rig = await opened(natsRig());
  await new Writer(rig.here, 'a').commits(10);
  await rig.settled();
  await rig.relay.stop();
  await new Writer(rig.there, 'b').commits(10);
  const [event] = (await rig.stored('facts')).slice(-1) as [AnyEvent];
  const relay = await relayProcess(rig.url, rig.sql, rig.here, rig.nats.url);
  closing.push(() => relay.stop());
  await rig.settled();
  expect(relay.reports.find(({ family }) => family === 'facts')).toMatchObject({
    stream: event.position,
    rebuilt: false,
  });
});

test('a stream that was made by another release is given the subjects of this one', async () => {
  const rig = await opened(natsRig());
  await rig.settled();
  const { manager } = await rig.link();
  await manager.streams.update(streamName('facts'), { subjects: ['ledger.org.>'] });
  await new Writer(rig.here, 'a').commits(10);
  await rig.settled();
});

test('scans that come faster than messages go are passed by, and reach every subscriber all the same', async () => {
  const rig = await opened(natsRig());
  await rig.relay.stop();
  const relay = await relayProcess(rig.url, rig.sql, rig.here, rig.nats.url, { behindMax: 2_000 });
  closing.push(() => relay.stop());
  const scans = new Witness({ sql: rig.sql, feed: rig.outside, family: 'scans' });
  closing.push(() => scans.stop());
  const writer = new Writer(rig.here, 'rush');
  await writer.scans(1);
  await rig.settled();
  process.kill(rig.nats.pid!, 'SIGSTOP');
  // The first is on its way when the others come.
  try {
    for (let i = 0; i < 6; i++) await writer.scans(1_000);
  } finally {
    process.kill(rig.nats.pid!, 'SIGCONT');
  }
  const { seen, ledger } = await scans.caughtUp();
  expect(seen).toEqual(ledger);
  const carried = (await until(async () => {
    const events = await rig.stored('scans');
    return events.at(-1)?.position === ledger.at(-1) ? events : undefined;
  }, takeOverMs))!;
  expect(carried.length).toBeLessThan(5_000);
  // What comes in time is carried again.
  await writer.scans(3);
  const all = await until(async () => (await rig.stored('scans')).length === carried.length + 3, takeOverMs);
  expect(all).toBe(true);
});

test('of what a broker missed while it was away no more is carried than comes in time, unless it lost all it had', async () => {
  const rig = await opened(natsRig());
  const writer = new Writer(rig.here, 'missed');
  await writer.scans(3);
  await rig.settled();
  await rig.relay.stop();
  for (let i = 0; i < 6; i++) await writer.scans(1_000);
  const started = async () => {
    const relay = await relayProcess(rig.url, rig.sql, rig.here, rig.nats.url, { behindMax: 2_000 });
    closing.push(() => relay.stop());
    const head = (await eventsOf(rig.sql, 'scans')).at(-1)!.position;
    const carried = await until(async () => {
      // Where there was no stream the relay has yet to make it.
      const events = await rig.stored('scans').catch(() => []);
      return events.at(-1)?.position === head ? events : undefined;
    }, takeOverMs);
    await relay.stop();
    return carried!.length;
  };
  expect(await started()).toBeLessThan(5_000);
  await deleteStream(await rig.link(), 'scans');
  expect(await started()).toBe(6_003);
});
