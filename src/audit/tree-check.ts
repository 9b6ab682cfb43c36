/**
 * The Merkle trees grown anew from the stored rows, beside what is stored of them and what somebody kept of them. It
 * looks at each tree in the moment in which it has the size in question, so that one pass over the ledger is enough.
 */
import type { Checkpoint } from '../proofs/checkpoint.ts';
import { Frontier, type Node } from '../proofs/merkle.ts';
import { equal } from '../proofs/paths.ts';
import type { Holdings } from '../store/inspection.ts';
import { heightStep, type StoredTree } from '../store/tree.ts';

export class TreeCheck {
  readonly #held: Holdings;
  readonly #kept: readonly Checkpoint[];
  readonly #stored: ReadonlyMap<string, StoredTree>;
  readonly #ledger = new Frontier();
  readonly #own = new Map<string, Frontier>();
  readonly #faults: string[] = [];
  /** Nodes grown since the last comparison. */
  #nodes: Node[] = [];
  #compared = 0;
  #wrongNodes = 0;
  #isWhole = true;

  private constructor(held: Holdings, kept: readonly Checkpoint[], stored: readonly StoredTree[]) {
    this.#held = held;
    this.#kept = kept;
    this.#stored = new Map(stored.map(tree => [tree.org, tree]));
  }

  static async open(held: Holdings, kept: readonly Checkpoint[]): Promise<TreeCheck> {
    return new TreeCheck(held, kept, await held.trees());
  }

  get size(): number {
    return this.#ledger.size;
  }

  /** Whether every entry so far was the next one. */
  get isWhole(): boolean {
    return this.#isWhole;
  }

  get root(): Uint8Array {
    return this.#ledger.root();
  }

  /** The next entry. From the first one that is missing or there twice on, the trees say nothing any more. */
  push(position: number, org: string | null, leaf: Uint8Array): void {
    const next = this.#ledger.size + 1;
    if (!this.#isWhole) return;
    if (position !== next) {
      this.#isWhole = false;
      this.#faults.push(position > next ? `Position ${next} is missing.` : `Position ${position} is there twice.`);
      return;
    }
    this.#ledger.push(leaf, node => {
      if (node.height % heightStep === 0) this.#nodes.push(node);
    });
    if (org !== null) this.#growOwn(org, leaf);
    if (this.#ledger.size === this.#stored.get('')?.size) this.#meet();
    for (const kept of this.#kept) {
      if (kept.size === this.#ledger.size && !equal(kept.root, this.#ledger.root())) {
        this.#faults.push(`This is not the ledger of the checkpoint: its first ${kept.size} events were other ones.`);
      }
    }
  }

  /** Compares the nodes that were grown since the last time with the stored ones. */
  async compare(): Promise<void> {
    const { size } = this.#stored.get('') ?? { size: 0 };
    for (let height = heightStep; this.#nodes.length > 0; height += heightStep) {
      const grown = this.#nodes.filter(node => node.height === height);
      this.#nodes = this.#nodes.filter(node => node.height !== height);
      const due = grown.filter(({ index }) => (index + 1) * 2 ** height <= size);
      if (due.length === 0) continue;
      const stored = await this.#held.nodes(height, due[0]!.index, due.at(-1)!.index + 1);
      const hashes = new Map(stored.map(({ index, hash }) => [index, hash]));
      this.#compared += due.length;
      this.#wrongNodes += due.filter(({ index, hash }) => {
        const found = hashes.get(index);
        return !found || !equal(found, hash);
      }).length;
    }
  }

  /** Everything that was found, when all entries were pushed. */
  async end(): Promise<readonly string[]> {
    const { size } = this;
    if (!this.#isWhole) return this.#faults;
    if (this.#wrongNodes > 0) {
      this.#faults.push(`${this.#wrongNodes} stored nodes of the tree are not those of the stored events.`);
    }
    if ((await this.#held.countNodes()) !== this.#compared) {
      this.#faults.push('The tree has other nodes than a ledger of this size has.');
    }
    const stored = this.#stored.get('')?.size;
    if (stored === undefined) this.#faults.push('The stored tree is gone.');
    else if (stored === 0 && (this.#stored.size > 1 || this.#stored.get('')!.frontier.length > 0)) {
      this.#faults.push('The stored tree is not that of the stored events.');
    } else if (stored > size) {
      this.#faults.push(`The stored tree has ${stored} events, the ledger only ${size}: its end is cut.`);
    }
    for (const kept of this.#kept) {
      if (kept.size > size) {
        this.#faults.push(`The checkpoint is of ${kept.size} events, the ledger has only ${size}: its end is cut.`);
      }
      const own = kept.own && this.#own.get(kept.own.org);
      if (kept.own && kept.own.size > (own?.size ?? 0)) {
        this.#faults.push(
          `The checkpoint is of ${kept.own.size} events of ${kept.own.org}, the ledger has only ${own?.size ?? 0}.`,
        );
      }
    }
    return this.#faults;
  }

  #growOwn(org: string, leaf: Uint8Array): void {
    let own = this.#own.get(org);
    if (!own) {
      own = new Frontier();
      this.#own.set(org, own);
    }
    own.push(leaf);
    for (const kept of this.#kept) {
      if (kept.own?.org === org && kept.own.size === own.size && !equal(kept.own.root, own.root())) {
        this.#faults.push(`The first ${own.size} events of ${org} are not those of the checkpoint.`);
      }
    }
  }

  /** The ledger has grown to the size at which its trees are stored: all of them as of that moment. */
  #meet(): void {
    if (this.#stored.size !== 1 + this.#own.size)
      this.#faults.push('There are trees of other organisations than those with events.');
    for (const [org, grown] of [['', this.#ledger] as const, ...this.#own]) {
      const stored = this.#stored.get(org);
      if (stored?.size === grown.size && equal(stored.frontier, grown.bytes())) continue;
      this.#faults.push(`The stored ${named(org)} is not that of the stored events.`);
    }
  }
}

const named = (org: string): string => (org === '' ? 'tree' : `tree of ${org}`);
