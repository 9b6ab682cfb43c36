/**
 * What an inspection of the ledger reads besides its entries: commits, stored nodes and trees, and what no commit speaks
 * of. Nothing here judges; that is done in `src/audit/`.
 */
import type { Sql } from './connect.ts';
import type { StoredNode, StoredTree } from './tree.ts';

export interface Commit {
  readonly first: number;
  readonly last: number;
  readonly hash: Uint8Array;
}

const commitsMax = 10_000;

/** The next commits behind a position. */
export async function readCommits(sql: Sql, after: number): Promise<Commit[]> {
  return [
    ...(await sql<Commit[]>`
      select first, last, hash from ledger.commits where last > ${after} order by last limit ${commitsMax}`),
  ];
}

/** Position of the last commit, what stands before the first one, and how many rows stand where no commit reaches. */
export async function readBounds(sql: Sql): Promise<{ head: number; beginning: Commit[]; strays: number }> {
  const beginning = await sql<Commit[]>`select first, last, hash from ledger.commits where last <= 0`;
  const [row] = await sql`select coalesce(max(last), 0)::bigint as head from ledger.commits`;
  const head = row!['head'] as number;
  const [stray] = await sql`
    select (select count(*) from ledger.events where position > ${head} or position < 1)
      + (select count(*) from ledger.scans where position > ${head} or position < 1) as strays`;
  return { head, beginning: [...beginning], strays: stray!['strays'] };
}

/** Every tree that has begun to grow. */
export async function readAllTrees(sql: Sql): Promise<StoredTree[]> {
  return [...(await sql<StoredTree[]>`select org, size, frontier from ledger.trees`)];
}

/** The stored nodes of a height from one place up to another. */
export async function readNodesBetween(sql: Sql, height: number, first: number, end: number): Promise<StoredNode[]> {
  return [
    ...(await sql<StoredNode[]>`
      select height, index, hash from ledger.tree_nodes
      where height = ${height} and index >= ${first} and index < ${end} order by index`),
  ];
}

export async function countNodes(sql: Sql): Promise<number> {
  const [row] = await sql`select count(*) as nodes from ledger.tree_nodes`;
  return row!['nodes'];
}

/** Streams of scans whose next version is not the one behind their last scan. */
export async function readOddWriters(sql: Sql): Promise<string[]> {
  const rows = await sql`
    select stream from ledger.writers w
    where version <> (select max(s.version) from ledger.scans s where s.writer = w.id) order by stream`;
  return rows.map(row => row['stream'] as string);
}

/** Blobs whose bytes are not those of their hash. */
export async function readOddBlobs(sql: Sql): Promise<string[]> {
  const rows = await sql`
    select sha256 from ledger.blobs where sha256 <> encode(sha256(bytes), 'hex') order by sha256`;
  return rows.map(row => row['sha256'] as string);
}
