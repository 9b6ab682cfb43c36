/**
 * The one append path: a group commit. Requests queue in memory; one transaction at a time writes all that are
 * waiting, so that positions are gapless and in commit order and many callers share one fsync. A refused request
 * leaves the batch without taking others with it. Callers are answered after the commit, never before.
 */
import type { AnyEvent } from '../../events/index.ts';
import { tooMuch } from './allowances.ts';
import { type AppendRequest, type Rendered, render } from './batch.ts';
import { carry, type Outcome, type Refusals } from './carrier.ts';
import { connect, type Sql, withDeadline } from './connect.ts';

/**
 * Rows of one batch. Beyond this the cost of a row no longer falls, and while Postgres writes one batch the next is
 * prepared.
 */
const batchRowsMax = 1000;
const appendTimeoutMs = 15_000;

/** Why a request was not written: streams, names, keys or allowances it failed on. Nothing of it was written. */
export class Refused extends Error {
  readonly reason: 'version' | 'claim' | 'answer' | 'allowance';
  readonly names: readonly string[];
  /** What is used of an allowance that did not suffice. */
  readonly used: number;

  constructor(reason: Refused['reason'], names: readonly string[], used = 0) {
    super(`refused by the ledger (${reason}): ${names.slice(0, 5).join(', ')}`);
    this.reason = reason;
    this.names = names;
    this.used = used;
  }
}

/** What one commit added: everything in the positions after `from` up to `to`. */
export interface Commit {
  readonly from: number;
  readonly to: number;
  readonly facts: readonly AnyEvent[];
  readonly scans: readonly AnyEvent[];
  /** The facts as they are stored, sealed. */
  stored(): readonly AnyEvent[];
}

interface Waiting {
  readonly request: AppendRequest;
  readonly rendered: Rendered;
  readonly rows: number;
  done(events: readonly AnyEvent[]): void;
  failed(error: unknown): void;
}

export class Ledger {
  #url: string;
  #sql: Sql;
  #queue: Waiting[] = [];
  #pumping: Promise<void> | undefined;
  #listeners = new Set<(commit: Commit) => void>();
  #position = 0;
  #closed = false;

  /** Appends over a connection of its own, so that readers can't keep it waiting. */
  constructor(url: string) {
    this.#url = url;
    this.#sql = connect(url, { max: 1, name: 'indelible ledger' });
  }

  /** Last position this process has written; what it has answered is at or before it. */
  get position(): number {
    return this.#position;
  }

