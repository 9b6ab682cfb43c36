/**
 * Grows the Merkle trees behind the ledger: one over all of it, and one over each organisation's own events. It works at
 * a pace, off the append path, since hashing an event there would cost every caller what nobody waits for; who asks for
 * a proof wakes it. What it writes follows from the ledger alone, so that two growers at once do no harm and a crash
 * loses nothing.
 */
import type { Sql } from '../store/connect.ts';
import { entryText, readEntries } from '../store/entries.ts';
import { readHead } from '../store/read.ts';
import { heightStep, readTrees, type StoredNode, writeStep } from '../store/tree.ts';
import { Worker } from '../worker.ts';
import { Frontier, leafHash } from './merkle.ts';

/** Entries of a step: some 4 MB of text. Larger ones are no faster, smaller ones ask Postgres more often. */
const stepMax = 16_384;
/** Entries hashed in one go, some 2 ms: a whole step kept every scan that came meanwhile waiting for 15 to 30 ms. */
const atOnce = 1_024;
/** As much later than the ledger a tree may be while nobody asks. */
const paceMs = 1_000;

export class Grower {
  readonly #sql: Sql;
  readonly #worker: Worker;

  constructor(sql: Sql, onError: (error: unknown, name: string) => void) {
    this.#sql = sql;
    const step = async () => (await grow(sql)) >= stepMax;
    this.#worker = new Worker(step, { name: 'merkle tree', idleMs: paceMs, onError });
  }

  start(): this {
    this.#worker.start();
    return this;
  }

  /** Somebody waits for what is new. */
  wake(): void {
    this.#worker.wake();
  }

  async stop(): Promise<void> {
    await this.#worker.stop();
  }

  /** Grows to the end of the ledger; for whoever can't wait for the pace. */
  async settle(): Promise<void> {
    while ((await grow(this.#sql)) > 0);
  }
}

/** Lets what else is waiting go first. */
const turn = (): Promise<void> => new Promise(resolve => setImmediate(resolve));

/** One step; tells by how many leaves the ledger's tree has grown. */
async function grow(sql: Sql): Promise<number> {
  const head = await readHead(sql);
  const stored = (await readTrees(sql, ['']))!.get('')!;
  const to = Math.min(head, stored.size + stepMax);
  if (to <= stored.size) return 0;
  const entries = await readEntries(sql, stored.size, to);
  const trees = await readTrees(sql, [...new Set(entries.flatMap(({ org }) => org ?? []))]);
  const ledger = new Frontier(stored.size, stored.frontier);
  const own = new Map<string, Frontier>();
  const nodes: StoredNode[] = [];
  for (const [i, entry] of entries.entries()) {
    if (i > 0 && i % atOnce === 0) await turn();
    if (entry.position !== ledger.size + 1) throw new Error(`position ${ledger.size + 1} is missing from the ledger`);
    const leaf = leafHash(entryText(entry));
    ledger.push(leaf, node => {
      if (node.height % heightStep === 0) nodes.push(node);
    });
    if (entry.org === null) continue;
    let tree = own.get(entry.org);
    if (!tree) {
      const known = trees.get(entry.org);
      tree = new Frontier(known?.size, known?.frontier);
      own.set(entry.org, tree);
    }
    tree.push(leaf);
  }
  if (ledger.size !== to) throw new Error(`position ${ledger.size + 1} is missing from the ledger`);
  const grown = [['', ledger] as const, ...own];
  const isWritten = await writeStep(
    sql,
    stored.size,
    nodes,
    grown.map(([org, tree]) => ({ org, size: tree.size, frontier: tree.bytes() })),
  );
  // Another grower was faster: what there is to do is looked at anew.
  return isWritten ? to - stored.size : stepMax;
}
