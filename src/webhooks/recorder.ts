/**
 * Puts on record what was done: attempts are gathered for some milliseconds and written together, an event a webhook.
 * The stream is this process's own, so that what was sent to the ledger without an answer can be sent again as it was:
 * if it was written after all, the ledger refuses it by its version. What is lost with the process was sent and not put
 * on record: it will be sent again, under the same id.
 */
import { type Attempted, attemptedFact, type DeliveryFact } from '../../events/delivery.ts';
import { type Ledger, Refused } from '../store/ledger.ts';
import { Worker } from '../worker.ts';

/** Attempts a second are hundreds and more; each event of them costs the ledger and every reader as much as ten of them. */
const gatherMs = 25;
/** Attempts of one event, so that none grows beyond what a broker carries. */
const attemptsMax = 500;

export interface RecorderOptions {
  readonly ledger: Ledger;
  /** Names this process among all that ever ran. */
  readonly node: string;
  readonly now: () => number;
  /** Position of the ledger's last commit. */
  readonly head: () => Promise<number>;
  readonly onError: (error: unknown, name: string) => void;
}

interface Pending {
  readonly attempt: Attempted;
  readonly done: (position: number) => void;
}

/** What waits of an organisation, and how far its stream is. */
interface Account {
  /** Webhook → attempts. */
  readonly gathered: Map<string, Pending[]>;
  /** What was sent and not answered yet. */
  sent: { readonly facts: readonly DeliveryFact[]; readonly pending: readonly Pending[] } | undefined;
  version: number;
}

export class Recorder {
  readonly #options: RecorderOptions;
  readonly #accounts = new Map<string, Account>();
  readonly #worker: Worker;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(options: RecorderOptions) {
    this.#options = options;
    const { onError } = options;
    this.#worker = new Worker(() => this.#flush(), { name: 'webhook recorder', idleMs: 60_000, onError }).start();
  }

  /** Resolves with a position at which the attempt is on record. */
  add(org: string, webhook: string, attempt: Attempted): Promise<number> {
    const account = this.#accounts.get(org) ?? { gathered: new Map(), sent: undefined, version: 0 };
    this.#accounts.set(org, account);
    const list = account.gathered.get(webhook) ?? [];
    account.gathered.set(webhook, list);
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#worker.wake();
    }, gatherMs);
    return new Promise(done => list.push({ attempt, done }));
  }

  /** Writes what is left; rejects when that does not succeed. */
  async stop(): Promise<void> {
    clearTimeout(this.#timer);
    await this.#worker.stop();
    await this.#flush();
  }

  async #flush(): Promise<boolean> {
    const results = await Promise.allSettled([...this.#accounts].map(([org, account]) => this.#write(org, account)));
    for (const result of results) if (result.status === 'rejected') throw result.reason;
    return false;
  }

  async #write(org: string, account: Account): Promise<void> {
    if (account.sent) await this.#send(org, account, account.sent);
    if (account.gathered.size === 0) return;
    const facts: DeliveryFact[] = [];
    const pending: Pending[] = [];
    for (const [webhook, list] of account.gathered) {
      for (const attempts of bySubject(list.map(({ attempt }) => attempt))) {
        for (let i = 0; i < attempts.length; i += attemptsMax) {
          facts.push(attemptedFact(webhook, attempts.slice(i, i + attemptsMax)));
        }
      }
      pending.push(...list);
    }
    account.gathered.clear();
    account.sent = { facts, pending };
    await this.#send(org, account, account.sent);
  }

  async #send(org: string, account: Account, sent: NonNullable<Account['sent']>): Promise<void> {
    const { ledger, node, now, head } = this.#options;
    const write = { stream: `deliveries-${node}-${org}`, expected: account.version, facts: sent.facts };
    const request = { at: now(), org, actor: 'system', request: null, writes: [write] };
    const events = await ledger.append(request).catch((error: unknown) => {
      // Nobody else writes this stream: refused means that it was written and only the answer was lost.
      if (!(error instanceof Refused)) throw error;
      return [];
    });
    // Where it stands is not known when the answer was lost, but not behind the ledger's end.
    const position = events.at(-1)?.position ?? (await head());
    account.version += sent.facts.length;
    account.sent = undefined;
    for (const { done } of sent.pending) done(position);
  }
}

/**
 * Attempts in groups of which each can be one event: excerpts of answers only with others about the same, so that they
 * can be erased with it. They come first: an endpoint at which something succeeded at that moment is not failing.
 */
function bySubject(attempts: readonly Attempted[]): (readonly Attempted[])[] {
  const silent = attempts.filter(({ excerpt }) => excerpt === undefined);
  const answered = attempts.filter(({ excerpt }) => excerpt !== undefined);
  const groups = [...Map.groupBy(answered, ({ about }) => about).values()];
  return silent.length > 0 ? [...groups, silent] : groups;
}
