/**
 * Style templates as the API shows them: one row each, as its last event left it. Deleted ones stay as rows and are
 * left out of what is asked for.
 */
import type { AnyEvent } from '../events/index.ts';
import type { QrStyle } from '../events/style.ts';
import type { Projection, Slice, Sql } from './projection.ts';

export interface StyleRow {
  id: string;
  org: string;
  name: string;
  style: QrStyle;
  forced: boolean;
  deleted: boolean;
  version: number;
  created_ms: number;
  updated_ms: number;
}

const columns = 'id, org, name, style, forced, deleted, version, created_ms, updated_ms';

export const styles: Projection = {
  name: 'styles',
  version: 1,
  family: 'facts',
  handles: ['style.created', 'style.renamed', 'style.changed', 'style.deleted', 'style.erased'],
  tables: `
    create table styles (
      id text collate "C" primary key,
      org text collate "C" not null,
      name text not null,
      style json not null,
      forced boolean not null,
      deleted boolean not null,
      version integer not null,
      created_ms bigint not null,
      updated_ms bigint not null
    );
    create index styles_org on styles (org, id desc) where not deleted;
  `,

  async apply(sql, events) {
    const ids = [...new Set(events.map(event => event.stream))];
    const known = await sql<StyleRow[]>`select ${sql.unsafe(columns)} from styles where id = any(${ids})`;
    const rows = new Map(known.map(row => [row.id, row]));
    for (const event of events) {
      const row = evolveStyle(rows.get(event.stream), event);
      if (row) rows.set(row.id, row);
    }
    await sql`
      insert into styles (${sql.unsafe(columns)})
      select ${sql.unsafe(columns)}
      from json_populate_recordset(null::styles, ${JSON.stringify([...rows.values()])}::text::json)
      on conflict (id) do update set
        name = excluded.name, style = excluded.style, forced = excluded.forced, deleted = excluded.deleted,
        version = excluded.version, updated_ms = excluded.updated_ms`;
  },
};

/** A template's row after an event; pure. */
function evolveStyle(row: StyleRow | undefined, event: AnyEvent): StyleRow | undefined {
  if (event.type === 'style.created') {
    return {
      id: event.stream,
      org: event.org!,
      name: event.data.name,
      style: event.data.style,
      forced: event.data.forced ?? false,
      deleted: false,
      version: event.version,
      created_ms: event.at,
      updated_ms: event.at,
    };
  }
  if (!row) return undefined;
  const next = { ...row, version: event.version, updated_ms: event.at };
  switch (event.type) {
    case 'style.renamed':
      return { ...next, name: event.data.name };
    case 'style.changed':
      return { ...next, style: event.data.style, forced: event.data.forced ?? false };
    case 'style.deleted':
      return { ...next, deleted: true };
    case 'style.erased':
      return { ...next, deleted: true, name: '', style: {}, forced: false };
    default:
      return row;
  }
}

/** One template of an organisation, or undefined when it is unknown, deleted or somebody else's. */
export async function findStyle(sql: Sql, org: string, id: string): Promise<StyleRow | undefined> {
  const [row] = await sql<StyleRow[]>`
    select ${sql.unsafe(columns)} from styles where id = ${id} and org = ${org} and not deleted`;
  return row;
}

/** Those of an organisation's templates that go by these ids. */
export const findStyles = (sql: Sql, org: string, ids: readonly string[]): Promise<StyleRow[]> => sql<StyleRow[]>`
  select ${sql.unsafe(columns)} from styles where id = any(${[...ids]}) and org = ${org} and not deleted`;

/** An organisation's templates, newest first, older than the id that is given, and how many there are in all. */
export async function listStyles(sql: Sql, org: string, page: Slice) {
  const [rows, [counted]] = await Promise.all([
    sql<StyleRow[]>`
      select ${sql.unsafe(columns)} from styles
      where org = ${org} and not deleted ${page.before ? sql`and id < ${page.before}` : sql``}
      order by id desc limit ${page.limit} offset ${page.offset ?? 0}`,
    sql`select count(*) as total from styles where org = ${org} and not deleted`,
  ]);
  return { rows: [...rows], total: counted!['total'] as number };
}
