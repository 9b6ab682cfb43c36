/**
 * What goes into the ledger while a stream is watched: facts and scans of several writers, appended by any of the
 * processes. Each name appends to streams of its own, so that nothing is refused.
 */
import type { AnyEvent, Family } from '../../events/index.ts';
import type { Scan } from '../../events/scan.ts';
import type { Sql } from '../../src/store/connect.ts';
import type { Ledger } from '../../src/store/ledger.ts';
import { readRun, readStoredRun } from '../../src/store/read.ts';
import { created, requestOf } from '../support/store.ts';

const scan: Scan = {
  qr: 'qr_1',
  qrVersion: 1,
  rule: null,
  kind: 'scan',
  country: 'DE',
  device: 'mobile',
  os: 'iOS',
  browser: null,
  referrer: null,
  language: 'de',
  agent: 7,
  visitor: 33,
};

/** One writer: what it appends has versions in succession. */
export class Writer {
  readonly #ledger: Ledger;
  readonly #name: string;
  #facts = 0;
  #scans = 0;

  constructor(ledger: Ledger, name: string) {
    this.#ledger = ledger;
    this.#name = name;
  }

  /** One commit of this many facts. */
  async facts(count = 1): Promise<void> {
    const facts = Array.from({ length: count }, (_, i) => created(`${this.#name}${this.#facts + i}`));
    const request = requestOf(`qr_${this.#name}`, this.#facts, ...facts);
    this.#facts += count;
    await this.#ledger.append(request);
  }

  /** One commit of this many scans. */
  async scans(count = 1): Promise<void> {
    const at = 1_775_649_600_000;
    const scans = Array.from({ length: count }, () => ({ at, org: 'org_1', data: scan }));
    const stream = `scans-${this.#name}`;
    const write = { stream, expected: this.#scans, scans };
    this.#scans += count;
    await this.#ledger.append({ at, org: null, actor: 'scanner', request: null, writes: [], scans: write });
  }

  /** This many commits, one after the other, facts and scans in turn. */
  async commits(count: number): Promise<void> {
    for (let i = 0; i < count; i++) await (i % 2 === 0 ? this.facts(1 + (i % 3)) : this.scans(1 + (i % 5)));
  }

  /** Commits until the returned function is called, which resolves after the last one. */
  load(): () => Promise<void> {
    let going = true;
    const run = (async () => {
      while (going) await this.commits(2);
    })();
    return () => {
      going = false;
      return run;
    };
  }
}

/** The family's events, or all, as the ledger has them: what every subscriber must come to. */
export async function eventsOf(sql: Sql, family: Family | 'all'): Promise<readonly AnyEvent[]> {
  const families = family === 'all' ? (['facts', 'scans'] as const) : [family];
  const runs = await Promise.all(families.map(its => readRun(sql, its, 0, 1_000_000)));
  return runs.flatMap(({ events }) => events).sort((a, b) => a.position - b.position);
}

/** The family's events as they are stored and carried, sealed. */
export const storedEventsOf = async (sql: Sql, family: Family): Promise<readonly AnyEvent[]> =>
  (await readStoredRun(sql, family, 0, 1_000_000)).events;
