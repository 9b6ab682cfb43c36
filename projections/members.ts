/**
 * Members as the API shows them: one row each, as its last event left it. Removed ones stay as rows, so that the
 * history can say who it was, and are left out of what is asked for.
 */
import type { Role } from '../events/member.ts';
import type { Projection, Slice, Sql } from './projection.ts';

export interface MemberRow {
  readonly id: string;
  readonly org: string;
  readonly name: string;
  readonly email: string | null;
  readonly role: Role;
  /** Null for the whole organisation. */
  readonly team: string | null;
  readonly version: number;
  readonly created_ms: number;
  readonly updated_ms: number;
}

const columns = 'id, org, name, email, role, team, version, created_ms, updated_ms';

export const members: Projection = {
  name: 'members',
  version: 1,
  family: 'facts',
  handles: [
    'member.added',
    'member.renamed',
    'member.readdressed',
    'member.assigned',
    'member.removed',
    'member.erased',
  ],
  tables: `
    create table members (
      id text collate "C" primary key,
      org text collate "C" not null,
      name text not null,
      email text,
      role text not null,
      team text collate "C",
      removed boolean not null default false,
      version integer not null,
      created_ms bigint not null,
      updated_ms bigint not null
    );
    create index members_org on members (org, id desc) where not removed;
  `,

  // Few and seldom: one statement an event is simple and fast enough.
  async apply(sql, events) {
    for (const event of events) {
      const { stream: id, at, version } = event;
      switch (event.type) {
        case 'member.added': {
          const { name, email = null, role, team } = event.data;
          await sql`
            insert into members (id, org, name, email, role, team, version, created_ms, updated_ms)
            values (${id}, ${event.org}, ${name}, ${email}, ${role}, ${team}, ${version}, ${at}, ${at})`;
          break;
        }
        case 'member.renamed':
          await sql`update members set name = ${event.data.name} where id = ${id}`;
          break;
        case 'member.readdressed':
          await sql`update members set email = ${event.data.email} where id = ${id}`;
          break;
        case 'member.assigned':
          await sql`update members set role = ${event.data.role}, team = ${event.data.team} where id = ${id}`;
          break;
        case 'member.removed':
          await sql`update members set removed = true where id = ${id}`;
          break;
        case 'member.erased':
          await sql`update members set removed = true, name = '', email = null where id = ${id}`;
          break;
        default:
          continue;
      }
      await sql`update members set version = ${version}, updated_ms = ${at} where id = ${id}`;
    }
  },
};

/** One member of an organisation; undefined when there is none, or none of the team that is seen. */
export async function findMember(
  sql: Sql,
  org: string,
  id: string,
  team: string | null,
): Promise<MemberRow | undefined> {
  const [row] = await sql<MemberRow[]>`
    select ${sql.unsafe(columns)} from members where id = ${id} and ${seen(sql, org, team)}`;
  return row;
}

/** Members, newest first, older than the id that is given, and how many there are in all. */
export async function listMembers(
  sql: Sql,
  org: string,
  /** The only team that is seen; null for all. */
  team: string | null,
  page: Slice,
) {
  const where = seen(sql, org, team);
  const [rows, [counted]] = await Promise.all([
    sql<MemberRow[]>`
      select ${sql.unsafe(columns)} from members where ${where} ${page.before ? sql`and id < ${page.before}` : sql``}
      order by id desc limit ${page.limit} offset ${page.offset ?? 0}`,
    sql`select count(*) as total from members where ${where}`,
  ]);
  return { rows: [...rows], total: counted!['total'] as number };
}

const seen = (sql: Sql, org: string, team: string | null) => sql`
  org = ${org} and not removed ${team === null ? sql`` : sql`and team = ${team}`}`;
