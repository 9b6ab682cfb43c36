import { describe, expect, test } from 'bun:test';
import { type Column, ParquetFile, type Value } from '../src/parquet.ts';
import { asked, fileOf } from './support/duck.ts';

const columns: Column[] = [
  { name: 'position', type: 'long' },
  { name: 'at', type: 'time' },
  { name: 'name', type: 'text' },
  { name: 'count', type: 'integer' },
  { name: 'test', type: 'boolean' },
];
type Row = Record<string, Value>;

/** A file of these groups, as another reader has it. */
async function read(groups: readonly (readonly Row[])[]) {
  const file = new ParquetFile(columns);
  const pieces = [...groups.map(rows => file.group(rows)), file.end()];
  const path = fileOf('some.parquet', Buffer.concat(pieces));
  return { pieces, rows: await asked(path, 'select * from read_parquet($file)'), path };
}

describe('a file', () => {
  test('has every value that was written, of every type, whichever groups it came in', async () => {
    const rows: Row[] = [
      { position: 2 ** 52, at: Date.UTC(2026, 3, 8, 12, 0, 0, 7), name: 'größe "l", \n 😀', count: -7, test: true },
      { position: 1, at: 0, name: '', count: 2 ** 31 - 1, test: false },
      { position: null, at: null, name: null, count: null, test: null },
      { position: 3, at: 1, name: 'x'.repeat(5_000), count: 0 },
    ];
    for (const groups of [[rows], [rows.slice(0, 1), [], rows.slice(1)], rows.map(row => [row])]) {
      expect((await read(groups)).rows).toEqual([
        { position: String(2 ** 52), at: '2026-04-08 12:00:00.007', name: rows[0]!['name'], count: -7, test: true },
        { position: '1', at: '1970-01-01 00:00:00', name: '', count: 2 ** 31 - 1, test: false },
        { position: null, at: null, name: null, count: null, test: null },
        { position: '3', at: '1970-01-01 00:00:00.001', name: 'x'.repeat(5_000), count: 0, test: null },
      ]);
    }
  });

  test('without rows is one all the same', async () => {
    const { rows, path } = await read([]);
    expect(rows).toEqual([]);
    const described = await asked(path, 'describe select * from read_parquet($file)');
    expect(described.map(row => row['column_type'])).toEqual(['BIGINT', 'TIMESTAMP', 'VARCHAR', 'INTEGER', 'BOOLEAN']);
  });

  test('leaves nothing of a group in memory once its bytes were taken', async () => {
    const group = Array.from({ length: 5_000 }, (_, i) => ({
      position: i,
      at: i,
      name: `row ${i}`,
      count: i,
      test: true,
    }));
    const { pieces, rows } = await read([group, group, group]);
    const [first, second, third, end] = pieces.map(piece => piece.length);
    expect(Math.max(first!, second!, third!) / Math.min(first!, second!, third!)).toBeLessThan(1.01);
    expect(end).toBeLessThan(3_000);
    expect(rows).toHaveLength(15_000);
  });
});
