/**
 * `bun run audit` as an auditor runs it: a process of its own with a status and an output, against a database or none.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

export interface Ran {
  readonly status: number | null;
  /** Standard output. */
  readonly output: string;
  /** Standard error. */
  readonly errors: string;
}

/** Runs a command; without a database it has none to look at, and would fail if it did. */
export async function audit(databaseUrl: string | undefined, ...words: string[]): Promise<Ran> {
  const root = join(import.meta.dirname, '../..');
  const env = { ...process.env, DATABASE_URL: databaseUrl ?? 'postgres://nobody@127.0.0.1:1/none', NO_COLOR: '1' };
  const child = spawn(process.execPath, [join(root, 'src/audit.ts'), ...words], { cwd: root, env });
  let [output, errors] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', text => (output += text));
  child.stderr.setEncoding('utf8').on('data', text => (errors += text));
  const [status] = await once(child, 'close');
  return { status, output, errors };
}
