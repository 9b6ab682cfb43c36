/**
 * Grows the Merkle trees behind the ledger: one over all of it, and one over each organisation's own events. It works at
 * a pace, off the append path, since hashing an event there would cost every caller what nobody waits for; who asks for
 * a proof wakes it. What it writes follows from the ledger alone, so that two growers at once do no harm and a crash
 * loses nothing. With each block of the ledger it sums up the times in it, by which the feed is asked.
 */
import { setTimeout as pause } from 'node:timers/promises';
import type { Sql } from '../store/connect.ts';
import type { Ledger } from '../store/ledger.ts';
import { readHead } from '../store/read.ts';
import { endsBlock, sumUpTimes } from '../store/times.ts';
import { heightStep, readTrees, type StoredNode, writeStep } from '../store/tree.ts';
import { Worker } from '../worker.ts';
import { OwnLeaves, readLeaves, turn } from './leaves.ts';
import { Frontier, hashBytes } from './merkle.ts';

/** Entries of a step: some 4 MB of text. Larger ones are no faster, smaller ones ask Postgres more often. */
const stepMax = 16_384;
/** Leaves put on the trees in one go, some 0.1 ms: an answer of Postgres that comes meanwhile waits for them. */
const atOnce = 128;
/** As much later than the ledger a tree may be while nobody asks. */
const paceMs = 1_000;
/**
 * Between two steps, however many wait: they wait for the same step then. One asks Postgres five times, whatever is in it.
 */
const restMs = 50;

export class Grower {
  readonly #sql: Sql;
  readonly #worker: Worker;
  readonly #ledger: Pick<Ledger, 'onCommit'> | undefined;
  readonly #own = new OwnLeaves();
  #unlisten: (() => void) | undefined;

  /** With the ledger that this process writes to, what that has written is not read back. */
  constructor(sql: Sql, onError: (error: unknown, name: string) => void, ledger?: Pick<Ledger, 'onCommit'>) {
    this.#sql = sql;
    this.#ledger = ledger;
    const step = async () => {
      const isFull = (await grow(sql, this.#own)) >= stepMax;
      if (!isFull) await pause(restMs);
      return isFull;
    };
    this.#worker = new Worker(step, { name: 'merkle tree', idleMs: paceMs, onError });
  }

  start(): this {
    this.#unlisten ??= this.#ledger?.onCommit(commit => this.#own.take(commit));
    this.#worker.start();
    return this;
  }

  /** Somebody waits for what is new. */
  wake(): void {
    this.#worker.wake();
  }

  async stop(): Promise<void> {
    this.#unlisten?.();
    await this.#worker.stop();
  }

  /** Grows to the end of the ledger; for whoever can't wait for the pace. */
  async settle(): Promise<void> {
    while ((await grow(this.#sql, this.#own)) > 0);
  }
}

/** One step; tells by how many leaves the ledger's tree has grown. */
async function grow(sql: Sql, ownLeaves: OwnLeaves): Promise<number> {
  const head = await readHead(sql);
  const stored = (await readTrees(sql, ['']))!.get('')!;
  const limit = Math.min(head, stored.size + stepMax);
  if (limit <= stored.size) return 0;
  const known = (await ownLeaves.after(sql, stored.size, head)).filter(run => run.from < limit);
  const runs = known.length > 0 ? known : [await readLeaves(sql, stored.size, limit)];
  const trees = await readTrees(sql, [...new Set(runs.flatMap(({ orgs }) => orgs.flatMap(org => org ?? [])))]);
  const ledger = new Frontier(stored.size, stored.frontier);
  const own = new Map<string, Frontier>();
  const nodes: StoredNode[] = [];
  for (const { hashes, orgs } of runs) {
    for (const [i, org] of orgs.entries()) {
      if (ledger.size % atOnce === 0) await turn();
      const leaf = hashes.subarray(i * hashBytes, (i + 1) * hashBytes);
      ledger.push(leaf, node => {
        if (node.height % heightStep === 0) nodes.push(node);
      });
      if (org === null) continue;
      let tree = own.get(org);
      if (!tree) {
        const before = trees.get(org);
        tree = new Frontier(before?.size, before?.frontier);
        own.set(org, tree);
      }
      tree.push(leaf);
    }
  }
  const grown = [['', ledger] as const, ...own];
  const isWritten = await writeStep(
    sql,
    stored.size,
    nodes,
    grown.map(([org, tree]) => ({ org, size: tree.size, frontier: tree.bytes() })),
  );
  // Another grower was faster: what there is to do is looked at anew.
  if (!isWritten) return stepMax;
  // Once in 16,384 events, for 5 ms of Postgres: 0.3 us an event.
  if (endsBlock(stored.size, ledger.size)) await sumUpTimes(sql, ledger.size);
  return ledger.size - stored.size;
}
