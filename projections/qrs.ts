/**
 * Codes as the API shows them: one row a code, as its last event left it. Deleted codes stay as rows, so that history
 * and restore find them, and are left out of what is asked for.
 */
import type { AnyEvent } from '../events/index.ts';
import { type LogoRef, type QrStyle, type QrType, qrTypes } from '../events/qr.ts';
import { type Projection, type Sql, streamsBefore } from './projection.ts';

export interface QrRow {
  id: string;
  org: string;
  /** Null for a static code. */
  slug: string | null;
  type: QrType;
  static: boolean;
  /** Of a `url` code; all others have content. */
  destination: string | null;
  content: Record<string, unknown> | null;
  label: string | null;
  style: QrStyle;
  logo: LogoRef | null;
  /** Its looks failed the scannability check and were forced. */
  forced: boolean;
  status: 'active' | 'deleted';
  version: number;
  created_ms: number;
  updated_ms: number;
}

const columns =
  'id, org, slug, type, static, destination, content, label, style, logo, forced, status, version, created_ms, updated_ms';

export const qrs: Projection = {
  name: 'qrs',
  version: 1,
  family: 'facts',
  handles: qrTypes,
  tables: `
    create table codes (
      id text collate "C" primary key,
      org text collate "C" not null,
      slug text collate "C",
      type text not null,
      static boolean not null,
      destination text,
      content json,
      label text,
      style json not null,
      logo json,
      forced boolean not null,
      status text not null,
      version integer not null,
      created_ms bigint not null,
      updated_ms bigint not null
    );
    create index codes_org on codes (org, id desc) where status <> 'deleted';
  `,

  async apply(sql, events) {
    const others = streamsBefore(events, 'qr.created');
    const known =
      others.length > 0 ? await sql<QrRow[]>`select ${sql.unsafe(columns)} from codes where id = any(${others})` : [];
    const rows = new Map(known.map(row => [row.id, row]));
    for (const event of events) {
      const row = evolveQr(rows.get(event.stream), event);
      if (row) rows.set(row.id, row);
    }
    await sql`
      insert into codes (${sql.unsafe(columns)})
      select ${sql.unsafe(columns)}
      from json_populate_recordset(null::codes, ${JSON.stringify([...rows.values()])}::text::json)
      on conflict (id) do update set
        destination = excluded.destination, content = excluded.content, label = excluded.label,
        style = excluded.style, logo = excluded.logo, forced = excluded.forced, status = excluded.status,
        version = excluded.version, updated_ms = excluded.updated_ms`;
  },
};

/** A code's row after an event; pure. */
export function evolveQr(row: QrRow | undefined, event: AnyEvent): QrRow | undefined {
  if (event.type === 'qr.created') {
    return {
      id: event.stream,
      org: event.org!,
      slug: event.data.slug ?? null,
      type: event.data.type,
      static: event.data.static ?? false,
      destination: event.data.destination ?? null,
      content: event.data.content ?? null,
      label: event.data.label ?? null,
      style: event.data.style ?? {},
      logo: null,
      forced: event.data.forced ?? false,
      status: 'active',
      version: event.version,
      created_ms: event.at,
      updated_ms: event.at,
    };
  }
  if (!row) return undefined;
  const next = { ...row, version: event.version, updated_ms: event.at };
  switch (event.type) {
    case 'qr.retargeted':
      return { ...next, destination: event.data.destination };
    case 'qr.rewritten':
      return { ...next, content: event.data.content };
    case 'qr.relabeled':
      return { ...next, label: event.data.label };
    case 'qr.restyled':
      return { ...next, style: event.data.style, forced: event.data.forced ?? false };
    case 'qr.logo_attached':
      return { ...next, logo: event.data.logo, forced: event.data.forced ?? false };
    case 'qr.logo_removed':
      return { ...next, logo: null };
    case 'qr.deleted':
      return { ...next, status: 'deleted' };
    default:
      return row;
  }
}

/** One code of an organisation, or undefined when it is unknown, deleted or somebody else's. */
export async function findQr(sql: Sql, org: string, id: string): Promise<QrRow | undefined> {
  const [row] = await sql<QrRow[]>`
    select ${sql.unsafe(columns)} from codes where id = ${id} and org = ${org} and status <> 'deleted'`;
  return row;
}

export interface QrFilter {
  readonly search?: string | undefined;
  readonly status?: string | undefined;
}

export interface QrPage {
  readonly limit: number;
  readonly offset: number;
  /** Only codes older than this id. */
  readonly before?: string | undefined;
}

/** A page of an organisation's codes, newest first, and how many there are in all. */
export async function listQrs(sql: Sql, org: string, filter: QrFilter, page: QrPage) {
  const pattern = filter.search && `%${filter.search.replace(/[\\%_]/g, '\\$&')}%`;
  const where = sql`
    org = ${org} and status <> 'deleted'
    ${filter.status ? sql`and status = ${filter.status}` : sql``}
    ${pattern ? sql`and (label ilike ${pattern} or destination ilike ${pattern} or slug ilike ${pattern})` : sql``}`;
  const [rows, [counted]] = await Promise.all([
    sql<QrRow[]>`
      select ${sql.unsafe(columns)} from codes
      where ${where} ${page.before ? sql`and id < ${page.before}` : sql``}
      order by id desc limit ${page.limit} offset ${page.offset}`,
    sql`select count(*) as total from codes where ${where}`,
  ]);
  return { rows: [...rows], total: counted!['total'] as number };
}
