/**
 * What a slug leads to: the little that the redirect has to know, kept small because every redirect node holds all of
 * it in memory. Static codes have no slug and therefore no entry. `evolveRedirect` is the one rule for the table and for
 * that memory.
 */
import type { ContentType } from '../events/content.ts';
import type { AnyEvent } from '../events/index.ts';
import { qrTypes } from '../events/qr.ts';
import { type Projection, type Sql, streamsBefore } from './projection.ts';

export interface Redirect {
  readonly slug: string;
  readonly qr: string;
  readonly org: string;
  /** Version of the code: an event at or below it has been taken in already. */
  readonly version: number;
  /** Null when there is nowhere to go any more, or a content to show instead. */
  readonly destination: string | null;
  /** Of codes that hold no web address; others, nearly all, don't even have the field. */
  readonly held?: Held;
  /** Of codes made with a test key: their scans say so. */
  readonly test?: true;
  /** Of deleted codes: what they led to, for the day they are restored. */
  readonly parked?: Target;
}

/** All that says where a scan is led; a deleted code parks it whole. */
export type Target = Pick<Redirect, 'destination' | 'held'>;

/** What is shown under a slug that leads nowhere else: a content and its type. */
export interface Held {
  readonly type: ContentType;
  readonly content: Readonly<Record<string, unknown>>;
}

/** Fields that few codes have are null in the table and absent in memory. */
type Rare = 'held' | 'test' | 'parked';
type Row = Omit<Redirect, Rare> & { readonly [F in Rare]: Exclude<Redirect[F], undefined> | null };
const columns = 'slug, qr, org, version, destination, held, test, parked';
const entryOf = ({ slug, qr, org, version, destination, held, test, parked }: Row): Redirect => {
  const entry = { slug, qr, org, version, destination };
  if (!held && !test && !parked) return entry;
  return { ...entry, ...(test && { test }), ...(held && { held }), ...(parked && { parked }) };
};

export const redirects: Projection = {
  name: 'redirects',
  version: 1,
  family: 'facts',
  handles: qrTypes,
  tables: `
    create table redirects (
      slug text collate "C" primary key,
      qr text collate "C" not null unique,
      org text collate "C" not null,
      version integer not null,
      destination text,
      held json,
      test boolean,
      parked json
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
      from json_populate_recordset(null::redirects, ${JSON.stringify([...rows.values()])}::text::json)
      on conflict (slug) do update set
        version = excluded.version, destination = excluded.destination, held = excluded.held,
        parked = excluded.parked`;
  },
};

/** A code's redirect after an event; pure. Every event moves the version, so that a scan names the one it saw. */
export function evolveRedirect(entry: Redirect | undefined, event: AnyEvent): Redirect | undefined {
  if (event.type === 'qr.created') {
    const { slug, type, destination = null, content, test } = event.data;
    if (slug === undefined) return undefined;
    const { stream: qr, org, version } = event;
    const begun = { slug, qr, org: org!, version, destination, ...(test && { test }) };
    return type === 'url' || !content ? begun : { ...begun, held: { type, content } };
  }
  if (!entry || event.version <= entry.version) return entry;
  const { version } = event;
  switch (event.type) {
    case 'qr.retargeted':
      return { ...entry, version, destination: event.data.destination };
    case 'qr.rewritten':
      return { ...entry, version, ...(entry.held && { held: { ...entry.held, content: event.data.content } }) };
    case 'qr.deleted': {
      const { destination, held, ...rest } = entry;
      return { ...rest, version, destination: null, parked: { destination, ...(held && { held }) } };
    }
    case 'qr.restored': {
      const { parked, ...rest } = entry;
      return { ...rest, version, ...parked };
    }
    case 'qr.relabeled':
    case 'qr.restyled':
    case 'qr.logo_attached':
    case 'qr.logo_removed':
    case 'qr.tagged':
    case 'qr.filed':
      return { ...entry, version };
    default:
      return entry;
  }
}

/** All redirects after a slug, in order of slugs, at most `limit`. */
export async function pageRedirects(sql: Sql, after: string, limit: number): Promise<Redirect[]> {
  const rows = await sql<Row[]>`
    select ${sql.unsafe(columns)} from redirects where slug > ${after} order by slug limit ${limit}`;
  return rows.map(entryOf);
}
