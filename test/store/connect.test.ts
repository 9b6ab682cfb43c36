/**
 * How the program talks to Postgres: transactions that end whole or not at all, errors told apart, times and positions
 * as numbers, and a deadline where no answer comes.
 */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { connect, DeadlineError, isOutage, type Sql, transaction, withDeadline } from '../../src/store/connect.ts';
import { gate } from '../support/gate.ts';
import { testDatabase } from '../support/postgres.ts';
import { until } from '../support/until.ts';

let url: string;
let sql: Sql;
beforeAll(async () => {
  ({ url } = await testDatabase());
  sql = connect(url, { max: 3 });
  await sql`create table notes (text text primary key)`;
});
afterAll(() => sql.end({ timeout: 1 }));

const notes = async () => (await sql`select text from notes order by text`).map(row => row['text']);
const failure = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => undefined,
    error => error,
  );

describe('A transaction', () => {
  test('keeps what it returned from and drops what it threw in', async () => {
    expect(await transaction(sql, async tx => (await tx`insert into notes values ('kept')`).count)).toBe(1);
    const dropped = transaction(sql, async tx => {
      await tx`insert into notes values ('dropped')`;
      throw new Error('on purpose');
    });
    await expect(dropped).rejects.toThrow('on purpose');
    expect(await notes()).toEqual(['kept']);
  });

  test('is seen by nobody before its end', async () => {
    await transaction(sql, async tx => {
      await tx`insert into notes values ('later')`;
      expect(await notes()).not.toContain('later');
    });
    expect(await notes()).toContain('later');
  });

  test('that is over takes no more statements: they would stand in another one', async () => {
    let kept: Sql | undefined;
    await transaction(sql, async tx => {
      kept = tx;
    });
    expect(() => kept!`insert into notes values ('too late')`).toThrow('the transaction is over');
    expect(() => kept!.unsafe("insert into notes values ('too late')")).toThrow('the transaction is over');
    expect(await notes()).not.toContain('too late');
  });

  test('that fails takes no more of what is still at work in it', async () => {
    await sql`create table if not exists late (a int)`;
    const late = Promise.withResolvers<unknown>();
    const failing = transaction(sql, tx =>
      Promise.all([
        Promise.reject(new Error('early')),
        (async () => {
          await tx`select 1`;
          await tx`insert into late values (1)`;
        })().catch(late.resolve),
      ]),
    );
    await expect(failing).rejects.toThrow('early');
    expect(await late.promise).toMatchObject({ code: 'CONNECTION_CLOSED' });
    expect(await sql`select from late`).toHaveLength(0);
  });

  test('gives its connection back, also when it fails, and waits for no other one to get it', async () => {
    const work = (i: number) =>
      transaction(sql, async tx => {
        await tx`select pg_advisory_xact_lock(1)`;
        if (i % 3 === 0) await tx`select 1 / 0`;
        return i;
      });
    for (let round = 0; round < 5; round++) {
      const outcomes = await Promise.allSettled(Array.from({ length: 9 }, (_, i) => work(i)));
      expect(outcomes.filter(({ status }) => status === 'rejected')).toHaveLength(3);
    }
    const [row] = await sql`select count(*) as n from pg_stat_activity where datname = current_database()`;
    expect(row!['n']).toBeLessThan(15);
  });

  test('whose connection is cut is an outage and leaves nothing, and the pool lives on', async () => {
    const alive = (pid: number) => sql`select from pg_stat_activity where pid = ${pid}`.then(rows => rows.length > 0);
    const work = async (tx: Sql) => {
      await tx`insert into notes values ('cut')`;
      const [row] = await tx`select pg_backend_pid() as pid`;
      await sql`select pg_terminate_backend(${row!['pid']})`;
      await until(async () => !(await alive(row!['pid'])), 5_000);
      // On a connection of its own it would stay.
      await tx`insert into notes values ('cut too')`;
    };
    let working: Promise<void> | undefined;
    const cut = transaction(sql, tx => {
      working = work(tx);
      return working;
    });
    expect(isOutage(await failure(cut))).toBe(true);
    expect(isOutage(await failure(working!))).toBe(true);
    expect(await notes()).not.toContain('cut');
    expect(await notes()).not.toContain('cut too');
    await Promise.all(Array.from({ length: 6 }, () => transaction(sql, tx => tx`select 1`)));
  });
});

test('a query that a cut connection takes with it leaves nothing to the next one on the same line', async () => {
  const [pool, admin] = [connect(url, { max: 1, name: 'to be cut' }), connect(url, { max: 1 })];
  const taken = failure(pool`select pg_sleep(60)`);
  const cut = () => admin`
    select pg_terminate_backend(pid) from pg_stat_activity
    where application_name = 'to be cut' and wait_event = 'PgSleep'`;
  await until(async () => (await cut()).length > 0, 5_000);
  expect(isOutage(await taken)).toBe(true);
  expect([...(await pool`select 1 as one`)]).toEqual([{ one: 1 }]);
  await Promise.all([pool.end(), admin.end()]);
});

test('a database that was away for a while is there for every query as soon as it is back', async () => {
  await using door = await gate(url);
  const pool = connect(door.url, { max: 4 });
  const all = () => Promise.all(Array.from({ length: 12 }, () => failure(pool`select 1`)));
  expect(await all()).toEqual(Array(12).fill(undefined));
  await door.shut();
  for (let i = 0; i < 2; i++) for (const error of await all()) expect(isOutage(error)).toBe(true);
  await door.open();
  const opened = performance.now();
  expect(await all()).toEqual(Array(12).fill(undefined));
  // By default one would wait for 10 to 20 seconds after so many failures.
  expect(performance.now() - opened).toBeLessThan(8_000);
  await pool.end({ timeout: 1 });
});

