/**
 * JetStream with processes around it: two that append and relay or could relay, one that only listens, all on one
 * database and one real nats-server. It can read the stream back by its messages, which is how tests tell that the
 * stream is what the ledger says.
 */
import type { AnyEvent, Family } from '../../events/index.ts';
import { connect, type Sql } from '../../src/store/connect.ts';
import { Ledger } from '../../src/store/ledger.ts';
import { secret } from '../../src/store/secrets.ts';
import { bothFeeds } from '../../src/stream/both.ts';
import { Broker, type Link } from '../../src/stream/broker.ts';
import { EmbeddedFeed } from '../../src/stream/embedded.ts';
import { JetStreamFeed } from '../../src/stream/feed.ts';
import { streamName } from '../../src/stream/jetstream.ts';
import { Relay, type RelayReport } from '../../src/stream/relay.ts';
import { natsServer, type TestNats } from '../support/nats.ts';
import { testStore } from '../support/store.ts';
import { until } from '../support/until.ts';
import type { Rig } from './suite.ts';
import { storedEventsOf } from './traffic.ts';

const families: readonly Family[] = ['facts', 'scans'];

/** Relays of one process, the feed it appends by and the session that holds its lock. */
export interface RelayProcess {
  readonly local: EmbeddedFeed;
  readonly broker: Broker;
  readonly lock: Sql;
  /** What its relays said when they began to publish. */
  readonly reports: RelayReport[];
  readonly errors: unknown[];
  /** How often they asked for the lock. */
  looks(): number;
  stop(): Promise<void>;
}

/** Starts the relays of a process that appends to `ledger`; their lock is in the database that `url` names. */
export async function relayProcess(
  url: string,
  sql: Sql,
  ledger: Ledger,
  nats: string,
  limits: { readonly behindMax?: number } = {},
): Promise<RelayProcess> {
  const errors: unknown[] = [];
  const reports: RelayReport[] = [];
  const onError = (error: unknown) => void errors.push(error);
  const local = new EmbeddedFeed(ledger, sql);
  const lock = connect(url, { max: 1 });
  let looks = 0;
  const counted = ((...query: Parameters<Sql>) => {
    looks += 1;
    return lock(...query);
  }) as unknown as Sql;
  const broker = new Broker({ url: nats, key: await secret(sql, 'stream'), onError });
  const onReport = (report: RelayReport) => void reports.push(report);
  const relays = families.map(
    family => new Relay({ broker, sql, lock: counted, feed: local.stored, family, onError, onReport, ...limits }),
  );
  let stopped: Promise<void> | undefined;
  const end = async () => {
    await Promise.all(relays.map(relay => relay.stop()));
    await lock.end({ timeout: 1 });
    await broker.close();
    await local.close();
  };
  const stop = () => {
    stopped ??= end();
    return stopped;
  };
  return { local, broker, lock, reports, errors, looks: () => looks, stop };
}

export interface NatsRig extends Rig {
  readonly url: string;
  readonly nats: TestNats;
  readonly relay: RelayProcess;
  /** The connection of the process that only listens. */
  link(): Promise<Link>;
  /** Events in the stream, by its messages. */
  stored(family: Family): Promise<AnyEvent[]>;
  /** Resolves once both streams hold what the ledger holds. */
  settled(timeoutMs?: number): Promise<void>;
}

/** Everything started, on a server of its own or one that stays the caller's. */
export async function natsRig(nats?: TestNats): Promise<NatsRig> {
  const server = nats ?? (await natsServer());
  const { sql, ledger: here, url, close } = await testStore();
  const there = new Ledger(url);
  const announce = new EmbeddedFeed(there, sql);
  const relay = await relayProcess(url, sql, here, server.url);
  const onError = (error: unknown) => void relay.errors.push(error);
  const feed = bothFeeds(relay.local, new JetStreamFeed(relay.broker, onError));
  const listener = new Broker({ url: server.url, key: await secret(sql, 'stream'), onError });
  const outside = new JetStreamFeed(listener, onError);
  const link = async () => (await until(() => listener.link, 10_000)) as Link;
  const stored = async (family: Family) => readBack(await link(), family);
  const same = async (family: Family) => {
    const events = await storedEventsOf(sql, family);
    const { state } = await (await link()).manager.streams.info(streamName(family));
    return state.messages === events.length && canonical(await stored(family)) === canonical(events);
  };
  return {
    url,
    sql,
    here,
    there,
    feed,
    outside,
    nats: server,
    relay,
    link,
    stored,
    settled: async (timeoutMs = 10_000) => {
      for (const family of families) await until(() => same(family).catch(() => false), timeoutMs);
    },
    close: async () => {
      await feed.close();
      await outside.close();
      await listener.close();
      await relay.stop();
      await announce.close();
      await there.close();
      await close();
      if (!nats) await server.remove();
    },
  };
}

const canonical = (events: readonly AnyEvent[]): string =>
  JSON.stringify(events.map(event => Object.entries(event).sort(([a], [b]) => (a < b ? -1 : 1))));

async function readBack({ js, manager }: Link, family: Family): Promise<AnyEvent[]> {
  const name = streamName(family);
  const { state } = await manager.streams.info(name);
  if (state.messages === 0) return [];
  const consumer = await js.consumers.get(name);
  const messages = await consumer.fetch({ max_messages: state.messages, expires: 2_000 });
  const events: AnyEvent[] = [];
  for await (const message of messages) events.push(message.json<AnyEvent>());
  return events;
}
