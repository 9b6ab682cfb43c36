/**
 * The feed as a configuration asks for it: of this process's commits alone where there is no broker, else with what the
 * broker brings from all the others. A worker keeps the broker's streams as the ledger is.
 */
import { connect, type Sql } from '../store/connect.ts';
import type { Ledger } from '../store/ledger.ts';
import { bothFeeds } from './both.ts';
import { Broker } from './broker.ts';
import { EmbeddedFeed } from './embedded.ts';
import { JetStreamFeed } from './feed.ts';
import { Relay, type RelayReport } from './relay.ts';
import type { Feed } from './subscribe.ts';

export interface OpenFeedOptions {
  readonly natsUrl: string | null;
  readonly databaseUrl: string;
  readonly sql: Sql;
  readonly ledger: Ledger;
  /** Key of the messages' seals, where there is a broker. */
  readonly key: () => Promise<Uint8Array>;
  /** Whether this process relays from the ledger to the broker, when it is its turn. */
  readonly relays: boolean;
  readonly onError: (error: unknown, name: string) => void;
  readonly onReport: (report: RelayReport) => void;
  /** What is to be closed, in the order it was opened. */
  readonly closing: (() => Promise<unknown>)[];
}

export async function openFeed(options: OpenFeedOptions): Promise<Feed> {
  const { natsUrl, databaseUrl, sql, ledger, key, relays, onError, onReport, closing } = options;
  const local = new EmbeddedFeed(ledger, sql);
  let feed: Feed = local;
  if (natsUrl !== null) {
    const broker = new Broker({ url: natsUrl, key: await key(), onError });
    closing.push(() => broker.close());
    feed = bothFeeds(local, new JetStreamFeed(broker, onError));
    if (relays) {
      const lock = connect(databaseUrl, { max: 1, name: 'indelible relay' });
      closing.push(() => lock.end({ timeout: 1 }));
      for (const family of ['facts', 'scans'] as const) {
        const relay = new Relay({ broker, sql, lock, feed: local.stored, family, onError, onReport });
        closing.push(() => relay.stop());
      }
    }
  }
  closing.push(() => feed.close());
  return feed;
}
