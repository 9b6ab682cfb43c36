/**
 * What an inspection of the ledger reads besides its entries: commits, stored nodes and trees, and what no commit speaks
 * of. Nothing here judges; that is done in `src/audit/`.
 */
import type { Sql } from './connect.ts';
import { type Entry, readEntries } from './entries.ts';
import type { StoredNode, StoredTree } from './tree.ts';
import { type Pads, padsBetween } from './vault.ts';

export interface Commit {
  readonly first: number;
  readonly last: number;
  readonly hash: Uint8Array;
}

/** A ledger as an inspection reads it, wherever it is held. */
export interface Holdings {
  /** Position of the last commit, what stands before the first one, and how many rows stand where no commit reaches. */
  bounds(): Promise<{ head: number; beginning: Commit[]; strays: number }>;
  /** The next commits behind a position. */
  commits(after: number): Promise<Commit[]>;
  /** All entries in the positions after one up to another, in order. */
  entries(after: number, to: number): Promise<readonly Entry[]>;
  /** What the facts from one position to another are sealed with; nothing or zeros where it was destroyed. */
  pads(from: number, to: number): Promise<Pads>;
  /** Every tree that has begun to grow. */
  trees(): Promise<StoredTree[]>;
  /** The stored nodes of a height from one place up to another. */
  nodes(height: number, first: number, end: number): Promise<StoredNode[]>;
  countNodes(): Promise<number>;
  /** Streams of scans whose next version is not the one behind their last scan. */
  oddWriters(): Promise<string[]>;
  /** Which of these blobs are there. */
  blobs(hashes: readonly string[]): Promise<string[]>;
  /** Blobs whose bytes are not those of their hash. */
  oddBlobs(): Promise<string[]>;
}

/** What a transaction sees of the database. */
export const holdingsIn = (tx: Sql): Holdings => ({
  bounds: () => readBounds(tx),
  commits: after => readCommits(tx, after),
  entries: (after, to) => readEntries(tx, after, to),
  pads: (from, to) => padsBetween(tx, from, to),
  trees: () => readAllTrees(tx),
  nodes: (height, first, end) => readNodesBetween(tx, height, first, end),
  countNodes: () => countNodes(tx),
  oddWriters: () => readOddWriters(tx),
  blobs: hashes => readBlobsOf(tx, hashes),
  oddBlobs: () => readOddBlobs(tx),
});

const commitsMax = 10_000;

async function readCommits(sql: Sql, after: number): Promise<Commit[]> {
  return [
    ...(await sql<Commit[]>`
      select first, last, hash from ledger.commits where last > ${after} order by last limit ${commitsMax}`),
  ];
}

async function readBounds(sql: Sql): Promise<{ head: number; beginning: Commit[]; strays: number }> {
  const beginning = await sql<Commit[]>`select first, last, hash from ledger.commits where last <= 0`;
  const [row] = await sql`select coalesce(max(last), 0)::bigint as head from ledger.commits`;
  const head = row!['head'] as number;
  const [stray] = await sql`
    select (select count(*) from ledger.events where position > ${head} or position < 1)
      + (select count(*) from ledger.scans where position > ${head} or position < 1) as strays`;
  return { head, beginning: [...beginning], strays: stray!['strays'] };
}

async function readAllTrees(sql: Sql): Promise<StoredTree[]> {
  return [...(await sql<StoredTree[]>`select org, size, frontier from ledger.trees`)];
}

async function readNodesBetween(sql: Sql, height: number, first: number, end: number): Promise<StoredNode[]> {
  return [
    ...(await sql<StoredNode[]>`
      select height, index, hash from ledger.tree_nodes
      where height = ${height} and index >= ${first} and index < ${end} order by index`),
  ];
}

async function countNodes(sql: Sql): Promise<number> {
  const [row] = await sql`select count(*) as nodes from ledger.tree_nodes`;
  return row!['nodes'];
}

async function readOddWriters(sql: Sql): Promise<string[]> {
  const rows = await sql`
    select stream from ledger.writers w
    where version <> (select max(s.version) from ledger.scans s where s.writer = w.id) order by stream`;
  return rows.map(row => row['stream'] as string);
}

async function readBlobsOf(sql: Sql, hashes: readonly string[]): Promise<string[]> {
  const rows = await sql`select sha256 from ledger.blobs where sha256 = any(${[...hashes]}::text[])`;
  return rows.map(row => row['sha256'] as string);
}

async function readOddBlobs(sql: Sql): Promise<string[]> {
  const rows = await sql`
    select sha256 from ledger.blobs where sha256 <> encode(sha256(bytes), 'hex') order by sha256`;
  return rows.map(row => row['sha256'] as string);
}
