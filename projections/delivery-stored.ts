/**
 * What a batch of events needs of what is stored about deliveries: at most one query for each table, and none where the
 * batch has nothing to do with it, because most organisations have no webhook and most events are scans.
 */
import type { AnyEvent } from '../events/index.ts';
import { Book, type CodeRow, keyOf, type ReplayRow } from './delivery-book.ts';
import { type DeliveryRow, deliveryColumns } from './delivery-rows.ts';
import { asksForScans, asksForTags, codeOf, type Target, targetColumns } from './delivery-targets.ts';
import type { Sql } from './projection.ts';

const isCodeEvent = ({ type }: AnyEvent): boolean => type.startsWith('qr.');

/** The book with what these events need of what is stored. */
export async function openBook(sql: Sql, events: readonly AnyEvent[]): Promise<Book> {
  const targets = await storedTargets(sql, events);
  const [codes, rows, replays, erased] = await Promise.all([
    storedCodes(sql, events, targets),
    storedRows(sql, events, targets),
    storedReplays(sql, events),
    storedErasures(sql, events),
  ]);
  return new Book({ targets: [...targets], codes, rows, replays, erased });
}

/** Those that an event may be for: an organisation may have a webhook for each of a thousand codes. */
function storedTargets(sql: Sql, events: readonly AnyEvent[]): Promise<Target[]> {
  const orgs = new Set(events.flatMap(({ org }) => org ?? []));
  const codes = new Set(events.flatMap(event => codeOf(event) ?? []));
  const named = new Set(events.flatMap(event => webhookIn(event) ?? []));
  return sql<Target[]>`
    select ${sql.unsafe(targetColumns)} from delivery_targets
    where org = any(${[...orgs]}) and status <> 'deleted'
      and (codes is null or codes && ${[...codes]}::text[] or webhook = any(${[...named]}))`;
}

/** Organisations with a webhook that asks for scans, of any codes, as it was before these facts or is in between. */
export async function wantedScans(sql: Sql, facts: readonly AnyEvent[]): Promise<string[]> {
  const rows = await sql<Pick<Target, 'org' | 'events'>[]>`
    select org, json_agg(distinct event) as events
    from delivery_targets, json_array_elements_text(events) event
    where status <> 'deleted' group by org`;
  const orgs = new Set(rows.filter(({ events }) => asksForScans(events)).map(({ org }) => org));
  for (const { type, org, data } of facts) {
    if ((type === 'webhook.created' || type === 'webhook.subscribed') && asksForScans(data.events)) orgs.add(org!);
  }
  return [...orgs];
}

/** The webhook that an event is about. */
function webhookIn(event: AnyEvent): string | undefined {
  if (event.type.startsWith('webhook.')) return event.stream;
  const isOfOne = event.type === 'delivery.attempted' || event.type === 'replay.advanced';
  return isOfOne ? event.data.webhook : undefined;
}

async function storedCodes(sql: Sql, events: readonly AnyEvent[], targets: readonly Target[]): Promise<CodeRow[]> {
  const listening = new Set(targets.map(({ org }) => org));
  const tagging = new Set(targets.filter(asksForTags).map(({ org }) => org));
  // A webhook may come in this very batch.
  for (const event of events) {
    if (event.type !== 'webhook.created' && event.type !== 'webhook.narrowed') continue;
    listening.add(event.org!);
    tagging.add(event.org!);
  }
  const ids = new Set<string>();
  for (const event of events) {
    if ((isCodeEvent(event) ? listening : tagging).has(event.org ?? '')) ids.add(codeOf(event) ?? '');
    else if (event.type === 'qr.tagged' || event.type === 'qr.erased') ids.add(event.stream);
  }
  ids.delete('');
  if (ids.size === 0) return [];
  return [...(await sql<CodeRow[]>`select qr, tags, test from delivery_codes where qr = any(${[...ids]})`)];
}

async function storedRows(sql: Sql, events: readonly AnyEvent[], targets: readonly Target[]): Promise<DeliveryRow[]> {
  const hooks = new Map(targets.map(({ webhook, hook }) => [webhook, hook]));
  const keys = new Map<string, [number, number]>();
  for (const event of events) {
    if (event.type !== 'delivery.attempted' && event.type !== 'replay.advanced') continue;
    const hook = hooks.get(event.data.webhook);
    if (hook === undefined) continue;
    const positions =
      event.type === 'replay.advanced'
        ? Object.values(event.data.deliveries).flat()
        : event.data.attempts.map(({ position }) => position);
    for (const position of positions) keys.set(keyOf(hook, position), [hook, position]);
  }
  if (keys.size === 0) return [];
  const [which, where] = [[...keys.values()].map(([hook]) => hook), [...keys.values()].map(([, position]) => position)];
  return [
    ...(await sql<DeliveryRow[]>`
      select ${sql.unsafe(deliveryColumns)}
      from unnest(${which}::bigint[], ${where}::bigint[]) asked (hook, position) join deliveries using (hook, position)`),
  ];
}

async function storedReplays(sql: Sql, events: readonly AnyEvent[]): Promise<ReplayRow[]> {
  const ids = events.filter(({ type }) => type === 'replay.advanced').map(({ stream }) => stream);
  if (ids.length === 0) return [];
  return [
    ...(await sql<ReplayRow[]>`
      select id, webhook, org, after, until, through, requested_ms from replays where id = any(${ids})`),
  ];
}

/** Which of the things that answers are about were erased. */
async function storedErasures(sql: Sql, events: readonly AnyEvent[]): Promise<string[]> {
  const about = new Set(events.flatMap(event => (event.type === 'delivery.attempted' ? (event.data.about ?? []) : [])));
  if (about.size === 0) return [];
  const rows = await sql`select about from delivery_erased where about = any(${[...about]})`;
  return rows.map(row => row['about'] as string);
}
