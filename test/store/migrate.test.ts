/**
 * The schema of the ledger: made once however many ask for it, and its laws, which hold for everybody who is connected
 * to the database and not only for this program.
 */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { connect } from '../../src/store/connect.ts';
import { migrate } from '../../src/store/migrate.ts';
import { readPage, readRun } from '../../src/store/read.ts';
import { verifyChain } from '../support/chain.ts';
import { testDatabase } from '../support/postgres.ts';
import { created, requestOf, scanOf, scansTo, type TestStore, testStore } from '../support/store.ts';

const files = readdirSync(join(import.meta.dirname, '../../src/store/migrations')).sort();

describe('Migrations', () => {
  test('are applied once by programs that start at the same time', async () => {
    const { url } = await testDatabase();
    const pools = Array.from({ length: 4 }, () => connect(url, { max: 1 }));
    await Promise.all(pools.map(migrate));
    await Promise.all(pools.map(migrate));
    const applied = await pools[0]!`select name from public.indelible_migrations order by name`;
    expect(applied.map(row => row['name'])).toEqual(files);
    expect(await pools[0]!`select position from ledger.head`).toHaveLength(1);
    await Promise.all(pools.map(sql => sql.end()));
  });

  test('that were changed after they had been applied stop the start', async () => {
    const store = await testStore();
    await store.sql`update public.indelible_migrations set digest = 'another'`;
    await expect(migrate(store.sql)).rejects.toThrow('migration 001-ledger.sql was changed after it had been applied');
    await store.close();
  });
});

describe('The database', () => {
  let store: TestStore;
  beforeAll(async () => {
    store = await testStore();
    const claims = [{ name: 'slug:x', stream: 'qr_1' }];
    await store.ledger.append({ ...requestOf('qr_1', 0, created('x')), claims });
    await store.ledger.append(scansTo('scans-1', 0, scanOf('qr_1')));
  });
  afterAll(() => store.close());

  const tables = ['ledger.events', 'ledger.scans', 'ledger.scans_0', 'ledger.commits', 'ledger.claims'];
  const column = (table: string) => (/commits/.test(table) ? 'hash' : /claims/.test(table) ? 'stream' : 'org');

  test.each(
    tables.flatMap(table => [
      `update ${table} set ${column(table)} = ${column(table)}`,
      `update ${table} set ${column(table)} = null where false`,
      `delete from ${table}`,
      `truncate ${table}`,
      `truncate ${table} cascade`,
    ]),
  )('refuses: %s', async statement => {
    await expect(store.sql.unsafe(statement).simple()).rejects.toMatchObject({ code: '42501' });
  });

  test.each(tables)('refuses a change of %s also to an owner who has granted it to himself', async table => {
    const statements = [
      `update ${table} set ${column(table)} = ${column(table)}`,
      `delete from ${table}`,
      `truncate ${table}`,
    ];
    for (const statement of statements) {
      const change = `grant all on ${table} to current_user; ${statement}`;
      await expect(store.sql.unsafe(change).simple()).rejects.toThrow('the ledger is append-only');
    }
  });

  test.each([
    ['goes back', 'update ledger.head set position = position - 1'],
    ['is written over', "update ledger.head set hash = '\\x00'"],
    ['is deleted', 'delete from ledger.head'],
    ['is truncated', 'truncate ledger.head'],
    ['gets a second row', "insert into ledger.head values (false, 9, '\\x00')"],
    ['gets a second first row', "insert into ledger.head values (true, 9, '\\x00')"],
  ])('refuses that the head %s', async (_, statement) => {
    await expect(store.sql.unsafe(statement)).rejects.toThrow();
    const [head] = await store.sql`select position from ledger.head`;
    expect(head!['position']).toBe(2);
    await verifyChain(store.sql);
  });

  test('refuses a second event of a version, a second claim of a name and a second scan of a writer’s version', async () => {
    const again = (table: string, columns: string) =>
      store.sql.unsafe(`insert into ledger.${table} select ${columns} from ledger.${table}`);
    const event = '99, stream, version, type, at_ms, org, actor, request, data';
    await expect(again('events', event)).rejects.toMatchObject({ code: '23505' });
    await expect(again('claims', 'name, stream')).rejects.toMatchObject({ code: '23505' });
    const scan = 'position + 1, writer, version, at_ms, org, qr, qr_version, rule, kind, country, device';
    const rest = 'os, browser, referrer, language, agent, visitor';
    await expect(again('scans', `${scan}, ${rest}`)).rejects.toMatchObject({ code: '23505' });
  });
});

describe('Scans', () => {
  const width = 10_000_000;

  /** A ledger whose last position is this one, as if all before it had been archived. */
  async function ledgerAt(position: number): Promise<TestStore> {
    const store = await testStore();
    await store.sql`insert into ledger.commits (last, first, hash) values (${position}, ${position}, sha256(''))`;
    return store;
  }
  const partitions = async ({ sql }: TestStore) => {
    const rows = await sql`
      select c.relname, (select count(*) from ledger.scans s where s.tableoid = c.oid) as scans
      from pg_inherits i join pg_class c on c.oid = i.inhrelid where i.inhparent = 'ledger.scans'::regclass order by 1`;
    return rows.map(row => [row['relname'], row['scans']]);
  };

  test('of one commit fall on both sides of a partition’s border', async () => {
    const store = await ledgerAt(width - 3);
    const scans = Array.from({ length: 5 }, (_, i) => scanOf(`qr_${i}`));
    const events = await store.ledger.append(scansTo('scans-1', 0, ...scans));
    expect(events.map(({ position }) => position)).toEqual([-2, -1, 0, 1, 2].map(n => width + n));
    expect(await partitions(store)).toEqual([
      ['scans_0', 2],
      ['scans_1', 3],
    ]);
    expect((await readRun(store.sql, 'scans', width - 3, 100)).events).toEqual([...events]);
    expect(await readPage(store.sql, { org: 'org_1' }, width - 2, 2)).toEqual(events.slice(1, 3) as never);
    await expect(store.sql`delete from ledger.scans_1`).rejects.toMatchObject({ code: '42501' });
    await store.close();
  });

  test('of a commit whose facts fill the partition up find the next one made', async () => {
    const store = await ledgerAt(width * 3 - 2);
    await Promise.all([
      store.ledger.append(requestOf('qr_1', 0, created('a'), { type: 'qr.deleted', data: {} })),
      store.ledger.append(scansTo('scans-1', 0, scanOf('qr_1'))),
    ]);
    expect(await partitions(store)).toEqual([
      ['scans_2', 0],
      ['scans_3', 1],
    ]);
    await store.close();
  });

  test('skip partitions that facts alone have gone through, and go on when an old one was detached', async () => {
    const store = await ledgerAt(width - 2);
    await store.ledger.append(scansTo('scans-1', 0, scanOf('qr_1'), scanOf('qr_2')));
    await store.sql`alter table ledger.scans detach partition ledger.scans_0`;
    await store.sql`insert into ledger.commits (last, first, hash) values (${width * 7}, ${width * 7}, sha256(''))`;
    await store.ledger.append(scansTo('scans-1', 2, scanOf('qr_3')));
    expect(await partitions(store)).toEqual([
      ['scans_1', 1],
      ['scans_7', 1],
    ]);
    const { events } = await readRun(store.sql, 'scans', 0, 10);
    expect(events.map(event => event.version)).toEqual([2, 3]);
    await store.close();
  });
});
