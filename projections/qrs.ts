/**
 * Codes as the API shows them: one row a code, as its last event left it. Deleted codes stay as rows, so that they can
 * be found and restored, and are left out of what is asked for. What a code was before stands in `code_versions` with
 * the moment it ended, so that any list can be asked for as it was; codes that never changed cost nothing there. Both
 * tables change in one transaction, so that each moment has exactly one row of a code.
 */
import { qrTypes } from '../events/qr.ts';
import { type Projection, type Sql, streamsBefore } from './projection.ts';
import { isWithin, type QrScope, searchText } from './qr-filters.ts';
import { blank, evolveQr, type QrRow, qrColumns } from './qr-rows.ts';

export { type QrFilter, type QrScope, qrIds } from './qr-filters.ts';
export { evolveQr, type QrRow } from './qr-rows.ts';

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
      team text collate "C",
      test boolean not null,
      tags text[] collate "C" not null,
      folder text collate "C",
      domain json,
      former json not null,
      routing json not null,
      status text not null,
      version integer not null,
      created_ms bigint not null,
      updated_ms bigint not null,
      since bigint not null,
      since_ms bigint not null,
      search text collate "C" not null,
      due_ms bigint
    );
    create index codes_due on codes (due_ms) where due_ms is not null;
    create index codes_org on codes (org, id desc);

    create table code_versions (
      like codes,
      until bigint not null,
      until_ms bigint not null,
      primary key (id, version)
    );
    create index code_versions_until on code_versions (org, until);
    create index code_versions_until_ms on code_versions (org, until_ms);
  `,

  async apply(sql, events) {
    const others = streamsBefore(events, 'qr.created');
    const known =
      others.length > 0 ? await sql<QrRow[]>`select ${sql.unsafe(qrColumns)} from codes where id = any(${others})` : [];
    const rows = new Map(known.map(row => [row.id, row]));
    const superseded: object[] = [];
    for (const event of events) {
      const before = rows.get(event.stream);
      const row = evolveQr(before, event);
      if (!row) continue;
      if (before && before !== row) superseded.push(stored(before, { until: row.since, until_ms: row.since_ms }));
      rows.set(row.id, row);
    }
    const current = [...rows.values()].map(row => stored(row));
    await sql`
      insert into codes (${sql.unsafe(qrColumns)}, search, due_ms)
      select ${sql.unsafe(qrColumns)}, search, due_ms
      from json_populate_recordset(null::codes, ${JSON.stringify(current)}::text::json)
      on conflict (id) do update set
        slug = excluded.slug, domain = excluded.domain, former = excluded.former, routing = excluded.routing,
        destination = excluded.destination, content = excluded.content, label = excluded.label,
        style = excluded.style, logo = excluded.logo, forced = excluded.forced, tags = excluded.tags,
        folder = excluded.folder, status = excluded.status, version = excluded.version,
        updated_ms = excluded.updated_ms, since = excluded.since, since_ms = excluded.since_ms,
        search = excluded.search, due_ms = excluded.due_ms`;
    if (superseded.length === 0) return;
    await sql`
      insert into code_versions
      select * from json_populate_recordset(null::code_versions, ${JSON.stringify(superseded)}::text::json)`;
    const erased = events.filter(event => event.type === 'qr.erased').map(event => event.stream);
    if (erased.length > 0) await blankVersions(sql, erased);
  },
};

/** Whatever is known of their past becomes what a rebuild, which finds it blank already, makes of it. */
async function blankVersions(sql: Sql, ids: readonly string[]): Promise<void> {
  const row = JSON.stringify([{ ...blank, search: '', due_ms: null }]);
  await sql`
    update code_versions set destination = b.destination, content = b.content, label = b.label, style = b.style,
      logo = b.logo, forced = b.forced, tags = b.tags, folder = b.folder, routing = b.routing, due_ms = b.due_ms,
      search = E'\\n' || coalesce(code_versions.slug, '') || E'\\n'
    from json_populate_recordset(null::code_versions, ${row}::text::json) b
    where code_versions.id = any(${[...ids]})`;
}

const stored = (row: QrRow, end: { until?: number; until_ms?: number } = {}): object => ({
  ...row,
  ...end,
  search: searchText(row),
  due_ms: row.status === 'active' ? (row.routing.schedule?.[0]?.at ?? null) : null,
});

/** Codes whose plan says that they lead elsewhere by now, at most `limit`, and whose they are. */
export async function dueQrs(sql: Sql, at: number, limit: number): Promise<{ id: string; org: string }[]> {
  return [
    ...(await sql<{ id: string; org: string }[]>`
    select id, org from codes where due_ms <= ${at} order by due_ms limit ${limit}`),
  ];
}

/** One code of an organisation; undefined when it is unknown, deleted, somebody else's or out of the caller's scope. */
export async function findQr(sql: Sql, org: string, id: string, scope: QrScope): Promise<QrRow | undefined> {
  const [row] = await sql<QrRow[]>`
    select ${sql.unsafe(qrColumns)} from codes where id = ${id} and org = ${org} and status = 'active'`;
  return row && isWithin(scope, row) ? row : undefined;
}
