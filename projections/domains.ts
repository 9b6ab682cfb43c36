/**
 * Domains as the API and the redirect see them: one row each, as its last event left it, and each organisation's list of
 * blocked hosts. Removed domains stay as rows: how often a name was given up is part of the next claim on it.
 */
import { blocklistEvents } from '../events/blocklist.ts';
import { type DomainFact, domainEvents, type Pages } from '../events/domain.ts';
import type { AnyEvent } from '../events/index.ts';
import { type Projection, type Slice, type Sql, streamsBefore } from './projection.ts';

export interface DomainRow {
  readonly id: string;
  readonly org: string;
  readonly host: string;
  readonly token: string;
  readonly status: 'added' | 'verified' | 'removed';
  /** Whether it was ever proven. */
  readonly proven: boolean;
  readonly pages: Pages;
  readonly version: number;
  readonly created_ms: number;
  readonly updated_ms: number;
}

const columns = 'id, org, host, token, status, proven, pages, version, created_ms, updated_ms';
const domainTypes = Object.keys(domainEvents) as DomainFact['type'][];
const blocklistTypes = Object.keys(blocklistEvents) as 'blocklist.changed'[];

export const domains: Projection = {
  name: 'domains',
  version: 1,
  family: 'facts',
  handles: [...domainTypes, ...blocklistTypes],
  tables: `
    create table domains (
      id text collate "C" primary key,
      org text collate "C" not null,
      host text collate "C" not null,
      token text not null,
      status text not null,
      proven boolean not null,
      pages json not null,
      version integer not null,
      created_ms bigint not null,
      updated_ms bigint not null
    );
    create index domains_org on domains (org, id);
    create index domains_host on domains (host);

    create table blocklists (
      org text collate "C" primary key,
      hosts json not null,
      version integer not null
    );
  `,

  async apply(sql, events) {
    const others = streamsBefore(events, 'domain.added');
    const known = await sql<DomainRow[]>`select ${sql.unsafe(columns)} from domains where id = any(${others})`;
    const rows = new Map(known.map(row => [row.id, row]));
    const blocklists = new Map<string, object>();
    for (const event of events) {
      if (event.type === 'blocklist.changed') {
        blocklists.set(event.org!, { org: event.org, hosts: event.data.hosts, version: event.version });
      }
      const row = evolveDomain(rows.get(event.stream), event);
      if (row) rows.set(row.id, row);
    }
    await sql`
      insert into domains (${sql.unsafe(columns)})
      select ${sql.unsafe(columns)}
      from json_populate_recordset(null::domains, ${JSON.stringify([...rows.values()])}::text::json)
      on conflict (id) do update set status = excluded.status, proven = excluded.proven, pages = excluded.pages,
        version = excluded.version, updated_ms = excluded.updated_ms`;
    await sql`
      insert into blocklists
      select * from json_populate_recordset(null::blocklists, ${JSON.stringify([...blocklists.values()])}::text::json)
      on conflict (org) do update set hosts = excluded.hosts, version = excluded.version`;
  },
};

/** A domain's row after an event; pure. An event at or below its version has been taken in already. */
export function evolveDomain(row: DomainRow | undefined, event: AnyEvent): DomainRow | undefined {
  const { stream: id, org, version, at } = event;
  if (event.type === 'domain.added') {
    const { host, token } = event.data;
    const pages = { root: null, unknown: null, gone: null };
    return (
      row ?? {
        id,
        org: org!,
        host,
        token,
        status: 'added',
        proven: false,
        pages,
        version,
        created_ms: at,
        updated_ms: at,
      }
    );
  }
  if (!row || version <= row.version) return row;
  const next = { ...row, version, updated_ms: at };
  switch (event.type) {
    case 'domain.verified':
      return { ...next, status: 'verified', proven: true };
    case 'domain.pages_changed':
      return { ...next, pages: event.data };
    case 'domain.removed':
      return { ...next, status: 'removed' };
    case 'domain.erased':
      return { ...next, pages: { root: null, unknown: null, gone: null } };
    default:
      return row;
  }
}

/** Domains of an organisation, oldest first. */
export async function listDomains(sql: Sql, org: string, page: Slice) {
  const [rows, [counted]] = await Promise.all([
    sql<DomainRow[]>`
      select ${sql.unsafe(columns)} from domains
      where org = ${org} and status <> 'removed' ${page.before ? sql`and id < ${page.before}` : sql``}
      order by id desc limit ${page.limit} offset ${page.offset ?? 0}`,
    sql`select count(*) as total from domains where org = ${org} and status <> 'removed'`,
  ]);
  return { rows: [...rows], total: counted!['total'] as number };
}

/** A domain of an organisation; undefined when it is unknown, removed or somebody else's. */
export async function findDomain(sql: Sql, org: string, id: string): Promise<DomainRow | undefined> {
  const [row] = await sql<DomainRow[]>`
    select ${sql.unsafe(columns)} from domains where id = ${id} and org = ${org} and status <> 'removed'`;
  return row;
}

/** All domains there are, and those that were proven once, for whoever follows them from here on. */
export const allDomains = async (sql: Sql): Promise<DomainRow[]> => [
  ...(await sql<
    DomainRow[]
  >`select ${sql.unsafe(columns)} from domains where status <> 'removed' or proven order by id`),
];

/** How often a host name was proven and given up again. */
export async function timesGivenUp(sql: Sql, host: string): Promise<number> {
  const [row] = await sql`select count(*) as times from domains where host = ${host} and proven and status = 'removed'`;
  return row!['times'];
}

export interface BlocklistRow {
  readonly org: string;
  readonly hosts: readonly string[];
  readonly version: number;
}

/** All lists of blocked hosts. */
export const allBlocklists = async (sql: Sql): Promise<BlocklistRow[]> => [
  ...(await sql<BlocklistRow[]>`select org, hosts, version from blocklists order by org`),
];

/** An organisation's list of blocked hosts; an empty one of version 0 where it never had any. */
export async function findBlocklist(sql: Sql, org: string): Promise<BlocklistRow> {
  const [row] = await sql<BlocklistRow[]>`select org, hosts, version from blocklists where org = ${org}`;
  return row ?? { org, hosts: [], version: 0 };
}
