/**
 * Keys as the API shows them: with the role and the team that they have now, and closed when they were revoked or when
 * what they depend on is gone. The rows are made in `keys.ts`.
 */
import type { KeyMode, Narrowing, Scope } from '../events/key.ts';
import type { Role } from '../events/member.ts';
import { isClosed, ofHolder } from './access.ts';
import type { Slice, Sql } from './projection.ts';

export interface KeyRow extends Narrowing {
  readonly id: string;
  readonly org: string;
  readonly name: string;
  readonly mode: KeyMode;
  readonly scope: Scope;
  readonly role: Role;
  readonly member: string | null;
  readonly team: string | null;
  readonly requests_per_minute: number | null;
  readonly expires_ms: number | null;
  readonly last_four: string;
  readonly chosen: boolean;
  /** Revoked, or its member was removed, or its team is gone. */
  readonly revoked: boolean;
  readonly version: number;
  readonly created_ms: number;
  readonly updated_ms: number;
  readonly last_used_ms: number | null;
}

const columns = `keys.id, keys.org, keys.name, keys.mode, keys.scope, coalesce(members.role, keys.role) as role,
  keys.member, coalesce(keys.team, members.team) as team, keys.tags, keys.domains, keys.operations, keys.addresses,
  keys.requests_per_minute, keys.expires_ms, keys.last_four, keys.chosen, ${isClosed} as revoked, keys.version,
  keys.created_ms, keys.updated_ms, keys.last_used_ms`;

export interface KeyFilter {
  readonly member?: string | undefined;
  readonly team?: string | undefined;
  /** Those that are closed too. */
  readonly all?: boolean | undefined;
}

/** One key of an organisation, revoked or not; undefined when there is none, or none of the team that is seen. */
export async function findKey(sql: Sql, org: string, id: string, only: string | null): Promise<KeyRow | undefined> {
  const [row] = await sql<KeyRow[]>`
    select ${sql.unsafe(columns)} from keys ${sql.unsafe(ofHolder)} where keys.id = ${id} and ${seen(sql, org, only)}`;
  return row;
}

/** Keys, newest first, older than the id that is given, and how many there are in all. */
export async function listKeys(
  sql: Sql,
  org: string,
  { member, team, all = false }: KeyFilter,
  /** The only team that is seen; null for all. */
  only: string | null,
  page: Slice,
) {
  const where = sql`
    ${seen(sql, org, only)} ${all ? sql`` : sql`and not ${sql.unsafe(isClosed)}`}
    ${member === undefined ? sql`` : sql`and keys.member = ${member}`}
    ${team === undefined ? sql`` : sql`and coalesce(keys.team, members.team) = ${team}`}`;
  const [rows, [counted]] = await Promise.all([
    sql<KeyRow[]>`
      select ${sql.unsafe(columns)} from keys ${sql.unsafe(ofHolder)}
      where ${where} ${page.before ? sql`and keys.id < ${page.before}` : sql``}
      order by keys.id desc limit ${page.limit} offset ${page.offset ?? 0}`,
    sql`select count(*) as total from keys ${sql.unsafe(ofHolder)} where ${where}`,
  ]);
  return { rows: [...rows], total: counted!['total'] as number };
}

const seen = (sql: Sql, org: string, team: string | null) => sql`
  keys.org = ${org} ${team === null ? sql`` : sql`and coalesce(keys.team, members.team) = ${team}`}`;
