/**
 * What befalls a broker, while two processes append: after each fault the stream holds again what the ledger holds, read
 * back by its messages, and the same subscribers, which live through all of it, have seen every event once and in order.
 */
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'bun:test';
import { cpSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { headers } from 'nats';
import type { AnyEvent, Family } from '../../events/index.ts';
import type { Link } from '../../src/stream/broker.ts';
import { streamName } from '../../src/stream/jetstream.ts';
import { scratchDirectory } from '../support/postgres.ts';
import { until } from '../support/until.ts';
import { type NatsRig, natsRig } from './rig.ts';
import { Writer } from './traffic.ts';
import { Witness } from './witness.ts';

const families: readonly Family[] = ['facts', 'scans'];
/** The time in which a fault must be found and mended. */
const mendedMs = 10_000;

let rig: NatsRig;
let writers: Writer[];
let witnesses: Witness[];
let stopLoad: () => Promise<void>;

beforeAll(async () => {
  rig = await natsRig();
  writers = [new Writer(rig.here, 'here'), new Writer(rig.there, 'there')];
  witnesses = families.flatMap(family =>
    [rig.feed, rig.outside].map(feed => new Witness({ sql: rig.sql, feed, family, pollMs: 1_000 })),
  );
});
afterAll(async () => {
  await Promise.all(witnesses.map(witness => witness.stop()));
  await rig.close();
});

beforeEach(async () => {
  const stops = writers.map(writer => writer.load());
  stopLoad = async () => {
    for (const stop of stops) await stop();
  };
  await until(() => rig.relay.reports.length >= 2, mendedMs);
});
/** Whatever a test did: same final state everywhere. */
afterEach(async () => {
  await stopLoad();
  await rig.settled(mendedMs);
  for (const witness of witnesses) {
    const { seen, ledger } = await witness.caughtUp(mendedMs);
    expect(seen).toEqual([...ledger]);
  }
}, 120_000);

/** Resolves when the stream has moved on by some messages. */
async function flows(): Promise<void> {
  const last = async () => {
    const { manager } = await rig.link();
    return (await manager.streams.info(streamName('facts'))).state.last_seq;
  };
  const before = await until(() => last().catch(() => 0), mendedMs);
  await until(async () => (await last().catch(() => 0)) > before + 20, mendedMs);
}

/** Runs `act` with a load on, and waits until the relay says that it made the facts' stream anew. */
async function rebuiltAfter(act: (link: Link) => Promise<unknown>): Promise<void> {
  const rebuilds = () => rig.relay.reports.filter(({ family, rebuilt }) => family === 'facts' && rebuilt).length;
  const before = rebuilds();
  await act(await rig.link());
  await until(() => rebuilds() > before, mendedMs);
}

test('a server that is killed and comes back under load has everything', async () => {
  await flows();
  await rig.nats.kill();
  const { length } = await rig.sql`select from ledger.events`;
  // Nobody waits for a broker: appends and subscribers go on without it.
  await until(() => witnesses[0]!.seen.length > length + 20, mendedMs);
  await rig.nats.restart();
  await flows();
});

test('a server that hangs is given up, and taken again when it goes on', async () => {
  await flows();
  const { pid = 0 } = rig.nats;
  process.kill(pid, 'SIGSTOP');
  try {
    await until(() => rig.relay.broker.link === undefined, mendedMs);
    const { length } = await rig.sql`select from ledger.events`;
    await until(() => witnesses[0]!.seen.length > length + 20, mendedMs);
  } finally {
    process.kill(pid, 'SIGCONT');
  }
  await flows();
});

test('a server that comes back with an empty store is filled again', async () => {
  await flows();
  await rig.nats.kill();
  for (const entry of readdirSync(rig.nats.storeDir)) rmSync(join(rig.nats.storeDir, entry), { recursive: true });
  await rig.nats.restart();
  await flows();
});

test('a server that comes back with an older copy of its store is brought up to date', async () => {
  await flows();
  const copy = join(scratchDirectory(), 'store');
  await rig.nats.stop();
  cpSync(rig.nats.storeDir, copy, { recursive: true });
  await rig.nats.restart();
  await flows();
  await rig.nats.stop();
  for (const entry of readdirSync(rig.nats.storeDir)) rmSync(join(rig.nats.storeDir, entry), { recursive: true });
  for (const entry of readdirSync(copy)) cpSync(join(copy, entry), join(rig.nats.storeDir, entry), { recursive: true });
  await rig.nats.restart();
  await flows();
});

test('a stream that is deleted is made again', async () => {
  await flows();
  const { length } = rig.relay.reports;
  for (const family of families) await (await rig.link()).manager.streams.delete(streamName(family));
  await until(() => rig.relay.reports.length > length, mendedMs);
  await flows();
});

test('a stream that is purged is filled again', async () => {
  await rebuiltAfter(({ manager }) => manager.streams.purge(streamName('facts')));
});

test('a stream that lost one message of many is filled again', async () => {
  await flows();
  await rebuiltAfter(({ manager }) => manager.streams.deleteMessage(streamName('facts'), 2));
});

test("a stranger's garbage reaches no subscriber and does not stay", async () => {
  await rebuiltAfter(async ({ js }) => js.publish('ledger.qr.created', 'not an event'));
});

test('an event that a stranger made up reaches no subscriber and does not stay', async () => {
  const [event] = (await rig.stored('facts')) as [AnyEvent];
  const forged = { ...event, position: 1_000_000_000, stream: 'qr_forged', version: 1 };
  const header = headers();
  header.set('Indelible-Previous', '0');
  header.set('Nats-Msg-Id', 'AAAAAAAAAAAAAAAAAAAAAA');
  await rebuiltAfter(({ js }) => js.publish('ledger.qr.created', JSON.stringify(forged), { headers: header }));
  expect(witnesses.flatMap(({ seen }) => seen).filter(({ stream }) => stream === 'qr_forged')).toBeEmpty();
});

test('a message of ours that a stranger repeats reaches no subscriber and does not stay', async () => {
  await flows();
  await rebuiltAfter(async ({ js, manager }) => {
    const { data, header } = await manager.streams.getMessage(streamName('facts'), { seq: 3 });
    const copy = headers();
    for (const key of ['Indelible-Previous', 'Nats-Msg-Id']) copy.set(key, header.get(key));
    await js.publish('ledger.qr.created', data, { headers: copy });
  });
});
