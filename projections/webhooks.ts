/**
 * Webhooks as the API shows them: one row each, as its last event left it. Secrets are not in it: whoever signs reads
 * them from the ledger, and nobody else needs them. What is delivered to whom stands in `deliveries.ts`.
 */
import type { AnyEvent } from '../events/index.ts';
import { type DisabledReason, webhookEvents } from '../events/webhook.ts';
import type { Projection, Slice, Sql } from './projection.ts';

export interface WebhookRow {
  id: string;
  org: string;
  url: string;
  events: string[];
  /** Null for events about any code, and about none. */
  codes: string[] | null;
  tags: string[] | null;
  test: boolean;
  status: 'active' | 'paused' | 'disabled' | 'deleted';
  disabled_reason: DisabledReason | null;
  /** Until then the secret before signs as well. */
  grace_ms: number | null;
  version: number;
  created_ms: number;
  updated_ms: number;
}

const columns = `id, org, url, events, codes, tags, test, status, disabled_reason, grace_ms, version, created_ms,
  updated_ms`;

export const webhooks: Projection = {
  name: 'webhooks',
  version: 1,
  family: 'facts',
  handles: Object.keys(webhookEvents) as (keyof typeof webhookEvents)[],
  tables: `
    create table webhooks (
      id text collate "C" primary key,
      org text collate "C" not null,
      url text not null,
      events json not null,
      codes json,
      tags json,
      test boolean not null,
      status text not null,
      disabled_reason text,
      grace_ms bigint,
      version integer not null,
      created_ms bigint not null,
      updated_ms bigint not null
    );
    create index webhooks_org on webhooks (org, id desc) where status <> 'deleted';
  `,

  async apply(sql, events) {
    const ids = [...new Set(events.map(event => event.stream))];
    const known = await sql<WebhookRow[]>`select ${sql.unsafe(columns)} from webhooks where id = any(${ids})`;
    const rows = new Map(known.map(row => [row.id, row]));
    for (const event of events) {
      const row = evolveWebhook(rows.get(event.stream), event);
      if (row) rows.set(row.id, row);
    }
    await sql`
      insert into webhooks (${sql.unsafe(columns)})
      select ${sql.unsafe(columns)}
      from json_populate_recordset(null::webhooks, ${JSON.stringify([...rows.values()])}::text::json)
      on conflict (id) do update set
        url = excluded.url, events = excluded.events, codes = excluded.codes, tags = excluded.tags,
        status = excluded.status, disabled_reason = excluded.disabled_reason, grace_ms = excluded.grace_ms,
        version = excluded.version, updated_ms = excluded.updated_ms`;
  },
};

/** A webhook's row after an event; pure. */
export function evolveWebhook(row: WebhookRow | undefined, event: AnyEvent): WebhookRow | undefined {
  if (event.type === 'webhook.created') {
    const { url, events, codes = null, tags = null, test = false } = event.data;
    const at = { created_ms: event.at, updated_ms: event.at };
    const status = { status: 'active' as const, disabled_reason: null, grace_ms: null };
    return {
      id: event.stream,
      org: event.org!,
      url,
      events,
      codes,
      tags,
      test,
      ...status,
      version: event.version,
      ...at,
    };
  }
  if (!row) return undefined;
  const next = { ...row, version: event.version, updated_ms: event.at };
  switch (event.type) {
    case 'webhook.retargeted':
      return { ...next, url: event.data.url };
    case 'webhook.subscribed':
      return { ...next, events: event.data.events };
    case 'webhook.narrowed':
      return { ...next, codes: event.data.codes, tags: event.data.tags };
    case 'webhook.rotated':
      return { ...next, grace_ms: event.data.graceUntil };
    case 'webhook.paused':
      return { ...next, status: 'paused' };
    case 'webhook.resumed':
      return { ...next, status: 'active', disabled_reason: null };
    case 'webhook.disabled':
      return { ...next, status: 'disabled', disabled_reason: event.data.reason };
    case 'webhook.tested':
      return next;
    case 'webhook.deleted':
      return { ...next, status: 'deleted' };
    case 'webhook.erased':
      return { ...next, status: 'deleted', url: '', tags: null };
    default:
      return row;
  }
}

/** One webhook of an organisation; undefined when it is unknown, deleted or somebody else's. */
export async function findWebhook(sql: Sql, org: string, id: string): Promise<WebhookRow | undefined> {
  const [row] = await sql<WebhookRow[]>`
    select ${sql.unsafe(columns)} from webhooks where id = ${id} and org = ${org} and status <> 'deleted'`;
  return row;
}

/** An organisation's webhooks, newest first, older than the id that is given, and how many there are in all. */
export async function listWebhooks(sql: Sql, org: string, page: Slice) {
  const [rows, [counted]] = await Promise.all([
    sql<WebhookRow[]>`
      select ${sql.unsafe(columns)} from webhooks
      where org = ${org} and status <> 'deleted' ${page.before ? sql`and id < ${page.before}` : sql``}
      order by id desc limit ${page.limit} offset ${page.offset ?? 0}`,
    sql`select count(*) as total from webhooks where org = ${org} and status <> 'deleted'`,
  ]);
  return { rows: [...rows], total: counted!['total'] as number };
}
