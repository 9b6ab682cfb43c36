/**
 * The connection that batches go over, one behind the other: Postgres begins with the next one when it has answered the
 * one before, without waiting for this process, and answers them in the order of their positions. It promises an answer to
 * each, be it an error, and that after one without an answer the next batch finds a new connection: a late answer must not
 * meet it.
 */
import postgres from 'postgres';
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
    const sql = this.#sql;
    try {
      return await withDeadline(carry(sql, batch, packed), appendTimeoutMs, 'the append');
    } catch (error) {
      // What Postgres has answered leaves the connection as it was, and so what is behind it on the way.
      if (!(error instanceof postgres.PostgresError) && sql === this.#sql) {
        // Nobody waits for the end of the old one: the callers have an outage to deal with.
        sql.end({ timeout: 0 }).catch(() => {});
        this.#sql = open(this.#url);
      }
      throw error;
    }
  }

  async close(): Promise<void> {
    await this.#sql.end({ timeout: 5 });
  }
}

const open = (url: string): Sql =>
  connect(url, { max: 1, name: 'indelible ledger', isPlannedOnce: true, isPipelined: true });
