/**
 * Every bit of a ledger of a thousand events changed one after the other, and every row removed, doubled, moved and cut
 * off: each has to be found. It is done in memory, where a whole inspection takes some milliseconds. Of a bit that stands
 * in one commit only that is checked, by the same functions: that its hash is another one, and, where an entry has stayed
 * in its place, that its path leads to another root. A sample is inspected as a whole too, and once more in the database with all
 * guards down, and all three have to say the same. `tampering-export.ts` does so with an export.
 */
import fc from 'fast-check';
import { inspect, isCommitted } from '../../src/audit/ledger-check.ts';
import { leafHash } from '../../src/proofs/merkle.ts';
import { signerOf } from '../../src/proofs/note.ts';
import { equal, rootFromInclusion } from '../../src/proofs/paths.ts';
import { Prover } from '../../src/proofs/prover.ts';
import type { Sql } from '../../src/store/connect.ts';
import { type Entry, entryText } from '../../src/store/entries.ts';
import { type Commit, holdingsIn } from '../../src/store/inspection.ts';
import { HeldLedger, type Values } from '../support/held-ledger.ts';
import { pathsOf } from '../support/leaf-paths.ts';
import {
  bitsOf,
  columnsOf,
  ledgerOf,
  put,
  rewritten,
  type Stored,
  type Table,
  tableNames,
  tampered,
  valuesOf,
  withBit,
} from '../support/tampering.ts';
import type { Finding } from './finding.ts';
import { bitsOfExport } from './tampering-export.ts';

const size = Number(process.env['TAMPERING_EVENTS'] ?? 1_000);
/** One of so many bits is inspected as a whole as well, one of so many in the database too. */
const sampleEvery = { whole: 2_000, stored: 10_000 };

const count = (what: string, value: number, holds = true): Finding => ({
  what,
  value: value.toLocaleString('en'),
  holds,
});

export async function campaign(seed: number): Promise<readonly Finding[]> {
  const { sql, close } = await ledgerOf(size);
  const held = await HeldLedger.of(sql);
  const findings = [
    ...(await bits(sql, held, seed)),
    ...(await rows(held, seed)),
    ...(await rewrites(sql, seed)),
    ...(await bitsOfExport(sql, seed)),
  ];
  await close();
  return findings;
}

/** What of a ledger a changed bit touches, where that is one commit. */
class Touched {
  readonly #held: HeldLedger;
  readonly #commits: readonly Commit[];
  readonly #entries: readonly Entry[];
  readonly #tree: ReturnType<typeof pathsOf>;
  /** The commit of each position. */
  readonly #commitOf: readonly number[];

  private constructor(held: HeldLedger, commits: readonly Commit[], entries: readonly Entry[]) {
    this.#held = held;
    this.#commits = commits;
    this.#entries = entries;
    this.#tree = pathsOf(entries.map(entry => leafHash(entryText(entry))));
    this.#commitOf = [0, ...entries.map(({ position }) => commits.findIndex(({ last }) => last >= position))];
  }

  static async of(held: HeldLedger): Promise<Touched> {
    return new Touched(held, await held.commits(-1), await held.entries(0, size));
  }

  /** Whether a changed value is found by the commit that it stands in; undefined when it stands in none. */
  isFound(table: Table, row: Values, column: number, value: string): boolean | undefined {
    const place = Number(row[0]);
    if (table === 'events') return this.#isEntryFound(place, this.#held.fact(row.with(column, value)));
    if (table === 'scans') return this.#isEntryFound(place, this.#held.scan(row.with(column, value)));
    if (table === 'writers' && column < 2) {
      const scan = this.#held.rows.scans.find(([, writer]) => writer === row[0]);
      // Without its writer a scan is not read.
      return scan && this.#isEntryFound(Number(scan[0]), column === 0 ? undefined : this.#held.scan(scan, value));
    }
    if (table !== 'commits' || columnsOf(table)[column] !== 'hash' || place === 0) return undefined;
    const hash = Buffer.from(value.slice(2), 'hex');
    return !this.#isCommitted(this.#commitOf[place]!, this.#entriesOf(this.#commitOf[place]!), hash);
  }

