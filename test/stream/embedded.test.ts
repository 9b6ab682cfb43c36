/**
 * The stream of one machine without a broker, put through the suite that JetStream has to pass too.
 */
import { Ledger } from '../../src/store/ledger.ts';
import { EmbeddedFeed } from '../../src/stream/embedded.ts';
import { testStore } from '../support/store.ts';
import { type Rig, streamSuite } from './suite.ts';

async function open(): Promise<Rig> {
  const { sql, ledger: here, url, close } = await testStore();
  const [there, idle] = [new Ledger(url), new Ledger(url)];
  const feeds = [here, there, idle].map(ledger => new EmbeddedFeed(ledger, sql));
  return {
    sql,
    here,
    there,
    feed: feeds[0]!,
    outside: feeds[2]!,
    close: async () => {
      for (const feed of feeds) await feed.close();
      await there.close();
      await idle.close();
      await close();
    },
  };
}

streamSuite('embedded', open);
