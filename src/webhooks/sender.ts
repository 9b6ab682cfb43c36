/**
 * One delivery from its event to its record: the message is made, signed with what signs at that moment, sent to the
 * endpoint, judged, and put on record. An endpoint that is gone, or at which nothing has succeeded for days, is disabled
 * with it.
 */
import { type Attempted, isDelivered } from '../../events/delivery.ts';
import type { DisabledReason, WebhookFact } from '../../events/webhook.ts';
import { codeOf } from '../../projections/delivery-targets.ts';
import { secretsAt, type WebhookCommand, type WebhookState, webhook } from '../deciders/webhook.ts';
import { type Deps, execute } from '../execute.ts';
import { Unsettled } from './attempt-error.ts';
import type { Endpoints } from './endpoints.ts';
import type { Job, Lane } from './lane.ts';
import { bytesOf, messageOf } from './message.ts';
import type { Answered, PinnedClient } from './pinned-request.ts';
import type { Recorder } from './recorder.ts';
import { disableAfterMs } from './schedule.ts';
import { messageIdOf, signed } from './signature.ts';
import { isGone, verdictOf } from './verdict.ts';

export interface SenderOptions {
  readonly execution: Deps;
  readonly client: PinnedClient;
  readonly endpoints: Endpoints;
  readonly recorder: Recorder;
  readonly now: () => number;
  readonly random: () => number;
  readonly onError: (error: unknown, name: string) => void;
}

export interface Outcome {
  readonly attempt: Attempted;
  /** Resolves with the position at which it is on record. */
  readonly recorded: Promise<number>;
}

/** Requests under way at a stop get so long to end; the others are made again after the next start. */
const graceMs = 3_000;

const agent = 'Indelible-Webhooks/1';
const unknown = { status: null, excerpt: null, latencyMs: 0, retryAfter: undefined };

export class Sender {
  readonly #options: SenderOptions;
  readonly #giveUp = new AbortController();

  constructor(options: SenderOptions) {
    this.#options = options;
  }

  /** Makes one attempt; rejects with `Unsettled` when nothing is known of what became of it. */
  async send(lane: Lane, job: Job): Promise<Outcome> {
    const { endpoints, now, random, recorder, onError } = this.#options;
    const { position, attempts } = job.due;
    const state = await endpoints.of(lane.webhook, lane.changed);
    if (state.status !== 'active') throw new Unsettled();
    const attempted = await this.#attempted(lane, job, state);
    const at = now();
    const verdict = verdictOf(attempted, { position, attempts, at, random: random() });
    const attempt = { ...verdict, ...(job.event && { about: codeOf(job.event) ?? job.event.stream }) };
    lane.failingSince = isDelivered(attempt) ? null : (lane.failingSince ?? at);
    const recorded = recorder.add(lane.org, lane.webhook, attempt);
    const reason = isGone(attempted) ? 'gone' : isFailingFor(lane, at) ? 'failing' : undefined;
    if (reason)
      void recorded.then(() => this.#disable(lane, reason, state)).catch(error => onError(error, 'webhook disabling'));
    return { attempt, recorded };
  }

  /** Waits for what is under way, for a while, then gives it up; what was done is on record afterwards. */
  async drain(underWay: () => Promise<unknown>): Promise<void> {
    const timer = setTimeout(() => this.#giveUp.abort(), graceMs);
    await underWay();
    clearTimeout(timer);
    await this.#options.recorder.stop();
  }

  async #attempted({ webhook: id }: Lane, { due, event }: Job, state: WebhookState): Promise<Answered> {
    if (!event) return { ...unknown, error: 'What happened there is not on record here any more.' };
    const at = this.#options.now();
    const secrets = secretsAt(state, at);
    if (secrets.length === 0) return { ...unknown, error: 'The webhook has no secret any more.' };
    const body = bytesOf(messageOf(event, due.name));
    const headers = {
      'content-type': 'application/json',
      'user-agent': agent,
      ...signed(secrets, messageIdOf(id, event), at, body),
    };
    return this.#options.client.post(state.url, headers, body, this.#giveUp.signal);
  }

  async #disable(lane: Lane, reason: DisabledReason, { mended }: WebhookState): Promise<void> {
    const { execution, now } = this.#options;
    // While the failure was put on record something may have succeeded.
    if (reason === 'failing' && !isFailingFor(lane, now())) return;
    const since = lane.failingSince;
    const command = { do: 'disable' as const, reason, mended, ...(since !== null && { failingSince: since }) };
    await execute<WebhookState, WebhookCommand, WebhookFact>(
      execution,
      { at: now(), org: lane.org, actor: 'system', request: null },
      () => [{ decider: webhook, stream: lane.webhook, command }],
      () => ({ status: 200, headers: {}, body: null }),
    );
  }
}

const isFailingFor = ({ failingSince }: Lane, at: number): boolean =>
  failingSince !== null && at - failingSince >= disableAfterMs;
