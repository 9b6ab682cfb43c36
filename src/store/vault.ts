/**
 * The vault: what it takes to read the seals of the ledger. It is asked each time something is read and nothing of it is
 * remembered, so that no process goes on reading what was erased.
 */
import type { AnyEvent } from '../../events/index.ts';
import { upcasts } from '../../events/upcasts.ts';
import type { Sql } from './connect.ts';
import { isSealed, opened } from './seal.ts';

/** Facts whose pads are kept in one row: few enough to fit a page, so that one of them is soon destroyed. */
export const factsInRow = 16;

export type Pads = ReadonlyMap<number, Uint8Array>;

/** Events as they were, blank where they were erased. */
export async function openAll(sql: Sql, events: readonly AnyEvent[]): Promise<readonly AnyEvent[]> {
  const sealed = events.filter(isSealed).map(event => event.position);
  if (sealed.length === 0) return upcasts.length === 0 ? events : events.map(event => opened(event, undefined));
  const [from, to] = [Math.min(sealed[0]!, sealed.at(-1)!), Math.max(sealed[0]!, sealed.at(-1)!)];
  const pads = to - from < sealed.length * factsInRow ? await padsBetween(sql, from, to) : await padsAt(sql, sealed);
  return events.map(event => opened(event, pads.get(event.position)));
}

/** All pads of positions that lie close together. */
export async function padsBetween(sql: Sql, from: number, to: number): Promise<Pads> {
  const rows = await sql`
    select first, starts, pad from vault.pads where first > ${from - factsInRow} and first <= ${to}`;
  const pads = new Map<number, Uint8Array>();
  for (const { first, starts, pad } of rows as unknown as { first: number; starts: number[]; pad: Uint8Array }[]) {
    for (const [i, start] of starts.entries()) pads.set(first + i, pad.subarray(start, starts[i + 1]));
  }
  return pads;
}

/** The pads of positions that lie far apart. */
export async function padsAt(sql: Sql, positions: readonly number[]): Promise<Pads> {
  const rows = await sql`
    select position, vault.pad(position) as pad from unnest(${[...positions]}::bigint[]) p (position)`;
  return new Map(rows.map(row => [row['position'] as number, row['pad'] as Uint8Array]));
}