test('a server that refuses to write now is left: whoever writes next finds the one that has taken its place', async () => {
  const backend = async (on: Sql) => (await on`select pg_backend_pid() as pid`)[0]!['pid'] as number;
  for (const isPipelined of [false, true]) {
    const pool = connect(url, { max: 1, isPipelined });
    const write = (text: string) => failure(pool`insert into notes values (${`${text}, pipelined: ${isPipelined}`})`);
    // The statement is known to Postgres from then on, so that the second of two is sent behind the first.
    expect(await write('before')).toBeUndefined();
    // As to a session that was open before the failover; one that is opened now may write.
    await pool`set default_transaction_read_only = on`;
    const before = await backend(pool);
    const [first, second] = await Promise.all([write('first'), write('second')]);
    expect(first).toMatchObject({ code: '25006' });
    expect(isOutage(first)).toBe(true);
    // Who was on the way behind it has met the same server, who waited for its answer has found the other.
    if (isPipelined) expect(second).toMatchObject({ code: '25006' });
    else expect(second).toBeUndefined();
    expect(await write('then')).toBeUndefined();
    expect(await notes()).toContain(`then, pipelined: ${isPipelined}`);
    expect(await backend(pool)).not.toBe(before);
    await pool.end();
  }
});

test('a transaction on a server that only reads fails, and the next one finds another', async () => {
  const pool = connect(url, { max: 1 });
  const write = (text: string) => (tx: Sql) => tx`insert into notes values (${text})`;
  await transaction(pool, async tx => {
    await tx`set session characteristics as transaction read only`;
  });
  expect(isOutage(await failure(transaction(pool, write('while it reads'))))).toBe(true);
  await transaction(pool, write('behind the failover'));
  expect(await notes()).toContain('behind the failover');
  expect(await notes()).not.toContain('while it reads');
  await pool.end();
});

describe('An error', () => {
  test('says whether the store is away or the statement is wrong', async () => {
    for (const statement of ['select 1 / 0', 'select nothing', "insert into notes values ('x'), ('x')", 'selec']) {
      expect(isOutage(await failure(sql.unsafe(statement)))).toBe(false);
    }
    const nobody = connect('postgres://nobody@127.0.0.1:1/none', { max: 1 });
    expect(isOutage(await failure(nobody`select 1`))).toBe(true);
    await nobody.end({ timeout: 0 });
    expect(isOutage(await failure(nobody`select 1`))).toBe(true);
  });

  test.each([
    ...['57P01', '57P03', '25006', '08006', '53300', '40P01', '40001', 'CONNECTION_CLOSED', 'ECONNREFUSED', 'EPIPE'],
    ...['ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH'],
  ])('%s is an outage', code => expect(isOutage(Object.assign(new Error(), { code }))).toBe(true));

  test.each(['23505', '25P02', '22P05', '42P01', '57014', 'P0001', undefined])('%s is none', code => {
    expect(isOutage(Object.assign(new Error(), { code }))).toBe(false);
  });

  test('of the deadline is an outage', async () => {
    const never = withDeadline(new Promise(() => {}), 5, 'the answer');
    const error = await failure(never);
    expect(error).toBeInstanceOf(DeadlineError);
    expect(isOutage(error)).toBe(true);
    expect(String(error)).toContain('the answer took more than 5 ms');
  });

  test('that comes before the deadline is what is told, and so is a value', async () => {
    expect(await withDeadline(Promise.resolve(7), 60_000, 'x')).toBe(7);
    await expect(withDeadline(Promise.reject(new Error('sooner')), 60_000, 'x')).rejects.toThrow('sooner');
  });
});

test('positions and times are numbers, to the last one that is exact', async () => {
  const [row] = await sql`select 9007199254740991::bigint as whole, -1::bigint as below, array[1, 2]::bigint[] as many`;
  expect(row).toEqual({ whole: Number.MAX_SAFE_INTEGER, below: -1, many: [1, 2] });
  const [back] = await sql`select ${Number.MAX_SAFE_INTEGER}::bigint = 9007199254740991 as same`;
  expect(back!['same']).toBe(true);
});

test('lists go in and come out as they are', async () => {
  const words = ['', 'a,b', '{}', '"quoted"', '\\', '\\"', 'NULL', 'Ölüdeniz \u{1F468}', ' '];
  const rows = await sql`select word from unnest(${words}::text[]) with ordinality as given (word, i) order by i`;
  expect(rows.map(row => row['word'])).toEqual(words);
  const [row] = await sql`
    select ${[]}::text[] = '{}' as none, ${[1, -2]}::integer[] as small, ${[2 ** 40]}::bigint[] as large,
      ${[]}::integer[] as empty, 'b' = any(${['a', 'b']}) as found`;
  expect(row).toEqual({ none: true, small: [1, -2], large: [2 ** 40], empty: [], found: true });
});

test('a connection looks names up in the schemas it was given, is told by its name, and lives in UTC', async () => {
  const named = connect(url, { max: 1, searchPath: ['first', 'second'], name: 'a test' });
  const [row] = await named`
    select current_setting('search_path') as path, current_setting('TimeZone') as zone,
      current_setting('application_name') as name`;
  expect(row).toEqual({ path: 'first,second,public', zone: 'UTC', name: 'a test' });
  await named.end();
});
