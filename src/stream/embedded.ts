/**
 * The feed of one machine without a broker: commits of this process come straight from the append path, those of
 * other processes announce themselves by NOTIFY. Both are hints; subscribers poll the ledger all the same.
 */
import { randomUUID } from 'node:crypto';
import type { Family } from '../../events/index.ts';
import type { Sql } from '../store/connect.ts';
import type { Ledger } from '../store/ledger.ts';
import type { Feed, Listener } from './cursor.ts';

/** A NOTIFY per commit would double the commits; one per this many milliseconds is early enough for a hint. */
const notifyEveryMs = 25;
const channel = 'indelible_ledger';

export class EmbeddedFeed implements Feed {
  /** The same commits for those who carry them on: sealed, as they are stored. */
  readonly stored: Feed;
  readonly #listeners: Record<Family, Set<Listener>> = { facts: new Set(), scans: new Set() };
  readonly #carriers: Record<Family, Set<Listener>> = { facts: new Set(), scans: new Set() };
  readonly #stop: () => void;
  readonly #unlisten: Promise<(() => Promise<void>) | undefined>;
  #notify: ReturnType<typeof setTimeout> | undefined;

  constructor(ledger: Ledger, sql: Sql) {
    // Told apart by this name, a process's own announcements cost its subscribers no look at the ledger.
    const self = randomUUID();
    this.stored = { listen: (family, listener) => listenIn(this.#carriers[family], listener), close: async () => {} };
    this.#stop = ledger.onCommit(({ from, to, facts, scans, stored }) => {
      for (const listener of this.#listeners.facts) listener.onRun({ from, to, events: facts });
      for (const listener of this.#listeners.scans) listener.onRun({ from, to, events: scans });
      if (this.#carriers.facts.size > 0) {
        const events = stored();
        for (const listener of this.#carriers.facts) listener.onRun({ from, to, events });
      }
      for (const listener of this.#carriers.scans) listener.onRun({ from, to, events: scans });
      this.#notify ??= setTimeout(() => {
        this.#notify = undefined;
        sql.notify(channel, self).catch(() => {});
      }, notifyEveryMs);
    });
    const hint = (from?: string) => {
      if (from === self) return;
      const families = [this.#listeners, this.#carriers].flatMap(listeners => Object.values(listeners));
      for (const family of families) for (const listener of family) listener.onHint();
    };
    // After a reconnect something may have been missed, so that counts as a hint too.
    this.#unlisten = sql
      .listen(channel, hint, () => hint())
      .then(
        subscription => subscription.unlisten,
        () => undefined,
      );
  }

  listen(family: Family, listener: Listener): () => void {
    return listenIn(this.#listeners[family], listener);
  }

  async close(): Promise<void> {
    this.#stop();
    clearTimeout(this.#notify);
    const unlisten = await this.#unlisten;
    await unlisten?.().catch(() => {});
  }
}

function listenIn(listeners: Set<Listener>, listener: Listener): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
