/**
 * The read models on a test's ledger, kept current by the real projector. Errors of the background are collected, so
 * that a test can say there were none.
 */
import { projections } from '../../projections/index.ts';
import { Projector } from '../../src/projector.ts';
import { EmbeddedFeed } from '../../src/stream/embedded.ts';
import type { TestStore } from './store.ts';

export interface LiveModels {
  readonly projector: Projector;
  readonly feed: EmbeddedFeed;
  readonly errors: unknown[];
  /** Resolves when the named read models know everything that this ledger has answered. */
  fresh(...names: string[]): Promise<void>;
  stop(): Promise<void>;
}

export async function liveModels({ sql, ledger }: TestStore): Promise<LiveModels> {
  const errors: unknown[] = [];
  const feed = new EmbeddedFeed(ledger, sql);
  const projector = new Projector({ sql, feed, onError: error => errors.push(error) });
  await projector.prepare(projections);
  await projector.start(projections);
  return {
    projector,
    feed,
    errors,
    fresh: (...names) => projector.reached(ledger.position, names),
    stop: async () => {
      await projector.stop();
      await feed.close();
    },
  };
}
