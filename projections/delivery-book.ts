/**
 * What a batch of events does to deliveries, worked out in memory: what it needs is loaded at once, then the events are
 * taken one by one in their order, and only what has changed is written back. However the events are cut into batches,
 * the same comes out.
 */
import { attemptsIn } from '../events/delivery.ts';
import type { AnyEvent } from '../events/index.ts';
import { abandoned, attempted, type DeliveryRow, queued, requeued, unanswered } from './delivery-rows.ts';
import {
  asksForTags,
  type Code,
  codeOf,
  evolveCode,
  evolveTarget,
  isListening,
  type Target,
  tried,
  wantedAs,
} from './delivery-targets.ts';

export interface CodeRow extends Code {
  readonly qr: string;
}

export interface ReplayRow {
  readonly id: string;
  readonly webhook: string;
  readonly org: string;
  readonly after: number;
  readonly until: number;
  /** Everything up to here was looked at. */
  readonly through: number;
  readonly requested_ms: number;
}

type Attempted = Extract<AnyEvent, { type: 'delivery.attempted' }>;
type Advanced = Extract<AnyEvent, { type: 'replay.advanced' }>;

/** A delivery among those of a batch. */
export const keyOf = (hook: number, position: number): string => `${hook} ${position}`;
const isAboutTags = ({ type }: AnyEvent): boolean => ['qr.created', 'qr.tagged', 'qr.erased'].includes(type);

