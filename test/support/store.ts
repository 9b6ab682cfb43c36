/**
 * A ledger on a database of its own, migrated by copying a template, and what tests put into it.
 */
import type { Fact } from '../../events/envelope.ts';
import type { Scan } from '../../events/scan.ts';
import { projections } from '../../projections/index.ts';
import { schemaOf } from '../../projections/projection.ts';
import type { AppendRequest } from '../../src/store/batch.ts';
import { connect, type Sql } from '../../src/store/connect.ts';
import { Ledger } from '../../src/store/ledger.ts';
import { migrate } from '../../src/store/migrate.ts';
import { databaseFrom } from './postgres.ts';

export interface TestStore {
  readonly url: string;
  readonly sql: Sql;
  readonly ledger: Ledger;
  close(): Promise<void>;
}

export async function testStore(): Promise<TestStore> {
  const { url } = await databaseFrom('ledger', async template => {
    const sql = connect(template, { max: 1 });
    await migrate(sql);
    await sql.end();
  });
  const sql = connect(url, { max: 8, searchPath: projections.map(schemaOf) });
  const ledger = new Ledger(url);
  return {
    url,
    sql,
    ledger,
    close: async () => {
      await ledger.close();
      await sql.end({ timeout: 1 });
    },
  };
}

/**
 * Cuts the connections of this database that go by a name, as a server does that is shut down; how many there were. They are
 * gone afterwards: a server that was only told may end one a while later, in the midst of what a test asks next.
 */
export async function cutConnections({ url }: Pick<TestStore, 'url'>, name: string): Promise<number> {
  const admin = connect(url, { max: 1, name: 'the one who cuts' });
  const told = await admin`
    select pid, pg_terminate_backend(pid) from pg_stat_activity
    where datname = current_database() and application_name = ${name}`;
  await admin`select pg_terminate_backend(pid, 30000) from unnest(${told.map(row => row['pid'])}::integer[]) as pid`;
  await admin.end();
  return told.length;
}

/** A request that appends facts to one stream. */
export function requestOf(stream: string, expected: number, ...facts: Fact[]): AppendRequest {
  return {
    at: 1_775_649_600_000,
    org: 'org_1',
    actor: 'key_1',
    request: 'req_1',
    writes: [{ stream, expected, facts }],
  };
}

/** A new code's first fact. */
export const created = (slug: string): Fact => ({
  type: 'qr.created',
  data: { slug, type: 'url', destination: `https://example.com/${slug}`, label: `Label ${slug}` },
});

/** A scan at a time, of a code of `org_1`. */
export const scanOf = (qr: string, more: Partial<Scan> = {}, at = 1_775_649_600_000) => ({
  at,
  org: 'org_1',
  data: {
    qr,
    qrVersion: 1,
    rule: null,
    kind: 'scan',
    country: 'DE',
    device: 'mobile',
    os: 'iOS',
    browser: 'Safari',
    referrer: null,
    language: 'de',
    agent: 7,
    visitor: 5 * 16 + 3,
    ...more,
  } satisfies Scan,
});

/** A request that appends scans to one writer's stream. */
export const scansTo = (stream: string, expected: number, ...scans: ReturnType<typeof scanOf>[]): AppendRequest => ({
  at: 1_775_649_600_000,
  org: null,
  actor: 'scanner',
  request: null,
  writes: [],
  scans: { stream, expected, scans },
});
