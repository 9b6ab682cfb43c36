/**
 * Groups of scans as they are read from rows: first their heads, which say whether a group is meant, and then of those
 * that are the bodies, cut out of the row by Postgres. Of what is not meant nothing but eight bytes is read.
 */
import type { Sql } from './projection.ts';
import { endOf, type Group, groupFrom, type Head, headsIn, onlyNumber } from './scan-groups.ts';
import type { Place } from './scan-parts.ts';
import { grains } from './scan-times.ts';
import type { Node } from './scan-walk.ts';

/** A span with its scans, all of which are meant. */
export interface Dense extends Node, Pick<Place, 'firstPart' | 'lastPart'> {
  readonly org: string;
  readonly isCode: boolean;
  readonly scans: number;
  /** Number of the model's table: another one when it was built anew. */
  readonly model: number;
}

/** What a span is in memory; with other scans it is another one. */
export const keyOf = ({ model, org, subject, grain, span, scans }: Dense): string =>
  `${model} ${org} ${subject} ${grain} ${span.from} ${scans}`;

/** Bytes between two groups that are read with them: it takes as long to find a place in a row again. */
const gapMax = 4_096;

/** Groups that lie side by side, or nearly, and are all wished for. */
interface Run {
  readonly node: Dense;
  readonly at: number;
  end: number;
  readonly heads: Head[];
}

/** The heads of those that are kept, by node, as `eachHead` reads them. */
export async function readHeads(sql: Sql, nodes: readonly Dense[]): Promise<Map<Dense, Uint8Array>> {
  const rows = await sql`
    select k.i, encode(c.heads, 'base64') as heads
    from ${asKeys(sql, nodes)} join scan_condensed c using (subject, grain, start, scans)`;
  return new Map(rows.map(({ i, heads }) => [nodes[i - 1]!, Buffer.from(heads, 'base64')]));
}

/** How much of a group is asked for, by its place among the heads. */
export type Wished = (node: Dense, place: number) => 'all' | 'number' | 'none';

/** What is wished for of nodes that are kept; absent are those without groups, and those that are gone meanwhile. */
export async function readWished(
  sql: Sql,
  kept: ReadonlyMap<Dense, Uint8Array>,
  wished: Wished,
): Promise<Map<Dense, Group[]>> {
  const runs: Run[] = [];
  const found = new Map<Dense, Group[]>();
  for (const [node, bytes] of kept) {
    if (bytes.length === 0) continue;
    const groups: Group[] = [];
    found.set(node, groups);
    let run: Run | undefined;
    for (const [place, head] of headsIn(bytes).entries()) {
      const wish = wished(node, place);
      if (wish === 'number') groups.push(onlyNumber(head));
      if (wish !== 'all') continue;
      if (!run || head.at - run.end > gapMax) {
        run = { node, at: head.at, end: head.at, heads: [] };
        runs.push(run);
      }
      run.heads.push(head);
      run.end = endOf(head);
    }
  }
  const bodies = await readBodies(sql, runs);
  for (const [i, { node, at, heads }] of runs.entries()) {
    const bytes = bodies[i];
    if (bytes) for (const head of heads) found.get(node)?.push(groupFrom(head, bytes, at));
    else found.delete(node);
  }
  return found;
}

async function readBodies(sql: Sql, runs: readonly Run[]): Promise<(Uint8Array | undefined)[]> {
  const bodies: (Uint8Array | undefined)[] = runs.map(() => undefined);
  if (runs.length === 0) return bodies;
  const rows = await sql`
    select k.i, encode(substring(c.bodies from r.at + 1 for r.size), 'base64') as bytes
    from unnest(${runs.map(({ at }) => at)}::int[], ${runs.map(({ at, end }) => end - at)}::int[])
      with ordinality r (at, size, i)
    join ${asKeys(
      sql,
      runs.map(({ node }) => node),
    )} using (i)
    join scan_condensed c using (subject, grain, start, scans)`;
  for (const { i, bytes } of rows) bodies[i - 1] = Buffer.from(bytes, 'base64');
  return bodies;
}

/** All groups of a node; undefined when they are not kept. */
export async function readWhole(sql: Sql, node: Dense): Promise<Group[] | undefined> {
  const heads = await readHeads(sql, [node]);
  return heads.size === 0 ? undefined : (await readWished(sql, heads, () => 'all')).get(node);
}

const asKeys = (sql: Sql, nodes: readonly Dense[]) => sql`
  unnest(${nodes.map(({ subject }) => subject)}::int[], ${nodes.map(({ grain }) => grains.indexOf(grain))}::int[],
    ${nodes.map(({ span }) => span.from)}::int[], ${nodes.map(({ scans }) => scans)}::bigint[])
    with ordinality k (subject, grain, start, scans, i)`;
