/**
 * What a slug leads to: the little that the redirect has to know, kept small because every redirect node holds all of
 * it in memory. Static codes have no slug and therefore no entry. `evolveRedirect` is the one rule for the table and for
 * that memory.
 */
import type { ContentType } from '../events/content.ts';
import type { AnyEvent } from '../events/index.ts';
import { qrTypes } from '../events/qr.ts';
import { hasRouting, type Routing, routingAfter } from '../events/routing.ts';
import { type Projection, type Sql, streamsBefore } from './projection.ts';

export interface Redirect {
  readonly slug: string;
  readonly qr: string;
  readonly org: string;
  /** Version of the code: an event at or below it has been taken in already. */
  readonly version: number;
  /** Null when there is a content to show instead. */
  readonly destination: string | null;
  /** Id of the domain whose slug it is; absent for the instance's own. */
  readonly domain?: string;
  /** What it was looked up by before and still is, see `keyOf`. */
  readonly also?: readonly string[];
  /** Of codes that hold no web address; others, nearly all, don't even have the field. */
  readonly held?: Held;
  readonly routing?: Routing;
  /** Of codes made with a test key: their scans say so. */
  readonly test?: true;
  /** It leads nowhere; what else is known of it is for the day it is restored. */
  readonly deleted?: true;
}

/** What is shown under a slug that leads nowhere else: a content and its type. */
export interface Held {
  readonly type: ContentType;
  readonly content: Readonly<Record<string, unknown>>;
}

/** What a code is looked up by: the slug, behind the id of its domain if it has one. */
export const keyOf = ({ domain, slug }: Pick<Redirect, 'domain' | 'slug'>): string =>
  domain === undefined ? slug : `${domain}/${slug}`;

/** What few codes have stands in one column. */
type Common = Pick<Redirect, 'slug' | 'qr' | 'org' | 'version' | 'destination'>;
type Row = Common & { rare: Omit<Redirect, keyof Common> | null };
const columns = 'qr, slug, org, version, destination, rare';

const entryOf = ({ slug, qr, org, version, destination, rare }: Row): Redirect => {
  const entry = { slug, qr, org, version, destination };
  return rare === null ? entry : { ...entry, ...rare };
};
const rowOf = ({ slug, qr, org, version, destination, ...rare }: Redirect): Row => ({
  ...{ slug, qr, org, version, destination },
  rare: Object.keys(rare).length > 0 ? rare : null,
});

export const redirects: Projection = {
  name: 'redirects',
  version: 1,
  family: 'facts',
  handles: qrTypes,
  tables: `
    create table redirects (
      qr text collate "C" primary key,
      slug text collate "C" not null,
      org text collate "C" not null,
      version integer not null,
      destination text,
      rare json
    );
  `,

  async apply(sql, events) {
    const others = streamsBefore(events, 'qr.created');
    const known =
      others.length > 0
        ? (await sql<Row[]>`select ${sql.unsafe(columns)} from redirects where qr = any(${others})`).map(entryOf)
        : [];
    const rows = new Map(known.map(row => [row.qr, row]));
    for (const event of events) {
      const row = evolveRedirect(rows.get(event.stream), event);
      if (row) rows.set(row.qr, row);
    }
    await sql`
      insert into redirects (${sql.unsafe(columns)})
      select ${sql.unsafe(columns)}
      from json_populate_recordset(null::redirects, ${JSON.stringify([...rows.values()].map(rowOf))}::text::json)
      on conflict (qr) do update set
        slug = excluded.slug, version = excluded.version, destination = excluded.destination, rare = excluded.rare`;
  },
};

/** A code's redirect after an event; pure. Every event moves the version, so that a scan names the one it saw. */
export function evolveRedirect(entry: Redirect | undefined, event: AnyEvent): Redirect | undefined {
  if (event.type === 'qr.created') {
    const { slug, domain, type, destination = null, content, test } = event.data;
    if (slug === undefined) return undefined;
    const { stream: qr, org, version } = event;
    const begun = { slug, qr, org: org!, version, destination };
    const rare = { ...(domain && { domain: domain.id }), ...(test && { test }) };
    return type === 'url' || !content ? { ...begun, ...rare } : { ...begun, ...rare, held: { type, content } };
  }
  if (!entry || event.version <= entry.version || !event.type.startsWith('qr.')) return entry;
  const next = { ...entry, version: event.version };
  switch (event.type) {
    case 'qr.retargeted':
      return { ...next, destination: event.data.destination };
    case 'qr.rewritten':
      return { ...next, ...(entry.held && { held: { ...entry.held, content: event.data.content } }) };
    case 'qr.slug_added': {
      const { slug, domain } = event.data;
      const { domain: _, also, ...rest } = next;
      const before = [...new Set([...(also ?? []), keyOf(entry)])];
      const named = { ...rest, slug, ...(domain && { domain: domain.id }) };
      return { ...named, also: before.filter(key => key !== keyOf(named)) };
    }
    case 'qr.deleted':
      return { ...next, deleted: true };
    case 'qr.erased': {
      const { held: _, routing: __, ...rest } = next;
      return { ...rest, destination: null, deleted: true };
    }
    case 'qr.restored': {
      const { deleted: _, ...rest } = next;
      return rest;
    }
    default:
      return routed(next, event);
  }
}

function routed({ routing: before = {}, ...entry }: Redirect, event: AnyEvent): Redirect {
  const routing = routingAfter(before, event);
  return hasRouting(routing) ? { ...entry, routing } : entry;
}

/** All redirects after that of a code, in order of their codes, at most `limit`. */
export async function pageRedirects(sql: Sql, after: string, limit: number): Promise<Redirect[]> {
  const rows = await sql<Row[]>`
    select ${sql.unsafe(columns)} from redirects where qr > ${after} order by qr limit ${limit}`;
  return rows.map(entryOf);
}
