/**
 * Takes planned changes when their time has come: each becomes a fact, so that a history, a webhook and a list tell it
 * like any other change. Nobody who scans waits for it, because the redirect reads the plan itself. Several workers may
 * do this at once: what one has taken is no change for the other.
 */
import type { QrFact } from '../events/qr.ts';
import { dueQrs } from '../projections/qrs.ts';
import { type QrCommand, type QrState, qr } from './deciders/qr.ts';
import { type Deps, execute } from './execute.ts';
import { Worker } from './worker.ts';

const lookEveryMs = 500;
/** Taken at one look; when there are more, the next look follows at once. */
const dueMax = 200;
const atOnce = 16;

export interface PlannerOptions {
  readonly deps: Deps;
  /** Resolves when the read model knows what this process has written. */
  readonly fresh: () => Promise<void>;
  readonly now: () => number;
  readonly onError: (error: unknown, name: string) => void;
}

export class Planner {
  readonly #options: PlannerOptions;
  readonly #worker: Worker;

  constructor(options: PlannerOptions) {
    this.#options = options;
    const { onError } = options;
    this.#worker = new Worker(() => this.#step(), { name: 'planner', idleMs: lookEveryMs, onError });
  }

  start(): void {
    this.#worker.start();
  }

  async stop(): Promise<void> {
    await this.#worker.stop();
  }

  async #step(): Promise<boolean> {
    const { deps, fresh, now } = this.#options;
    const at = now();
    const due = await dueQrs(deps.sql, at, dueMax);
    for (let from = 0; from < due.length; from += atOnce) {
      await Promise.all(due.slice(from, from + atOnce).map(({ id, org }) => this.#advance(id, org, at)));
    }
    // Or the next look finds them again.
    if (due.length > 0) await fresh();
    return due.length === dueMax;
  }

  async #advance(id: string, org: string, at: number): Promise<void> {
    const { deps } = this.#options;
    await execute<QrState, QrCommand, QrFact>(
      deps,
      { at, org, actor: 'system', request: null },
      () => [{ decider: qr, stream: id, command: { do: 'advance', at } }],
      () => ({ status: 200, headers: {}, body: null }),
    );
  }
}
