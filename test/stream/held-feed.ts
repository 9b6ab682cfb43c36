/**
 * A feed in the hands of a test, which decides what is said and when. It can also say at once everything that a ledger
 * commits, as the feed of one process does.
 */
import type { Family } from '../../events/index.ts';
import type { Ledger } from '../../src/store/ledger.ts';
import type { Run } from '../../src/store/read.ts';
import type { Feed, Listener } from '../../src/stream/cursor.ts';

export class HeldFeed implements Feed {
  readonly listeners = new Map<Listener, Family>();
  listen(family: Family, listener: Listener): () => void {
    this.listeners.set(listener, family);
    return () => this.listeners.delete(listener);
  }
  run(family: Family, run: Run): void {
    for (const [listener, its] of this.listeners) if (its === family) listener.onRun(run);
  }
  hint(): void {
    for (const listener of this.listeners.keys()) listener.onHint();
  }
  async close(): Promise<void> {}

  /** Says every commit from now on, until the returned function is called. */
  follow(ledger: Ledger): () => void {
    return ledger.onCommit(({ from, to, facts, scans }) => {
      this.run('facts', { from, to, events: facts });
      this.run('scans', { from, to, events: scans });
    });
  }
}
