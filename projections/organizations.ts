/**
 * Organisations and their teams as the API shows them: one row each, as their last event left it. Both stand in one
 * read model, because a team's events are its organisation's: the version of the stream, which is the `ETag` of all of
 * them, moves together with every row it tells of. Teams are asked about in `teams.ts`.
 */
import type { Limits, Plan } from '../events/organization.ts';
import type { Quota } from '../events/team.ts';
import type { Projection, Sql } from './projection.ts';

export interface OrganizationRow {
  readonly id: string;
  readonly name: string;
  readonly plan: Plan;
  /** Null for those of the reference. */
  readonly limits: Limits | null;
  /** What its teams hold together. */
  readonly held: Required<Quota>;
  readonly version: number;
  readonly created_ms: number;
  readonly updated_ms: number;
}

export const organizations: Projection = {
  name: 'organizations',
  version: 1,
  family: 'facts',
  handles: [
    'org.created',
    'org.renamed',
    'org.plan_changed',
    'org.limits_changed',
    'org.erased',
    'team.created',
    'team.renamed',
    'team.quota_moved',
    'team.quota_returned',
    'team.deleted',
  ],
  tables: `
    create table organizations (
      id text collate "C" primary key,
      name text not null,
      plan text not null,
      limits json,
      held_codes bigint not null default 0,
      held_requests bigint not null default 0,
      version integer not null,
      created_ms bigint not null,
      updated_ms bigint not null
    );
    create table teams (
      id text collate "C" primary key,
      org text collate "C" not null,
      name text not null,
      qr_codes_per_month bigint,
      requests_per_minute bigint,
      deleted boolean not null default false,
      created_ms bigint not null,
      updated_ms bigint not null
    );
    create index teams_org on teams (org, id desc) where not deleted;
  `,

  // Few and seldom: one statement an event is simple and fast enough.
  async apply(sql, events) {
    for (const event of events) {
      const { stream: org, at, version } = event;
      switch (event.type) {
        case 'org.created':
          await sql`insert into organizations (id, name, plan, version, created_ms, updated_ms)
            values (${org}, ${event.data.name}, ${event.data.plan}, ${version}, ${at}, ${at})`;
          break;
        case 'org.renamed':
          await sql`update organizations set name = ${event.data.name} where id = ${org}`;
          break;
        case 'org.plan_changed':
          await sql`update organizations set plan = ${event.data.plan} where id = ${org}`;
          break;
        case 'org.limits_changed':
          await sql`update organizations set limits = ${JSON.stringify(event.data.limits)}::text::json where id = ${org}`;
          break;
        case 'org.erased':
          await sql`update organizations set name = '' where id = ${org}`;
          await sql`update teams set name = '' where org = ${org}`;
          break;
        case 'team.created': {
          const { team, name, quota = {} } = event.data;
          await sql`
            insert into teams (id, org, name, qr_codes_per_month, requests_per_minute, created_ms, updated_ms)
            values (${team}, ${org}, ${name}, ${quota.qrCodesPerMonth ?? null}, ${quota.requestsPerMinute ?? null},
              ${at}, ${at})`;
          break;
        }
        case 'team.renamed':
          await sql`update teams set name = ${event.data.name}, updated_ms = ${at} where id = ${event.data.team}`;
          break;
        case 'team.quota_moved': {
          const { from, to, qrCodesPerMonth: codes = null, requestsPerMinute: requests = null } = event.data;
          // Adding null keeps what there is where nothing is moved.
          for (const [team, sign] of [
            [from, -1],
            [to, 1],
          ] as const) {
            if (team === null) continue;
            await sql`
              update teams set
                qr_codes_per_month = coalesce(coalesce(qr_codes_per_month, 0) + ${codes}::bigint * ${sign}, qr_codes_per_month),
                requests_per_minute = coalesce(coalesce(requests_per_minute, 0) + ${requests}::bigint * ${sign}, requests_per_minute),
                updated_ms = ${at}
              where id = ${team}`;
          }
          break;
        }
        case 'team.quota_returned': {
          const { team, quotas } = event.data;
          await sql`
            update teams set
              qr_codes_per_month = case when ${quotas.includes('qrCodesPerMonth')} then null else qr_codes_per_month end,
              requests_per_minute = case when ${quotas.includes('requestsPerMinute')} then null else requests_per_minute end,
              updated_ms = ${at}
            where id = ${team}`;
          break;
        }
        case 'team.deleted':
          await sql`
            update teams set deleted = true, qr_codes_per_month = null, requests_per_minute = null, updated_ms = ${at}
            where id = ${event.data.team}`;
          break;
        default:
          continue;
      }
      await sql`update organizations set version = ${version}, updated_ms = ${at} where id = ${org}`;
      if (event.type.startsWith('team.')) await sum(sql, org);
    }
  },
};

/** Kept as a sum, because every access asks for it, and teams may be many. */
async function sum(sql: Sql, org: string): Promise<void> {
  await sql`
    update organizations set (held_codes, held_requests) = (
      select coalesce(sum(qr_codes_per_month), 0), coalesce(sum(requests_per_minute), 0)
      from teams where org = ${org} and not deleted)
    where id = ${org}`;
}

/** What the teams of an organisation hold together, as a `Quota`. */
export const heldJson = `json_build_object(
  'qrCodesPerMonth', organizations.held_codes, 'requestsPerMinute', organizations.held_requests)`;

const columns = `id, name, plan, limits, ${heldJson} as held, version, created_ms, updated_ms`;

/** One organisation. */
export async function findOrganization(sql: Sql, id: string): Promise<OrganizationRow | undefined> {
  const [row] = await sql<OrganizationRow[]>`select ${sql.unsafe(columns)} from organizations where id = ${id}`;
  return row;
}

/** All organisations, oldest first: for the operator. */
export async function listOrganizations(sql: Sql): Promise<OrganizationRow[]> {
  return [...(await sql<OrganizationRow[]>`select ${sql.unsafe(columns)} from organizations order by id`)];
}
