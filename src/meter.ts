/**
 * Counts API requests by key and puts the sums on record every few seconds and before anybody reads the usage. A crash
 * loses at most the sums of that interval. It never counts twice: a sum whose writing failed is sent again as it was, to
 * a stream that only this process writes, and the ledger refuses it by its version if it was written after all.
 */
import type { RequestFact } from '../events/request.ts';
import { periodOf } from '../projections/projection.ts';
import { type Ledger, Refused } from './store/ledger.ts';
import { Worker } from './worker.ts';

const flushEveryMs = 5_000;

type Sum = { -readonly [F in keyof RequestFact['data']]: RequestFact['data'][F] };

/** What a request counts for. */
export interface Metered {
  readonly org: string;
  readonly key: string;
  readonly team: string | null;
  /** With a test key: not billed. */
  readonly test: boolean;
}

/** What is counted of an organisation, and how far its stream is. */
interface Account {
  /** Key, period and team in one text → their sum. */
  counts: Map<string, Sum>;
  /** Sums that were sent and not answered yet. */
  sent: readonly RequestFact[];
  version: number;
}

export class Meter {
  readonly #ledger: Ledger;
  readonly #node: string;
  readonly #now: () => number;
  readonly #worker: Worker;
  readonly #accounts = new Map<string, Account>();
  #running: Promise<void> = Promise.resolve();
  #next: Promise<void> | undefined;

  constructor(ledger: Ledger, node: string, now: () => number, onError: (error: unknown, name: string) => void) {
    this.#ledger = ledger;
    this.#node = node;
    this.#now = now;
    const step = () => this.flush().then(() => false);
    this.#worker = new Worker(step, { name: 'request meter', idleMs: flushEveryMs, onError }).start();
  }

  count({ org, key, team, test }: Metered): void {
    const account = this.#accounts.get(org) ?? { counts: new Map(), sent: [], version: 0 };
    const period = periodOf(this.#now());
    const name = `${key} ${period} ${team}`;
    const sum = account.counts.get(name);
    if (sum) sum.count += 1;
    else account.counts.set(name, { key, period, count: 1, ...(team !== null && { team }), ...(test && { test }) });
    this.#accounts.set(org, account);
  }

  /** Puts everything counted so far on record. One at a time: who asks while one is under way shares the next. */
  flush(): Promise<void> {
    this.#next ??= this.#running
      .catch(() => {})
      .then(() => {
        this.#next = undefined;
        this.#running = this.#flush();
        return this.#running;
      });
    return this.#next;
  }

  async stop(): Promise<void> {
    await this.#worker.stop();
    await this.flush();
  }

  async #flush(): Promise<void> {
    const results = await Promise.allSettled([...this.#accounts].map(([org, account]) => this.#write(org, account)));
    for (const result of results) if (result.status === 'rejected') throw result.reason;
  }

  async #write(org: string, account: Account): Promise<void> {
    if (account.sent.length > 0) await this.#send(org, account);
    if (account.counts.size === 0) return;
    account.sent = [...account.counts.values()].map(data => ({ type: 'request.metered', data }));
    account.counts = new Map();
    await this.#send(org, account);
  }

  async #send(org: string, account: Account): Promise<void> {
    const { sent, version } = account;
    const write = { stream: `requests-${this.#node}-${org}`, expected: version, facts: sent };
    const request = { at: this.#now(), org, actor: 'system', request: null, writes: [write] };
    await this.#ledger.append(request).catch((error: unknown) => {
      // Nobody else writes this stream: refused means that it was written and only the answer was lost.
      if (!(error instanceof Refused)) throw error;
    });
    account.sent = [];
    account.version = version + sent.length;
  }
}
