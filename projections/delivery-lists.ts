/**
 * The log of a webhook's deliveries, and its replays, as their owner asks for them: newest events first, by what became
 * of them and by the name they were told under.
 */
import { type DeliveryRow, deliveryColumns } from './delivery-rows.ts';
import type { Slice, Sql } from './projection.ts';

export interface DeliveryFilter {
  readonly status?: DeliveryRow['status'] | undefined;
  readonly name?: string | undefined;
  /** Only positions before this one. */
  readonly before?: number | undefined;
}

/** Deliveries of a webhook, newest event first. */
export const listDeliveries = (
  sql: Sql,
  webhook: string,
  { status, name, before }: DeliveryFilter,
  limit: number,
): Promise<DeliveryRow[]> => sql<DeliveryRow[]>`
  select ${sql.unsafe(deliveryColumns)} from deliveries
  where hook = (select hook from delivery_targets where webhook = ${webhook})
    ${status === undefined ? sql`` : sql`and status = ${status}`}
    ${status === 'pending' ? sql`and due_ms is not null` : sql``}
    ${name === undefined ? sql`` : sql`and name = ${name}`} ${before === undefined ? sql`` : sql`and position < ${before}`}
  order by position desc limit ${limit}`;

/** One delivery of a webhook; undefined when there is none, or none any more. */
export async function findDelivery(sql: Sql, webhook: string, position: number): Promise<DeliveryRow | undefined> {
  const [row] = await sql<DeliveryRow[]>`
    select ${sql.unsafe(deliveryColumns)} from deliveries
    where hook = (select hook from delivery_targets where webhook = ${webhook}) and position = ${position}`;
  return row;
}

export interface ReplayListRow {
  readonly id: string;
  readonly webhook: string;
  readonly after: number;
  readonly until: number;
  readonly through: number;
  readonly requested_ms: number;
}

/** Replays of a webhook, newest first, older than the id that is given, and how many there are in all. */
export async function listReplays(sql: Sql, webhook: string, page: Slice) {
  const [rows, [counted]] = await Promise.all([
    sql<ReplayListRow[]>`
      select id, webhook, after, until, through, requested_ms from replays
      where webhook = ${webhook} ${page.before ? sql`and id < ${page.before}` : sql``}
      order by id desc limit ${page.limit} offset ${page.offset ?? 0}`,
    sql`select count(*) as total from replays where webhook = ${webhook}`,
  ]);
  return { rows: [...rows], total: counted!['total'] as number };
}

/** One replay of a webhook. */
export async function findReplay(sql: Sql, webhook: string, id: string): Promise<ReplayListRow | undefined> {
  const [row] = await sql<ReplayListRow[]>`
    select id, webhook, after, until, through, requested_ms from replays where id = ${id} and webhook = ${webhook}`;
  return row;
}
