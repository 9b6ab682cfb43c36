/**
 * DuckDB, an engine that shares no code with this program: it opens the files that are given away, and counts what is in
 * them, as a customer's own tools would.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { scratchDirectory } from './postgres.ts';

export type DuckRow = Record<string, unknown>;

/** Rows of a question about a file; `file` in it stands for the file's name in quotes. */
export async function asked(file: string, question: string): Promise<DuckRow[]> {
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  try {
    await connection.run("set timezone = 'UTC'");
    const result = await connection.runAndReadAll(question.replaceAll('$file', `'${file}'`));
    return result.getRowObjectsJson() as DuckRow[];
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

/** Puts bytes into a file that can be asked. */
export function fileOf(name: string, bytes: Uint8Array | string): string {
  const file = join(scratchDirectory(), name);
  writeFileSync(file, bytes);
  return file;
}
