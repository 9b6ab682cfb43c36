/**
 * Who may knock: what a key may do as things are now, found by the hash of its text. What its organisation, its member
 * and its team are is read beside it, so that one look answers every request and nothing that was taken away lives on
 * in a key.
 */
import type { KeyMode, Scope } from '../events/key.ts';
import type { Role } from '../events/member.ts';
import type { Limits, Plan } from '../events/organization.ts';
import type { Quota } from '../events/team.ts';
import { heldJson } from './organizations.ts';
import type { Sql } from './projection.ts';

/** What a request made with a key may do. */
export interface Access {
  readonly key: string;
  readonly org: string;
  readonly mode: KeyMode;
  readonly scope: Scope;
  /** Of its member as it is now, or the key's own. Scope and role both have to allow what is asked for. */
  readonly role: Role;
  readonly member: string | null;
  /** The only team whose codes, keys and members it sees. */
  readonly team: string | null;
  /** The key sees codes with at least one of these. */
  readonly tags: readonly string[] | null;
  readonly domains: readonly string[] | null;
  /** Actions of `src/http/rights.ts`. */
  readonly operations: readonly string[] | null;
  /** CIDRs it may be used from. */
  readonly addresses: readonly string[] | null;
  /** For this key alone, if fewer than the organisation's. */
  readonly requestsPerMinute: number | null;
  /** When this text stops working, in milliseconds: the key expires, or was rotated and its grace period ends. */
  readonly expiresAt: number | null;
  /** When the key itself does. */
  readonly keyExpiresAt: number | null;
  /** Revoked, or its member was removed, or its team is gone. */
  readonly revoked: boolean;
  readonly plan: Plan;
  readonly limits: Limits | null;
  /** What the team has to itself; a field is null where it shares the organisation's. All null without a team. */
  readonly quota: { readonly qrCodesPerMonth: number | null; readonly requestsPerMinute: number | null };
  /** What all teams of the organisation have to themselves, together. */
  readonly held: Required<Quota>;
}

/** Whose a key is: joined to `keys`. */
export const ofHolder = `
  left join members on members.id = keys.member
  left join teams on teams.id = coalesce(keys.team, members.team)`;

/** Whether a key opens nothing any more, whatever the time. */
export const isClosed = `(keys.revoked
  or (keys.member is not null and coalesce(members.removed, true))
  or ((keys.team <> members.team) is true)
  or (coalesce(keys.team, members.team) is not null and coalesce(teams.deleted, true)))`;

/** What the key whose text has this hash may do, revoked or not; undefined when there is none. */
export async function findAccess(sql: Sql, hash: string): Promise<Access | undefined> {
  const [row] = await accesses(
    sql,
    sql`from key_hashes join keys on keys.id = key_hashes.key`,
    sql`key_hashes.hash = ${hash}`,
  );
  return row;
}

/** The same for a key by its id: for what goes on in its name. */
export async function accessOf(sql: Sql, key: string): Promise<Access | undefined> {
  const [row] = await accesses(
    sql,
    sql`from (select id as key, null::bigint as until_ms from keys) key_hashes join keys on keys.id = key_hashes.key`,
    sql`keys.id = ${key}`,
  );
  return row;
}

type Fragment = ReturnType<Sql>;

const accesses = (sql: Sql, from: Fragment, where: Fragment) => sql<Access[]>`
    select keys.id as key, keys.org, keys.mode, keys.scope, coalesce(members.role, keys.role) as role, keys.member,
      coalesce(keys.team, members.team) as team, keys.tags, keys.domains, keys.operations, keys.addresses,
      keys.requests_per_minute as "requestsPerMinute", least(keys.expires_ms, key_hashes.until_ms) as "expiresAt",
      keys.expires_ms as "keyExpiresAt",
      ${sql.unsafe(isClosed)} as revoked,
      organizations.plan, organizations.limits,
      json_build_object(
        'qrCodesPerMonth', teams.qr_codes_per_month, 'requestsPerMinute', teams.requests_per_minute) as quota,
      ${sql.unsafe(heldJson)} as held
    ${from}
      join organizations on organizations.id = keys.org
      ${sql.unsafe(ofHolder)}
    where ${where}`;

/** Hashes of texts that were chosen by the operator and follow no format. */
export async function chosenHashes(sql: Sql): Promise<string[]> {
  const rows = await sql`
    select hash from key_hashes join keys on keys.id = key_hashes.key where key_hashes.chosen and not revoked`;
  return rows.map(row => row['hash'] as string);
}