  /** Whether it is found that at a place there is another entry now, or one that has gone elsewhere, or none. */
  #isEntryFound(place: number, entry: Entry | undefined): boolean {
    const at = this.#commitOf[place]!;
    const { first, last, hash } = this.#commits[at]!;
    const entries = this.#entriesOf(at).filter(({ position }) => position !== place);
    if (entry && entry.position >= first && entry.position <= last) entries.push(entry);
    const isInChain = this.#isCommitted(at, entries, hash);
    if (entry?.position !== place) return !isInChain;
    const { root, paths } = this.#tree;
    const led = rootFromInclusion(leafHash(entryText(entry)), place - 1, size, paths[place - 1]!)!;
    return !isInChain && !equal(led, root);
  }

  #entriesOf(at: number): Entry[] {
    const { first, last } = this.#commits[at]!;
    return this.#entries.slice(first - 1, last);
  }

  #isCommitted(at: number, entries: readonly Entry[], hash: Uint8Array): boolean {
    const lines = entries.toSorted((a, b) => a.position - b.position).map(({ line }) => line);
    return isCommitted(this.#commits[at - 1]!.hash, lines.join(''), hash);
  }
}

async function bits(sql: Sql, held: HeldLedger, seed: number): Promise<Finding[]> {
  const touched = await Touched.of(held);
  const counts = { touched: 0, whole: 0, noText: 0, impossible: 0, sampled: 0, stored: 0, differing: 0, unseen: 0 };
  const isWholeFound = async () => (await inspect(held)).faults.length > 0;
  for (const table of tableNames) {
    const stored = await valuesOf(sql, table);
    for (const [i, row] of held.rows[table].entries()) {
      for (const [column, name] of columnsOf(table).entries()) {
        const value = row[column];
        if (!value) continue;
        for (let bit = 0; bit < bitsOf(name, value); bit++) {
          const changed = withBit(name, value, bit);
          if (changed === undefined) {
            counts.noText += 1;
            continue;
          }
          const short = touched.isFound(table, row, column, changed);
          // What the commit alone does not tell, such as an entry at another's place, the whole may.
          const isFound = short || (await held.withValue(row, column, changed, isWholeFound));
          counts[short ? 'touched' : 'whole'] += 1;
          if (!isFound) {
            // Two rows in one place and the like: what no table can hold need not be found.
            if ((await inDatabase(sql, stored[i]!, name, changed)) === undefined) counts.impossible += 1;
            else counts.unseen += 1;
          }
          const n = counts.touched + counts.whole + seed;
          if (n % sampleEvery.whole === 0 && short) {
            counts.sampled += 1;
            counts.differing += Number((await held.withValue(row, column, changed, isWholeFound)) !== short);
          }
          if (n % sampleEvery.stored === 0) {
            const isFoundThere = await inDatabase(sql, stored[i]!, name, changed);
            counts.stored += Number(isFoundThere !== undefined);
            counts.differing += Number(isFoundThere !== undefined && isFoundThere !== isFound);
          }
        }
      }
    }
  }
  return [
    count(`bits of a ledger of ${size} events changed: its commit and its path checked`, counts.touched),
    count('the whole ledger inspected', counts.whole, counts.whole > size),
    count('bits whose change leaves no text, so that no column holds it', counts.noText),
    count('changes that the tables refuse, so that no ledger has them', counts.impossible),
    count('sampled: the whole inspected beside the short check', counts.sampled, counts.sampled > size / 20),
    count('sampled: changed in the database and inspected there', counts.stored, counts.stored > size / 100),
    count('sampled, and not the same was said', counts.differing, counts.differing === 0),
    count('bits not found', counts.unseen, counts.unseen === 0),
  ];
}

