/**
 * What the ledger says of a load, read on and on from where it was read last: how often each asked-for effect is on
 * record, and how many scans of each code. It notices by itself when positions are not contiguous and when what was
 * read once is not there any more.
 */
import type { AnyEvent } from '../../events/index.ts';
import type { Sql } from '../../src/store/connect.ts';
import { readHead, readPositions, readRun } from '../../src/store/read.ts';

const pageMax = 20_000;

export class Books {
  readonly effects = new Map<string, number>();
  readonly scans = new Map<string, number>();
  readonly faults: string[] = [];
  readonly #sql: Sql;
  #position = 0;
  #last: AnyEvent | undefined;

  constructor(sql: Sql) {
    this.#sql = sql;
  }

  /** Everything up to here was read. */
  get position(): number {
    return this.#position;
  }

  /** Reads on to the end. */
  async read(): Promise<void> {
    const head = await readHead(this.#sql);
    if (head < this.#position) this.faults.push(`the ledger ended at ${this.#position} and ends at ${head} now`);
    await this.#compareLast();
    while (this.#position < head) {
      const [facts, scans] = await Promise.all(
        (['facts', 'scans'] as const).map(family => readRun(this.#sql, family, this.#position, pageMax)),
      );
      const to = Math.min(facts!.to, scans!.to, head);
      const events = [...facts!.events, ...scans!.events].filter(({ position }) => position <= to);
      for (const event of events.sort((a, b) => a.position - b.position)) this.#take(event);
      if (this.#position !== to) this.faults.push(`a gap behind ${this.#position}, up to ${to}`);
      this.#position = to;
    }
  }

  /** Effects of `wanted` that are not there once. */
  wrong(wanted: ReadonlyMap<string, boolean>): { lost: string[]; twice: string[] } {
    const lost: string[] = [];
    const twice: string[] = [];
    for (const [effect, isAnswered] of wanted) {
      const count = this.effects.get(effect) ?? 0;
      if (count > 1) twice.push(effect);
      if (count === 0 && isAnswered) lost.push(effect);
    }
    return { lost, twice };
  }

  async #compareLast(): Promise<void> {
    if (!this.#last) return;
    const { position, stream, version } = this.#last;
    const [event] = await readPositions(this.#sql, [position]);
    if (event?.stream !== stream || event.version !== version) this.faults.push(`another event stands at ${position}`);
  }

  #take(event: AnyEvent): void {
    if (event.position !== this.#position + 1) this.faults.push(`${event.position} follows ${this.#position}`);
    this.#position = event.position;
    this.#last = event;
    const data = event.data as { readonly destination?: string; readonly qr?: string };
    if (event.type === 'scan.recorded') this.scans.set(data.qr!, (this.scans.get(data.qr!) ?? 0) + 1);
    else if (data.destination !== undefined)
      this.effects.set(data.destination, (this.effects.get(data.destination) ?? 0) + 1);
  }
}
