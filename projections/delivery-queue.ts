/**
 * What is due, as the dispatcher asks for it: which webhooks have something waiting, and the next of what waits for
 * some of them. Each question is answered from the index of what is due alone, whatever has been delivered before.
 */
import type { Sql } from './projection.ts';

/** A webhook that something waits for. */
export interface Waiting {
  readonly hook: number;
  readonly webhook: string;
  readonly org: string;
  /** When the earliest is due, in milliseconds. */
  readonly due_ms: number;
  readonly failing_since: number | null;
  /** Position of the event that changed the webhook last. */
  readonly changed: number;
}

/**
 * Active webhooks that something waits for, now or later. One step in the index for each of them: grouping would read
 * all that waits, and at an endpoint that is down that is a lot.
 */
export const waitingHooks = (sql: Sql): Promise<Waiting[]> =>
  sql<Waiting[]>`
    with recursive waiting as (
      (select hook, due_ms from deliveries where due_ms is not null order by hook, due_ms limit 1)
      union all
      select next.hook, next.due_ms
      from waiting, lateral (
        select hook, due_ms from deliveries
        where due_ms is not null and hook > waiting.hook order by hook, due_ms limit 1
      ) next
    )
    select hook, webhook, org, due_ms, failing_since, changed
    from waiting join delivery_targets using (hook) where status = 'active'`;

/** A delivery that is due. */
export interface Due {
  readonly hook: number;
  readonly position: number;
  readonly name: string;
  readonly attempts: number;
  readonly due_ms: number;
}

/** What is due at a moment, for each webhook at most so many, earliest first. */
export const dueDeliveries = (
  sql: Sql,
  at: number,
  wanted: readonly { readonly hook: number; readonly limit: number }[],
): Promise<Due[]> =>
  sql<Due[]>`
    select due.*
    from unnest(${wanted.map(({ hook }) => hook)}::bigint[], ${wanted.map(({ limit }) => limit)}::bigint[]) asked (hook, most),
      lateral (
        select hook, position, name, attempts, due_ms from deliveries
        where hook = asked.hook and due_ms <= ${at} order by due_ms, position limit asked.most
      ) due
    order by due.due_ms, due.position`;

/** A replay that is not through yet. */
export interface OpenReplay {
  readonly id: string;
  readonly webhook: string;
  readonly org: string;
  readonly through: number;
  readonly until: number;
  /** Position of the event that changed the webhook last. */
  readonly changed: number;
  /** How much waits for its webhook, counted up to a limit. */
  readonly waiting: number;
}

/** Replays of active webhooks that are not through, oldest first. */
export const openReplays = (sql: Sql, waitingMax: number): Promise<OpenReplay[]> =>
  sql<OpenReplay[]>`
    select r.id, r.webhook, r.org, r.through, r.until, t.changed, (
      select count(*) from (
        select from deliveries where hook = t.hook and due_ms is not null limit ${waitingMax}
      ) piece
    ) as waiting
    from replays r join delivery_targets t using (webhook)
    where r.through < r.until and t.status = 'active' order by r.id`;