/** Whether a change in the database is found; undefined where the database can't hold it. */
const inDatabase = (sql: Sql, { place }: Stored, column: string, value: string): Promise<boolean | undefined> =>
  tampered(
    sql,
    tx => put(tx, place, column, value),
    async (tx, isStored) => (isStored ? (await inspect(holdingsIn(tx))).faults.length > 0 : undefined),
  );

/** Rows removed, doubled, put in and moved, and the end cut off, also with everything that counts it. */
async function rows(held: HeldLedger, seed: number): Promise<Finding[]> {
  const counts = { removed: 0, inserted: 0, swapped: 0, cut: 0, unseen: 0 };
  const look = async (kind: keyof typeof counts, change: (rows: Record<Table, Values[]>) => void) => {
    counts[kind] += 1;
    const { faults } = await held.changed(change, () => inspect(held));
    if (faults.length === 0) counts.unseen += 1;
  };
  for (const table of tableNames) {
    for (let at = 0; at < held.rows[table].length; at++) await look('removed', rows => rows[table].splice(at, 1));
  }
  const other = fc.sample(fc.nat({ max: size - 1 }), { numRuns: size, seed });
  const places = (rows: Record<Table, Values[]>): Values[] => [...rows.events, ...rows.scans];
  for (let n = 0; n < size; n++) {
    await look('inserted', rows => rows.events.push(rows.events[n % rows.events.length]!.with(0, String(n + 1))));
    // At its own place, so that everything behind it moves up.
    await look('inserted', rows => {
      for (const row of places(rows)) if (Number(row[0]) > n) row[0] = String(Number(row[0]) + 1);
      rows.events.push(rows.events[0]!.with(0, String(n + 1)));
    });
    for (const to of [(n + 1) % size, other[n]!]) {
      if (to === n) continue;
      await look('swapped', rows => {
        const [a, b] = [n + 1, to + 1].map(position => places(rows).find(([at]) => at === String(position))!);
        [a![0], b![0]] = [b![0]!, a![0]!];
      });
    }
    const cut = (rows: Record<Table, Values[]>) => {
      for (const table of ['events', 'scans'] as const) rows[table] = rows[table].filter(([at]) => Number(at) <= n);
    };
    await look('cut', cut);
    await look('cut', rows => {
      cut(rows);
      rows.commits = rows.commits.filter(([last]) => Number(last) <= n);
    });
  }
  return [
    count('rows removed', counts.removed),
    count('rows put in, at a place that is taken and between two', counts.inserted),
    count('rows that have changed places', counts.swapped),
    count('ends cut off, with and without the commits', counts.cut),
    count('of these not found', counts.unseen, counts.unseen === 0),
  ];
}

/** One fact changed and every hash made anew: found by the checkpoint that was kept, and by nothing else. */
async function rewrites(sql: Sql, seed: number): Promise<Finding[]> {
  const kept = { origin: 'x', ...(await new Prover(sql, signerOf(new Uint8Array(32), 'x')).checkpoint('org_1')) };
  const facts = (await sql`select position from ledger.events order by position`).map(row => row['position'] as number);
  const chosen = fc.sample(fc.constantFrom(...facts), { numRuns: 20, seed });
  let [silent, unseen] = [0, 0];
  for (const position of chosen) {
    await tampered(
      sql,
      tx => rewritten(tx, () => tx`update ledger.events set data = '{"label":"other"}' where position = ${position}`),
      async tx => {
        if ((await inspect(holdingsIn(tx))).faults.length === 0) silent += 1;
        if ((await inspect(holdingsIn(tx), [kept])).faults.length === 0) unseen += 1;
      },
    );
  }
  return [
    count('ledgers rewritten with every hash computed anew', chosen.length),
    count('of these whole in themselves', silent, silent === chosen.length),
    count('not found by the kept checkpoint', unseen, unseen === 0),
  ];
}
