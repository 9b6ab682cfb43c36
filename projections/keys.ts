/**
 * Who may knock: API keys by the hash of their secret, with the plan and limits of their organisation beside them, so
 * that one look answers every request.
 */
import type { KeyMode, Scope } from '../events/key.ts';
import type { Limits, Plan } from '../events/organization.ts';
import type { Projection, Sql } from './projection.ts';

/** What a request made with a key may do. */
export interface Access {
  readonly key: string;
  readonly org: string;
  readonly mode: KeyMode;
  readonly scope: Scope;
  readonly revoked: boolean;
  readonly plan: Plan;
  readonly limits: Limits | null;
}

export const keys: Projection = {
  name: 'keys',
  version: 1,
  family: 'facts',
  handles: ['org.created', 'org.plan_changed', 'org.limits_changed', 'key.issued', 'key.revoked'],
  tables: `
    create table organizations (
      id text collate "C" primary key,
      name text not null,
      plan text not null,
      limits json,
      created_ms bigint not null
    );
    create table keys (
      id text collate "C" primary key,
      org text collate "C" not null,
      name text not null,
      mode text not null,
      scope text not null,
      hash text collate "C" not null unique,
      last_four text not null,
      chosen boolean not null,
      revoked boolean not null default false,
      created_ms bigint not null
    );
  `,

  // Few and seldom: one statement an event is simple and fast enough.
  async apply(sql, events) {
    for (const event of events) {
      switch (event.type) {
        case 'org.created':
          await sql`insert into organizations (id, name, plan, created_ms)
            values (${event.stream}, ${event.data.name}, ${event.data.plan}, ${event.at})`;
          break;
        case 'org.plan_changed':
          await sql`update organizations set plan = ${event.data.plan} where id = ${event.stream}`;
          break;
        case 'org.limits_changed':
          await sql`update organizations set limits = ${JSON.stringify(event.data.limits)}::text::json where id = ${event.stream}`;
          break;
        case 'key.issued': {
          const { name, mode, scope, hash, lastFour, chosen = false } = event.data;
          await sql`
            insert into keys (id, org, name, mode, scope, hash, last_four, chosen, created_ms)
            values (${event.stream}, ${event.org}, ${name}, ${mode}, ${scope}, ${hash}, ${lastFour}, ${chosen}, ${event.at})`;
          break;
        }
        case 'key.revoked':
          await sql`update keys set revoked = true where id = ${event.stream}`;
          break;
      }
    }
  },
};

/** What the key with this hash may do, revoked or not; undefined when there is none. */
export async function findAccess(sql: Sql, hash: string): Promise<Access | undefined> {
  const [row] = await sql<Access[]>`
    select keys.id as key, keys.org, keys.mode, keys.scope, keys.revoked, organizations.plan, organizations.limits
    from keys join organizations on organizations.id = keys.org where keys.hash = ${hash}`;
  return row;
}

/** Hashes of keys whose text was chosen by the operator and follows no format. */
export async function chosenHashes(sql: Sql): Promise<string[]> {
  return (await sql`select hash from keys where chosen and not revoked`).map(row => row['hash'] as string);
}

export interface OrganizationRow {
  readonly id: string;
  readonly name: string;
  readonly plan: Plan;
  readonly limits: Limits | null;
}

/** All organisations, oldest first: for the operator. */
export async function listOrganizations(sql: Sql): Promise<OrganizationRow[]> {
  return [...(await sql<OrganizationRow[]>`select id, name, plan, limits from organizations order by id`)];
}
