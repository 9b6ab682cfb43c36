/**
 * Where the Merkle trees are kept: complete nodes of every eighth height, which are only ever added to, and for each tree
 * how far it has grown. A step is written whole or not at all, and only from where the one before has ended, so that
 * several growers at once can't spoil it.
 */
import { type Sql, withDeadline } from './connect.ts';

/** Heights that are stored are multiples of this one. */
export const heightStep = 8;

export interface StoredNode {
  readonly height: number;
  readonly index: number;
  readonly hash: Uint8Array;
}

/** How far a tree has grown; the ledger's own has the organisation ''. */
export interface StoredTree {
  readonly org: string;
  readonly size: number;
  readonly frontier: Uint8Array;
}

/** Trees by organisation, as of one moment; those that have not begun are absent. */
export async function readTrees(sql: Sql, orgs: readonly string[]): Promise<Map<string, StoredTree>> {
  const rows = await sql<StoredTree[]>`select org, size, frontier from ledger.trees where org = any(${[...orgs]})`;
  return new Map(rows.map(row => [row.org, row]));
}

const lookEveryMs = 10;

/** Resolves when the ledger's tree has this size, whichever process grows it; rejects after `timeoutMs`. */
export function treeReached(sql: Sql, size: number, timeoutMs: number): Promise<void> {
  let waiting = true;
  const look = async () => {
    while (waiting) {
      if ((await readTrees(sql, [''])).get('')!.size >= size) return;
      await new Promise(resolve => setTimeout(resolve, lookEveryMs));
    }
  };
  return withDeadline(look(), timeoutMs, 'the tree').finally(() => {
    waiting = false;
  });
}

/** Writes what a step has grown; false when the ledger's tree is not at `from` any more. */
export async function writeStep(
  sql: Sql,
  from: number,
  nodes: readonly StoredNode[],
  trees: readonly StoredTree[],
): Promise<boolean> {
  // What is lost in a crash is made again from the ledger: nobody waits for the disk.
  const written = await sql`
    with at as (select from ledger.trees where org = '' and size = ${from} for update),
    added as (
      insert into ledger.tree_nodes
      select height, index, decode(hash, 'hex')
      from at, json_to_recordset(${JSON.stringify(nodes.map(inHex))}::text::json)
        as n (height smallint, index bigint, hash text)),
    grown as (
      insert into ledger.trees
      select org, size, decode(frontier, 'hex')
      from at, json_to_recordset(${JSON.stringify(trees.map(inHex))}::text::json) as t (org text, size bigint, frontier text)
      on conflict (org) do update set size = excluded.size, frontier = excluded.frontier)
    select set_config('synchronous_commit', 'off', true) from at`;
  return written.length > 0;
}

/** Bytes as text that JSON can hold. */
const inHex = (row: object): object =>
  Object.fromEntries(
    Object.entries(row).map(([name, value]) => [
      name,
      value instanceof Uint8Array ? Buffer.from(value).toString('hex') : value,
    ]),
  );

/**
 * The stored nodes that a path at these leaves may need: at each stored height the up to 256 under the same node of the
 * next one.
 */
export async function readNodes(sql: Sql, leaves: readonly number[]): Promise<StoredNode[]> {
  const ranges = leaves.flatMap(leaf => {
    const found: { height: number; first: number }[] = [];
    for (let height = heightStep; 2 ** height <= 2 ** 48; height += heightStep) {
      found.push({ height, first: Math.floor(leaf / 2 ** (height + heightStep)) * 2 ** heightStep });
    }
    return found;
  });
  const rows = await sql`
    select distinct n.height, n.index, n.hash
    from json_to_recordset(${JSON.stringify(ranges)}::text::json) as r (height smallint, first bigint)
      join ledger.tree_nodes n on n.height = r.height and n.index >= r.first and n.index < r.first + ${2 ** heightStep}`;
  return rows.map(row => ({ height: row['height'], index: row['index'], hash: row['hash'] }) as StoredNode);
}
