/**
 * A connection that carries one batch at a time. It promises an answer, be it an error, and that after a failure the next
 * batch finds a new connection: a late answer must not meet it.
 */
import { carry, type Item, type Outcome, type Parcel } from './carrier.ts';
import { connect, type Sql, withDeadline } from './connect.ts';

const appendTimeoutMs = 15_000;

export class Courier {
  readonly #url: string;
  #sql: Sql;

  constructor(url: string) {
    this.#url = url;
    this.#sql = open(url);
  }

  async carry(batch: readonly Item[], packed?: Parcel): Promise<Outcome> {
    try {
      return await withDeadline(carry(this.#sql, batch, packed), appendTimeoutMs, 'the append');
    } catch (error) {
      // Nobody waits for the end of the old one: the callers have an outage to deal with.
      this.#sql.end({ timeout: 0 }).catch(() => {});
      this.#sql = open(this.#url);
      throw error;
    }
  }

  async close(): Promise<void> {
    await this.#sql.end({ timeout: 5 });
  }
}

const open = (url: string): Sql => connect(url, { max: 1, name: 'indelible ledger', isPlannedOnce: true });
