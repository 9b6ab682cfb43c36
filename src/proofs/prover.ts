/**
 * What can be proven of the ledger as it stands: checkpoints, that an entry is in it, that it goes on from an earlier
 * size. A path is put together from stored nodes and from the 256 rows around its ends, so that it costs the same
 * however long the ledger is.
 */
import type { Sql } from '../store/connect.ts';
import { entryText, readEntries } from '../store/entries.ts';
import { heightStep, readNodes, readTrees } from '../store/tree.ts';
import { type Checkpoint, type Head, signCheckpoint } from './checkpoint.ts';
import { Frontier, leafHash, nodeHash } from './merkle.ts';
import type { Signer } from './note.ts';
import { consistencyPath, inclusionPath, type NodeAt, treeRoot } from './paths.ts';
import { consistencyFile, inclusionFile } from './proof-file.ts';

/** A checkpoint with the note that says it. */
export interface Signed extends Omit<Checkpoint, 'origin'> {
  readonly note: string;
}

export interface InclusionProof {
  /** What is hashed as the leaf. */
  readonly entry: string;
  readonly index: number;
  readonly leaf: Uint8Array;
  readonly path: readonly Uint8Array[];
  readonly checkpoint: Signed;
  /** All of it as a `.tlog-proof`. */
  readonly file: string;
}

export interface ConsistencyProof {
  readonly path: readonly Uint8Array[];
  readonly checkpoint: Signed;
  /** All of it as a witness takes it. */
  readonly file: string;
}

const blockWidth = 2 ** heightStep;

export class Prover {
  readonly #sql: Sql;
  readonly signer: Signer;

  constructor(sql: Sql, signer: Signer) {
    this.#sql = sql;
    this.signer = signer;
  }

  /** How many entries the tree has. */
  async size(): Promise<number> {
    return (await readTrees(this.#sql, [''])).get('')!.size;
  }

  /** The tree as it stands, and the one over an organisation's own events as of the same moment. */
  async checkpoint(org?: string): Promise<Signed> {
    const trees = await readTrees(this.#sql, ['', ...(org === undefined ? [] : [org])]);
    const headOf = (name: string): Head => {
      const tree = trees.get(name);
      const frontier = new Frontier(tree?.size, tree?.frontier);
      return { size: frontier.size, root: frontier.root() };
    };
    return this.#signed({ ...headOf(''), ...(org !== undefined && { own: { org, ...headOf(org) } }) });
  }

  /** Proof that the entry at a position is in the ledger; undefined when the organisation has none there. */
  async inclusion(org: string, position: number): Promise<InclusionProof | undefined> {
    const [entry] = await readEntries(this.#sql, position - 1, position, org);
    if (!entry) return undefined;
    const checkpoint = await this.checkpoint(org);
    const index = position - 1;
    const node = await this.#nodes(checkpoint.size, [index, checkpoint.size]);
    const path = inclusionPath(node, index, checkpoint.size);
    const text = entryText(entry);
    const file = inclusionFile({ entry: text, index, path, checkpoint: checkpoint.note });
    return { entry: text, index, leaf: leafHash(text), path, checkpoint, file };
  }

  /** Proof that the ledger goes on from the one of this size: as it stands, or as it was at another size. */
  async consistency(org: string, from: number, to?: number): Promise<ConsistencyProof> {
    const now = await this.checkpoint(org);
    const size = to ?? now.size;
    const node = await this.#nodes(now.size, [from, size]);
    const checkpoint = size === now.size ? now : this.#signed({ size, root: treeRoot(node, size) });
    const path = consistencyPath(node, from, size);
    return { path, checkpoint, file: consistencyFile(from, path, checkpoint.note) };
  }

  #signed(head: Omit<Signed, 'note'>): Signed {
    return { ...head, note: signCheckpoint(head, this.signer) };
  }

  /** Nodes around these leaves in a tree of this size: the stored ones, and those below them from the ledger's rows. */
  async #nodes(size: number, leaves: readonly number[]): Promise<NodeAt> {
    const known = new Map<string, Uint8Array>();
    const blocks = new Set(leaves.map(leaf => Math.floor(leaf / blockWidth) * blockWidth));
    const reads = [...blocks].map(async first => {
      for (const entry of await readEntries(this.#sql, first, Math.min(first + blockWidth, size))) {
        known.set(`0 ${entry.position - 1}`, leafHash(entryText(entry)));
      }
    });
    for (const { height, index, hash } of await readNodes(this.#sql, leaves)) known.set(`${height} ${index}`, hash);
    await Promise.all(reads);
    const node: NodeAt = (height, index) => {
      const found = known.get(`${height} ${index}`);
      if (found) return found;
      if (height === 0) throw new Error(`the entry at position ${index + 1} is not in the ledger any more`);
      const hash = nodeHash(node(height - 1, 2 * index), node(height - 1, 2 * index + 1));
      known.set(`${height} ${index}`, hash);
      return hash;
    };
    return node;
  }
}
