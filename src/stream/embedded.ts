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
const notifyEveryMs = 10;
const channel = 'indelible_ledger';

export class EmbeddedFeed implements Feed {
  readonly #listeners: Record<Family, Set<Listener>> = { facts: new Set(), scans: new Set() };
  readonly #stop: () => void;
  readonly #unlisten: Promise<(() => Promise<void>) | undefined>;
  #notify: ReturnType<typeof setTimeout> | undefined;

  constructor(ledger: Ledger, sql: Sql) {
    // Told apart by this name, a process's own announcements cost its subscribers no look at the ledger.
    const self = randomUUID();
    this.#stop = ledger.onCommit(({ from, to, facts, scans }) => {
      for (const listener of this.#listeners.facts) listener.onRun({ from, to, events: facts });
      for (const listener of this.#listeners.scans) listener.onRun({ from, to, events: scans });
      this.#notify ??= setTimeout(() => {
        this.#notify = undefined;
        sql.notify(channel, self).catch(() => {});
      }, notifyEveryMs);
    });
    const hint = (from?: string) => {
      if (from === self) return;
      for (const family of Object.values(this.#listeners)) for (const listener of family) listener.onHint();
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
    this.#listeners[family].add(listener);
    return () => this.#listeners[family].delete(listener);
  }

  async close(): Promise<void> {
    this.#stop();
    clearTimeout(this.#notify);
    const unlisten = await this.#unlisten;
    await unlisten?.().catch(() => {});
  }
}
