/**
 * What is to be told to whom, and what came of it. Each event is held against the webhooks as they were at its position,
 * so that this takes in both families in the order of the ledger; what it finds is due at once, in the transaction of
 * the checkpoint. The dispatcher changes nothing here: what it did comes back as events, and so a rebuild knows what was
 * delivered and makes nothing due again.
 *
 * Why the attempts are events and not rows of a table beside: such a table would have to be joined with every row found
 * here whenever something is due, it would be lost to whoever has only the ledger, and a rebuild would have to be told
 * what to leave out. As events of many attempts each they cost less than the scans that they tell of.
 */
import type { AnyEvent, EventType } from '../events/index.ts';
import { toldTypes } from '../events/names.ts';
import type { Book } from './delivery-book.ts';
import { deliveryColumns, givenUp } from './delivery-rows.ts';
import { openBook, wantedScans } from './delivery-stored.ts';
import { targetColumns } from './delivery-targets.ts';
import type { Projection, Sql } from './projection.ts';

/** Settled deliveries are kept this long; what is older can still be replayed, for the ledger has it. */
const keptMs = 30 * 86_400_000;
/** How often what is older is looked for. */
const pruneEveryMs = 3_600_000;

export const deliveries: Projection = {
  name: 'deliveries',
  version: 2,
  family: 'all',
  // A batch costs a transaction and six statements, whether it holds a scan or a thousand, and a message need not be
  // faster than this.
  paceMs: 50,
  handles: [...new Set<EventType>([...toldTypes, 'delivery.attempted', 'replay.advanced'])],
  tables: `
    create table delivery_targets (
      hook bigint primary key,
      webhook text collate "C" not null unique,
      org text collate "C" not null,
      events json not null,
      codes text[] collate "C",
      tags json,
      test boolean not null,
      status text not null,
      failing_since bigint,
      changed bigint not null
    );
    create index delivery_targets_org on delivery_targets (org);

    create table delivery_codes (
      qr text collate "C" primary key,
      tags json not null,
      test boolean not null
    );

    create table deliveries (
      hook bigint not null,
      position bigint not null,
      name text collate "C" not null,
      status text collate "C" not null,
      attempts integer not null,
      due_ms bigint,
      queued_ms bigint not null,
      attempted_ms bigint,
      answer integer,
      error text,
      excerpt text,
      about text collate "C",
      latency_ms integer,
      tagged text collate "C",
      primary key (hook, position)
    ) with (fillfactor = 80, autovacuum_vacuum_scale_factor = 2e-2);
    create index deliveries_due on deliveries (hook, due_ms) where due_ms is not null;
    create index deliveries_exhausted on deliveries (hook, position) where status = 'exhausted';
    create index deliveries_about on deliveries (about) where about is not null;
    create index deliveries_tagged on deliveries (tagged) where tagged is not null;
    create index deliveries_attempted on deliveries using brin (attempted_ms);

    -- Answers about these are not kept, also when they come in later
    create table delivery_erased (about text collate "C" primary key);

    create table replays (
      id text collate "C" primary key,
      webhook text collate "C" not null,
      org text collate "C" not null,
      after bigint not null,
      until bigint not null,
      through bigint not null,
      requested_ms bigint not null
    );
    create index replays_webhook on replays (webhook, id desc);
    create index replays_open on replays (id) where through < until;

    create table delivery_horizon (kept_ms bigint not null);
  `,

  scansOf: wantedScans,

  async apply(sql, events) {
    const book = await openBook(sql, events);
    for (const event of events) book.take(event);
    await save(sql, book);
    await prune(sql, events);
  },
};

/** Writes what has changed; what ends for all deliveries of a webhook first, because rows that changed later stand above. */
async function save(sql: Sql, book: Book): Promise<void> {
  for (const hook of book.disabled) {
    await sql`
      update deliveries set status = 'exhausted', due_ms = null, error = coalesce(error, ${givenUp})
      where hook = ${hook} and due_ms is not null`;
  }
  if (book.erased.size > 0) {
    const erased = [...book.erased];
    await sql`update deliveries set excerpt = null, about = null where about = any(${erased})`;
    await sql`update delivery_targets set tags = null where webhook = any(${erased})`;
    await sql`insert into delivery_erased select unnest(${erased}::text[]) on conflict do nothing`;
  }
  for (const [hook, webhook] of book.deleted) {
    await sql`delete from deliveries where hook = ${hook}`;
    await sql`delete from replays where webhook = ${webhook}`;
  }
  if (book.forgotten.size > 0) await sql`delete from delivery_codes where qr = any(${[...book.forgotten]})`;
  if (book.untagged.size > 0) await sql`delete from deliveries where tagged = any(${[...book.untagged]})`;
  const { targets, codes, rows, replays } = book.changes();
  if (targets.length > 0) {
    await sql`
      insert into delivery_targets (${sql.unsafe(targetColumns)})
      select ${sql.unsafe(targetColumns)} from ${recordset(sql, 'delivery_targets', targets)}
      on conflict (hook) do update set
        events = excluded.events, codes = excluded.codes, tags = excluded.tags, status = excluded.status,
        failing_since = excluded.failing_since, changed = excluded.changed`;
  }
  if (codes.length > 0) {
    await sql`
      insert into delivery_codes select * from ${recordset(sql, 'delivery_codes', codes)}
      on conflict (qr) do update set tags = excluded.tags`;
  }
  if (rows.length > 0) {
    await sql`
      insert into deliveries (${sql.unsafe(deliveryColumns)})
      select ${sql.unsafe(deliveryColumns)} from ${recordset(sql, 'deliveries', rows)}
      on conflict (hook, position) do update set
        name = excluded.name, status = excluded.status, attempts = excluded.attempts, due_ms = excluded.due_ms,
        queued_ms = excluded.queued_ms, attempted_ms = excluded.attempted_ms, answer = excluded.answer,
        error = excluded.error, excerpt = excluded.excerpt,
        about = excluded.about, latency_ms = excluded.latency_ms, tagged = excluded.tagged`;
  }
  if (replays.length > 0) {
    await sql`
      insert into replays select * from ${recordset(sql, 'replays', replays)}
      on conflict (id) do update set through = excluded.through`;
  }
}

const recordset = (sql: Sql, table: string, rows: readonly object[]) =>
  sql`json_populate_recordset(null::${sql.unsafe(table)}, ${JSON.stringify(rows)}::text::json)`;

/** Forgets what was settled long ago, by the clock of the attempts, so that a rebuild forgets the same. */
async function prune(sql: Sql, events: readonly AnyEvent[]): Promise<void> {
  const attempts = events.filter(({ type }) => type === 'delivery.attempted');
  if (attempts.length === 0) return;
  const newest = Math.max(...attempts.map(({ at }) => at));
  const horizon = Math.floor((newest - keptMs) / pruneEveryMs) * pruneEveryMs;
  const [known] = await sql`select kept_ms from delivery_horizon`;
  if (known && known['kept_ms'] >= horizon) return;
  await sql`
    delete from deliveries
    where due_ms is null and (attempted_ms < ${horizon} or (attempted_ms is null and queued_ms < ${horizon}))`;
  if (known) await sql`update delivery_horizon set kept_ms = ${horizon}`;
  else await sql`insert into delivery_horizon (kept_ms) values (${horizon})`;
}