export class Book {
  /** Webhooks whose stored deliveries are given up, by their hooks. */
  readonly disabled = new Set<number>();
  /** Webhooks whose stored deliveries are nobody's any more. */
  readonly deleted = new Map<number, string>();
  /** Whatever was erased, by its stream. */
  readonly erased = new Set<string>();
  /** Codes of which nothing is to be known any more. */
  readonly forgotten = new Set<string>();
  /** Codes of which nobody is to know who was told because of their tags. */
  readonly untagged = new Set<string>();
  readonly #targets = new Map<string, Target>();
  readonly #byOrg = new Map<string, Target[]>();
  readonly #codes = new Map<string, CodeRow>();
  readonly #rows = new Map<string, DeliveryRow>();
  readonly #replays = new Map<string, ReplayRow>();
  readonly #changed = {
    targets: new Set<string>(),
    codes: new Set<string>(),
    rows: new Set<string>(),
    replays: new Set<string>(),
  };

  /** What was erased before these events. */
  readonly #gone: ReadonlySet<string>;

  constructor(stored: {
    targets: Target[];
    codes: CodeRow[];
    rows: DeliveryRow[];
    replays: ReplayRow[];
    erased: string[];
  }) {
    this.#gone = new Set(stored.erased);
    for (const target of stored.targets) this.#put(target);
    for (const code of stored.codes) this.#codes.set(code.qr, code);
    for (const row of stored.rows) this.#rows.set(keyOf(row.hook, row.position), row);
    for (const replay of stored.replays) this.#replays.set(replay.id, replay);
  }

  take(event: AnyEvent): void {
    if (event.type.endsWith('.erased')) this.#takeErasure(event.stream);
    if (event.type.startsWith('webhook.')) this.#takeWebhook(event);
    else if (isAboutTags(event)) this.#takeCode(event);
    else if (event.type === 'delivery.attempted') this.#takeAttempts(event);
    else if (event.type === 'replay.advanced') this.#takeAdvance(event);
    else if (event.type === 'replay.requested') this.#takeRequest(event);
    const about = codeOf(event);
    const code = about === undefined ? undefined : this.#codes.get(about);
    for (const target of this.#byOrg.get(event.org ?? '') ?? []) {
      // Its creation is what it is not told of.
      if (!isListening(target) || target.hook === event.position) continue;
      const name = wantedAs(target, event, code);
      if (name === undefined) continue;
      const tagged = asksForTags(target) ? (about ?? null) : null;
      this.#setRow(queued(target.hook, event.position, name, event.at, tagged));
    }
  }

  /** Rows that are new or different. */
  changes() {
    const of = <T>(rows: ReadonlyMap<string, T>, keys: ReadonlySet<string>): T[] =>
      [...keys].flatMap(key => rows.get(key) ?? []);
    return {
      targets: of(this.#targets, this.#changed.targets),
      codes: of(this.#codes, this.#changed.codes),
      rows: of(this.#rows, this.#changed.rows),
      replays: of(this.#replays, this.#changed.replays),
    };
  }

  #put(target: Target): void {
    this.#targets.set(target.webhook, target);
    const others = (this.#byOrg.get(target.org) ?? []).filter(({ hook }) => hook !== target.hook);
    this.#byOrg.set(target.org, target.status === 'deleted' ? others : [...others, target]);
  }

  #setTarget(target: Target): void {
    this.#put(target);
    this.#changed.targets.add(target.webhook);
  }

  #setRow(row: DeliveryRow): void {
    const key = keyOf(row.hook, row.position);
    this.#rows.set(key, row);
    this.#changed.rows.add(key);
  }

  #takeWebhook(event: AnyEvent): void {
    const before = this.#targets.get(event.stream);
    const target = evolveTarget(before, event);
    if (!target) return;
    this.#setTarget(target);
    // Its deliveries went when it did; that it is of no more concern must not depend on the batch that it went in.
    if (before?.status === 'deleted') return;
    const isGone = event.type === 'webhook.deleted' || event.type === 'webhook.erased';
    if (!isGone && event.type !== 'webhook.disabled') return;
    for (const [key, row] of this.#rows) {
      if (row.hook !== target.hook) continue;
      if (event.type === 'webhook.disabled') this.#setRow(abandoned(row));
      else this.#rows.delete(key);
    }
    if (event.type === 'webhook.disabled') this.disabled.add(target.hook);
    else {
      this.deleted.set(target.hook, target.webhook);
      for (const [id, { webhook }] of this.#replays) if (webhook === target.webhook) this.#replays.delete(id);
    }
  }

  #takeCode(event: AnyEvent): void {
    const qr = event.stream;
    if (event.type === 'qr.erased') this.#untag(qr);
    const code = evolveCode(this.#codes.get(qr), event);
    if (code) {
      this.#codes.set(qr, { qr, ...code });
      this.#changed.codes.add(qr);
    } else if (event.type === 'qr.erased') {
      this.#codes.delete(qr);
      this.#changed.codes.delete(qr);
      this.forgotten.add(qr);
    }
  }

  /** Whom an erased code's tags have led to is not known to who has only the ledger, and says what they were. */
  #untag(qr: string): void {
    this.untagged.add(qr);
    for (const [key, { tagged }] of this.#rows) if (tagged === qr) this.#rows.delete(key);
  }

  #takeErasure(stream: string): void {
    this.erased.add(stream);
    for (const [key, row] of this.#rows) if (row.about === stream) this.#rows.set(key, unanswered(row));
  }

  #takeAttempts(event: Attempted): void {
    const target = this.#targets.get(event.data.webhook);
    if (!target || target.status === 'deleted') return;
    for (const attempt of attemptsIn(event.data)) {
      const row = this.#rows.get(keyOf(target.hook, attempt.position));
      if (!row) continue;
      const after = attempted(row, attempt, event.at);
      const { about } = after;
      const isGone = about !== null && (this.#gone.has(about) || this.erased.has(about));
      this.#setRow(isGone ? unanswered(after) : after);
    }
    const after = tried(target, event);
    if (after !== target) this.#setTarget(after);
  }

  #takeRequest(event: Extract<AnyEvent, { type: 'replay.requested' }>): void {
    const { webhook, after, until } = event.data;
    const range = { after, until, through: after, requested_ms: event.at };
    this.#replays.set(event.stream, { id: event.stream, webhook, org: event.org!, ...range });
    this.#changed.replays.add(event.stream);
  }

  #takeAdvance(event: Advanced): void {
    const { webhook, through, deliveries } = event.data;
    const target = this.#targets.get(webhook);
    if (!target || target.status === 'deleted') return;
    const replay = this.#replays.get(event.stream);
    if (replay) {
      this.#replays.set(replay.id, { ...replay, through });
      this.#changed.replays.add(replay.id);
    }
    for (const [name, positions] of Object.entries(deliveries)) {
      for (const position of positions) {
        const known = this.#rows.get(keyOf(target.hook, position));
        const row = requeued(known, queued(target.hook, position, name, event.at));
        // It may have been disabled since the piece was gone through.
        this.#setRow(isListening(target) ? row : abandoned(row));
      }
    }
  }
}
