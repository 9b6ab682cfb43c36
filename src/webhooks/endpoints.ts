/**
 * Where and how a webhook is reached: its address and its secrets, folded from its events. They are in no read model,
 * because only who sends needs the secrets, and are kept here for as long as nothing changes about the webhook.
 */
import type { WebhookFact } from '../../events/webhook.ts';
import { fold } from '../decider.ts';
import { type WebhookState, webhook } from '../deciders/webhook.ts';
import type { Sql } from '../store/connect.ts';
import { readStream } from '../store/read.ts';

/** Endpoints kept; beyond, all are read anew, which is a query each. */
const keptMax = 10_000;

interface Kept {
  readonly changed: number;
  readonly state: Promise<WebhookState>;
}

export class Endpoints {
  readonly #sql: Sql;
  readonly #kept = new Map<string, Kept>();

  constructor(sql: Sql) {
    this.#sql = sql;
  }

  /** The webhook as it is since the event at a position changed it last. */
  of(id: string, changed: number): Promise<WebhookState> {
    const known = this.#kept.get(id);
    if (known && known.changed >= changed) return known.state;
    if (this.#kept.size >= keptMax) this.#kept.clear();
    const state = this.#read(id);
    this.#kept.set(id, { changed, state });
    // What could not be read is read again.
    state.catch(() => {
      if (this.#kept.get(id)?.state === state) this.#kept.delete(id);
    });
    return state;
  }

  async #read(id: string): Promise<WebhookState> {
    return fold(webhook, (await readStream(this.#sql, id)) as Iterable<WebhookFact>);
  }
}