  /** Hears of every commit of this process, in order, before its callers are answered. Must not throw or wait. */
  onCommit(listener: (commit: Commit) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /**
   * Writes the request whole or not at all and returns its events, unsealed. Rejects with `Refused` when a version, a
   * name or an idempotency key stands against it, with a TypeError when a text in it can't be stored; any other error
   * leaves open whether it was written.
   */
  append(request: AppendRequest): Promise<readonly AnyEvent[]> {
    if (this.#closed) return Promise.reject(new Error('the ledger is closed'));
    const names = (request.claims ?? []).map(claim => claim.name);
    const twice = names.length > new Set(names).size ? names.filter((name, i) => names.indexOf(name) < i) : [];
    if (twice.length > 0) return Promise.reject(new Refused('claim', twice));
    return new Promise((done, failed) => {
      const rendered = render(request);
      const rows = rendered.lines.length + rendered.scanLines.length;
      this.#queue.push({ request, rendered, rows, done, failed });
      // Started a microtask later, so that commands decided in the same turn share the batch.
      this.#pumping ??= Promise.resolve().then(() => this.#pump());
    });
  }

  /** Writes what is queued and closes the connection. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#pumping;
    await this.#sql.end({ timeout: 5 });
  }

  async #pump(): Promise<void> {
    let batch: Waiting[] | undefined = this.#take();
    let sent = this.#send(batch);
    while (batch) {
      const answered: Waiting[] = batch;
      let outcome: Outcome | undefined;
      try {
        outcome = await sent;
      } catch (error) {
        for (const item of answered) item.failed(error);
        await this.#reconnect();
      }
      batch = outcome?.refused ? refuse(answered, outcome.refused) : undefined;
      batch ??= this.#queue.length > 0 ? this.#take() : undefined;
      if (batch) {
        // The next batch is on the wire before the callers of this one go on: Postgres need not wait for what they do.
        sent = this.#send(batch);
        await new Promise(resolve => setImmediate(resolve));
      }
      if (outcome?.refused === null) this.#committed(answered, outcome.base);
    }
    this.#pumping = undefined;
  }

  #send(batch: readonly Waiting[]): Promise<Outcome> {
    return withDeadline(carry(this.#sql, batch), appendTimeoutMs, 'the append');
  }

  /** The next batch: in order of arrival, leaving for later what touches a stream or a key that is already in it. */
  #take(): Waiting[] {
    const batch: Waiting[] = [];
    const later: Waiting[] = [];
    const taken = new Set<string>();
    let rows = 0;
    for (const [i, item] of this.#queue.entries()) {
      if (batch.length > 0 && rows + item.rows > batchRowsMax) {
        later.push(...this.#queue.slice(i));
        break;
      }
      const marks = marksOf(item.request);
      if (marks.some(mark => taken.has(mark))) {
        later.push(item);
        // What comes after it on the same streams must stay behind it.
        for (const mark of marks) taken.add(mark);
        continue;
      }
      for (const mark of marks) taken.add(mark);
      batch.push(item);
      rows += item.rows;
    }
    this.#queue = later;
    return batch;
  }

  #committed(batch: readonly Waiting[], base: number): void {
    let position = base;
    const facts: AnyEvent[] = [];
    const texts: string[] = [];
    const scans: AnyEvent[] = [];
    const own = batch.map(({ request, rendered }) => {
      const first = facts.length;
      let row = 0;
      for (const write of request.writes) {
        for (const { type, data } of write.facts) {
          const { stream, version, at, org, actor, request: requestId, data: text } = rendered.rows[row++]!;
          texts.push(text);
          const event = { position: ++position, stream, version, at, org, actor, request: requestId, type, data };
          facts.push(event as unknown as AnyEvent);
        }
      }
      return facts.slice(first);
    });
    const write = batch.find(({ request }) => request.scans)?.request.scans;
    for (const [i, scan] of (write?.scans ?? []).entries()) {
      scans.push({
        position: ++position,
        stream: write!.stream,
        version: write!.expected + i + 1,
        at: scan.at,
        org: scan.org,
        actor: 'scanner',
        request: null,
        type: 'scan.recorded',
        data: scan.data,
      });
    }
    this.#position = Math.max(this.#position, position);
    if (position > base) {
      const stored = () => facts.map((fact, i) => ({ ...fact, data: JSON.parse(texts[i]!) }) as AnyEvent);
      for (const listener of this.#listeners) listener({ from: base, to: position, facts, scans, stored });
    }
    for (const [i, item] of batch.entries()) item.done(item.request.scans ? scans : own[i]!);
  }

  /** After a failure the connection is not trusted any more: a late answer must not meet a new batch. */
  async #reconnect(): Promise<void> {
    const old = this.#sql;
    this.#sql = connect(this.#url, { max: 1, name: 'indelible ledger' });
    await old.end({ timeout: 0 }).catch(() => {});
  }
}

/** What two requests of one batch must not share. */
function marksOf(request: AppendRequest): string[] {
  const marks = request.writes.map(write => write.stream);
  for (const claim of request.claims ?? []) marks.push(`claim ${claim.name}`);
  if (request.answer) marks.push(`answer ${request.answer.org} ${request.answer.key}`);
  if (request.scans) marks.push('scans');
  return marks;
}

/** Tells the requests that something stands against; returns the others, if there are any. */
function refuse(batch: readonly Waiting[], refused: Refusals): Waiting[] | undefined {
  const left: Waiting[] = [];
  const used = new Map(refused.flatMap(([reason, name, used]) => (reason === 'allowance' ? [[name, used]] : [])));
  for (const item of batch) {
    const [over] = tooMuch(item.request.spends ?? [], used);
    if (over) {
      item.failed(new Refused('allowance', [over.name], used.get(over.name)));
      continue;
    }
    const against = refused.filter(([reason, name]) => concerns(item.request, reason, name));
    if (against.length === 0) {
      left.push(item);
      continue;
    }
    const [reason] = against[0]!;
    item.failed(
      new Refused(reason, reason === 'answer' ? [item.request.answer!.key] : against.map(([, name]) => name)),
    );
  }
  return left.length > 0 ? left : undefined;
}

/** Whether what was refused is in this request; no two requests of a batch share it. */
function concerns(request: AppendRequest, reason: Refused['reason'], name: string): boolean {
  if (reason === 'claim') return request.claims?.some(claim => claim.name === name) ?? false;
  if (reason === 'answer')
    return request.answer !== undefined && `${request.answer.org} ${request.answer.key}` === name;
  return request.scans?.stream === name || request.writes.some(write => write.stream === name);
}
