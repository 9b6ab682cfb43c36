/**
 * What the Postgres client makes of a connection or a query that breaks at a bad moment: src/store/patches/ mends it, and each
 * of these failed without. Such moments are rare by themselves, so that the sockets are in the test's hands here.
 */
import { beforeAll, describe, expect, test } from 'bun:test';
import { connect as connectTo, type Socket } from 'node:net';
import postgres from 'postgres';
import { isOutage } from '../../src/store/connect.ts';
import { gate } from '../support/gate.ts';
import { testDatabase } from '../support/postgres.ts';

let url: string;
beforeAll(async () => {
  ({ url } = await testDatabase());
});

const failure = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => undefined,
    error => error,
  );

/** A client of one connection, with the options that count here as src/store/connect.ts has them, and its sockets. */
function client(address: string, debug?: () => void) {
  const { hostname, port } = new URL(address);
  const sockets: Socket[] = [];
  const socket = () => {
    const made = connectTo(Number(port), hostname);
    sockets.push(made);
    return made;
  };
  const sql = postgres(address, {
    ...{ max: 1, max_pipeline: 0, fetch_types: false, connect_timeout: 5, backoff: () => 0.2, debug, socket },
  } as unknown as postgres.Options<Record<string, never>>);
  return { sql, sockets };
}

describe('A connection that breaks', () => {
  test('fails also the query that came between the error and the end of its socket', async () => {
    await using door = await gate(url);
    const { sql, sockets } = client(door.url);
    await sql`select 1`;
    const told = new Promise<unknown>(resolve => {
      sockets[0]!.once('error', () => resolve(failure(sql`select 1`)));
    });
    door.reset();
    expect(isOutage(await told)).toBe(true);
    expect([...(await sql`select 1 as one`)]).toEqual([{ one: 1 }]);
    await sql.end();
  });

  test('leaves nothing to the next one that it had still to send', async () => {
    let isCutting = false;
    // We are told of a query before that is written, which happens at the end of the turn; the socket's end comes before.
    const { sql, sockets } = client(url, () => {
      if (isCutting) queueMicrotask(() => sockets.at(-1)!.destroy().emit('close', false));
    });
    await sql`select 1`;
    isCutting = true;
    expect(isOutage(await failure(sql`select 1`))).toBe(true);
    isCutting = false;
    expect([...(await sql`select 1 as one`)]).toEqual([{ one: 1 }]);
    await sql.end();
  });

  test('is not tried again for a client that has ended meanwhile', async () => {
    await using door = await gate(url);
    const [ended, witness] = [client(door.url), client(door.url)];
    for (const { sql } of [ended, witness]) await sql`select 1`;
    await door.shut();
    expect(isOutage(await failure(ended.sql`select 1`))).toBe(true);
    const waiting = failure(ended.sql`select 1`);
    await ended.sql.end({ timeout: 0 });
    expect(await waiting).toMatchObject({ code: 'CONNECTION_DESTROYED' });
    const before = ended.sockets.length;
    expect(isOutage(await failure(witness.sql`select 1`))).toBe(true);
    await door.open();
    // It failed after the other one and waits as long: when its turn has come, the other's has, too.
    await witness.sql`select 1`;
    expect(ended.sockets).toHaveLength(before);
    await witness.sql.end();
  });
});

describe('A query that fails behind its first row', () => {
  const whole = async (sql: postgres.Sql) => expect([...(await sql`select 1 as one`)]).toEqual([{ one: 1 }]);

  test('leaves that to no other query', async () => {
    const { sql } = client(url);
    const error = await failure(sql`select 1 / (2 - n) from generate_series(1, 2) n`);
    expect(error).toMatchObject({ code: '22012' });
    await whole(sql);
    await sql.end();
  });

  test('with its connection leaves it to none of the next connection', async () => {
    const { sql } = client(url);
    const cut = sql`select case n when 2 then pg_terminate_backend(pg_backend_pid()) end from generate_series(1, 2) n`;
    expect(isOutage(await failure(cut))).toBe(true);
    await whole(sql);
    await sql.end();
  });
});
