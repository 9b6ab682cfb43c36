/**
 * A stored ledger in memory, column by column as the database has it in text: what is changed here costs no round trip.
 * It is read by the very inspection that reads the database.
 */
import type { Sql } from '../../src/store/connect.ts';
import type { Entry } from '../../src/store/entries.ts';
import type { Commit, Holdings } from '../../src/store/inspection.ts';
import { readHead } from '../../src/store/read.ts';
import type { StoredNode, StoredTree } from '../../src/store/tree.ts';
import { type Pads, padsBetween } from '../../src/store/vault.ts';
import { type Table, tableNames, valuesOf } from './tampering.ts';

/** A row's values in the order of the table's columns. */
export type Values = (string | null)[];

const bytesOf = (text: string | null): Uint8Array => Buffer.from((text ?? '\\x').slice(2), 'hex');
const numberOf = (text: string | null): number => Number(text);
const byPosition = (a: Entry, b: Entry): number => a.position - b.position;

export class HeldLedger implements Holdings {
  readonly rows: Record<Table, Values[]>;
  readonly #pads: Pads;

  private constructor(rows: Record<Table, Values[]>, pads: Pads) {
    this.rows = rows;
    this.#pads = pads;
  }

  static async of(sql: Sql): Promise<HeldLedger> {
    const tables = tableNames.map(async table => {
      const stored = await valuesOf(sql, table);
      return [table, stored.map(({ values }) => [...values])] as const;
    });
    const rows = Object.fromEntries(await Promise.all(tables)) as Record<Table, Values[]>;
    return new HeldLedger(rows, await padsBetween(sql, 1, await readHead(sql)));
  }

  /** Asks while something is changed, and takes it back. */
  async changed<T>(change: (rows: Record<Table, Values[]>) => void, ask: () => T | Promise<T>): Promise<T> {
    const before = Object.entries(this.rows).map(([table, rows]) => [table, rows.map(row => [...row])] as const);
    change(this.rows);
    try {
      return await ask();
    } finally {
      for (const [table, rows] of before) this.rows[table as Table] = rows;
    }
  }

  /** The same with one value. */
  async withValue<T>(row: Values, column: number, value: string, ask: () => T | Promise<T>): Promise<T> {
    const before = row[column]!;
    row[column] = value;
    try {
      return await ask();
    } finally {
      row[column] = before;
    }
  }

  /** A fact as an entry. */
  fact = ([position, ...rest]: Values): Entry => ({
    position: numberOf(position!),
    org: rest[4]!,
    line: `${rest.map(value => value ?? '').join('\t')}\n`,
  });

  /** A scan as an entry; none when its writer is not known. */
  scan([position, writer, ...rest]: Values, stream = this.#streams().get(writer!)): Entry | undefined {
    if (stream === undefined) return undefined;
    return {
      position: numberOf(position!),
      org: rest[2]!,
      line: `${[stream, ...rest].map(value => value ?? '').join('\t')}\n`,
    };
  }

  async entries(after: number, to: number): Promise<readonly Entry[]> {
    const streams = this.#streams();
    const scans = this.rows.scans.flatMap(row => (streams.has(row[1]!) ? [this.scan(row, streams.get(row[1]!))!] : []));
    const all = [...this.rows.events.map(this.fact), ...scans];
    return all.filter(({ position }) => position > after && position <= to).sort(byPosition);
  }

  async pads(): Promise<Pads> {
    return this.#pads;
  }

  async bounds() {
    const commits = this.#commits();
    const head = Math.max(0, ...commits.map(({ last }) => last));
    const places = [...this.rows.events, ...this.rows.scans].map(([position]) => numberOf(position!));
    const strays = places.filter(position => position > head || position < 1).length;
    return { head, beginning: commits.filter(({ last }) => last <= 0), strays };
  }

  async commits(after: number): Promise<Commit[]> {
    return this.#commits()
      .filter(({ last }) => last > after)
      .sort((a, b) => a.last - b.last);
  }

  async trees(): Promise<StoredTree[]> {
    return this.rows.trees.map(([org, size, frontier]) => ({
      org: org!,
      size: numberOf(size!),
      frontier: bytesOf(frontier!),
    }));
  }

  async nodes(height: number, first: number, end: number): Promise<StoredNode[]> {
    return this.rows.tree_nodes
      .map(([at, index, hash]) => ({ height: numberOf(at!), index: numberOf(index!), hash: bytesOf(hash!) }))
      .filter(node => node.height === height && node.index >= first && node.index < end);
  }

  async countNodes(): Promise<number> {
    return this.rows.tree_nodes.length;
  }

  async oddWriters(): Promise<string[]> {
    const newest = new Map<string, number>();
    for (const [, writer, version] of this.rows.scans) {
      newest.set(writer!, Math.max(newest.get(writer!) ?? 0, numberOf(version!)));
    }
    const odd = this.rows.writers.filter(([id, , version]) => {
      const last = newest.get(id!);
      return last !== undefined && last !== numberOf(version!);
    });
    return odd.map(([, stream]) => stream!);
  }

  /** It holds none. */
  async blobs(): Promise<string[]> {
    return [];
  }

  async oddBlobs(): Promise<string[]> {
    return [];
  }

  #streams(): Map<string, string> {
    return new Map(this.rows.writers.map(([id, stream]) => [id!, stream!]));
  }

  #commits(): Commit[] {
    return this.rows.commits.map(([last, first, hash]) => ({
      last: numberOf(last!),
      first: numberOf(first!),
      hash: bytesOf(hash!),
    }));
  }
}
