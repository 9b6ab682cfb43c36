/**
 * Goes through the past for those who want to be told of it, page by page: what of a page a webhook is subscribed to goes
 * on record as due, together with how far that is. So a replay of millions of events survives any stop without missing
 * one or finding one twice, and it goes no faster than its endpoint takes what was found.
 */
import type { AnyEvent } from '../../events/index.ts';
import type { ReplayFact } from '../../events/replay.ts';
import { type OpenReplay, openReplays } from '../../projections/delivery-queue.ts';
import { type Code, codeOf, evolveCode, wantedAs } from '../../projections/delivery-targets.ts';
import { type ReplayCommand, type ReplayState, replay } from '../deciders/replay.ts';
import type { WebhookState } from '../deciders/webhook.ts';
import { type Deps, execute } from '../execute.ts';
import { readPage, readStream } from '../store/read.ts';
import { Worker } from '../worker.ts';
import type { Endpoints } from './endpoints.ts';
import type { Leases } from './leases.ts';

const pageMax = 1_000;
/** A webhook for which more than this waits gets no more of the past until it has worked some of it off. */
const waitingMax = 10_000;
const lookEveryMs = 500;

export interface ReplayerOptions {
  readonly execution: Deps;
  readonly leases: Leases;
  readonly endpoints: Endpoints;
  readonly now: () => number;
  readonly onError: (error: unknown, name: string) => void;
}

export class Replayer {
  readonly #options: ReplayerOptions;
  readonly #worker: Worker;
  /** Replay → how far it was gone through, which the read model may not know yet. */
  readonly #through = new Map<string, number>();

  constructor(options: ReplayerOptions) {
    this.#options = options;
    const { onError } = options;
    this.#worker = new Worker(() => this.#look(), { name: 'webhook replays', idleMs: lookEveryMs, onError });
  }

  start(): this {
    this.#worker.start();
    return this;
  }

  /** The read model of deliveries has moved: there may be more to do. */
  moved(): void {
    if (this.#through.size > 0) this.#worker.wake();
  }

  /** Resolves after the page at hand. */
  stop(): Promise<void> {
    return this.#worker.stop();
  }

  /** A page of each replay that may go on. */
  async #look(): Promise<boolean> {
    const { execution, leases } = this.#options;
    const open = await openReplays(execution.sql, waitingMax);
    for (const id of this.#through.keys()) if (!open.some(one => one.id === id)) this.#through.delete(id);
    const ready = open.filter(
      ({ id, waiting, through }) => waiting < waitingMax && through >= (this.#through.get(id) ?? 0),
    );
    await leases.take(ready.map(({ id }) => id));
    for (const one of ready.filter(({ id }) => leases.holds(id))) await this.#page(one);
    // The read model says when it knows of what was found.
    return false;
  }

  async #page({ id, webhook, org, through: from, until, changed }: OpenReplay): Promise<void> {
    const { execution, endpoints, now, leases } = this.#options;
    const state = await endpoints.of(webhook, changed);
    const page = await readPage(execution.sql, { org }, from, pageMax);
    const events = page.filter(({ position }) => position <= until);
    const through = page.length < pageMax ? until : Math.min(until, page.at(-1)!.position);
    const command = { do: 'advance' as const, from, through, found: await this.#wanted(webhook, state, events) };
    await execute<ReplayState, ReplayCommand, ReplayFact>(
      execution,
      { at: now(), org, actor: 'system', request: null },
      () => [{ decider: replay, stream: id, command }],
      () => ({ status: 200, headers: {}, body: null }),
    );
    this.#through.set(id, through);
    if (through === until) await leases.give([id]);
  }

  /** Positions of the events that the webhook is subscribed to, by the name it is told of them under. */
  async #wanted(webhook: string, state: WebhookState, events: readonly AnyEvent[]): Promise<Record<string, number[]>> {
    const { events: patterns, codes, tags, test } = state;
    const target = { webhook, events: patterns, codes, tags, test };
    const past = new Past(stream => readStream(this.#options.execution.sql, stream));
    const found: Record<string, number[]> = {};
    for (const event of events) {
      const about = codeOf(event);
      const isAsked = about !== undefined && (tags !== null || event.type !== 'scan.recorded');
      // Somebody pressed a button for that moment alone.
      if (event.type === 'webhook.tested' && event.stream === webhook) continue;
      const name = wantedAs(target, event, isAsked ? await past.code(about, event.position) : undefined);
      if (name === undefined) continue;
      found[name] ??= [];
      found[name].push(event.position);
    }
    return found;
  }
}

/** What was to be known of codes at some position. */
class Past {
  readonly #read: (stream: string) => Promise<AnyEvent[]>;
  readonly #streams = new Map<string, AnyEvent[]>();

  constructor(read: (stream: string) => Promise<AnyEvent[]>) {
    this.#read = read;
  }

  async code(qr: string, position: number): Promise<Code | undefined> {
    const events = this.#streams.get(qr) ?? (await this.#read(qr));
    this.#streams.set(qr, events);
    return events
      .filter(event => event.position <= position)
      .reduce<Code | undefined>((code, event) => evolveCode(code, event), undefined);
  }
}
