/**
 * Lists in binary format are read by Postgres as what they were.
 */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { connect, type Sql } from '../../src/store/connect.ts';
import { List } from '../../src/store/lists.ts';
import { testDatabase } from '../support/postgres.ts';

let sql: Sql;
beforeAll(async () => {
  sql = connect((await testDatabase()).url, { max: 1 });
});
afterAll(() => sql.end());

/** The list as Postgres tells it, item by item. */
async function told({ bytes, type }: List, as: string): Promise<unknown[]> {
  const list = sql.typed(bytes as never, type);
  return (await sql.unsafe(`select e::text from unnest($1::${as}) e`, [list])).map(row => row['e']);
}

describe('A list', () => {
  test('of texts holds whatever a text may hold', async () => {
    const texts = [
      '',
      'a',
      '{"q":"\\\\"}',
      'NULL',
      'null',
      ' , ',
      '\n',
      'ä',
      '€',
      '🦄',
      'x'.repeat(100_000),
      'ä'.repeat(300),
    ];
    expect(await told(new List('text', texts), 'text[]')).toEqual(texts);
  });

  test('may be empty', async () => {
    expect(await told(new List('text', []), 'text[]')).toEqual([]);
  });

  test('of JSON keeps it letter by letter, and what is none is refused', async () => {
    const texts = ['{"b":1,  "a":"\\u00e4ö\\\\\\""}', '[]', '"🦄"'];
    expect(await told(new List('json', texts), 'json[]')).toEqual(texts);
    await expect(told(new List('json', ['{}', '{']), 'json[]')).rejects.toMatchObject({ code: '22P02' });
  });
});

test('bytes and texts are sent as they are', async () => {
  const bytes = Buffer.from([0, 1, 92, 120, 255]);
  const [row] =
    await sql`select ${bytes} as bytes, ${'\\x00 ä'}::text as text, ${null} as nothing, ${[bytes.length]}::integer[] as n`;
  expect(row as unknown).toEqual({ bytes, text: '\\x00 ä', nothing: null, n: [5] });
});
