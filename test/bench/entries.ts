/**
 * A redirect node with a million codes, started while its database is away: how long until it answers, and how much of
 * the machine's memory it takes then. The entries lie in its own log, written here as a node writes it.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { EntryLog } from '../../src/redirect/entry-log.ts';
import { textOf } from '../../src/redirect/entry-text.ts';
import { scratchDirectory } from '../support/postgres.ts';
import { startProgram } from '../support/program.ts';
import { limited, type Row } from './table.ts';

const count = 1_000_000;
const residentMaxMb = 400;
const startMaxMs = 10_000;

/** Entries as they are: ids of 29 letters, destinations of some 45, a few organisations. */
function* pages(): Generator<string[]> {
  const id = (prefix: string, n: number) => `${prefix}_01M8A8SQDS9MGMR${String(n).padStart(11, '0')}`;
  for (let from = 0; from < count; from += 10_000) {
    yield Array.from({ length: 10_000 }, (_, i) => {
      const n = from + i;
      const destination = `https://shop.example.com/products/${n}?ref=qr`;
      const slug = n.toString(31).padStart(8, 'k');
      return textOf({ slug, qr: id('qr', n), org: id('org', n % 50), version: 1 + (n % 9), destination });
    });
  }
}

const residentMb = (pid: number): number =>
  Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]) / 1024;

export async function measure(): Promise<Row[]> {
  const dataDir = scratchDirectory();
  const secret = 'ab'.repeat(32);
  writeFileSync(join(dataDir, 'redirect-secrets.json'), JSON.stringify({ visitor: secret, stream: secret }));
  const log = new EntryLog({
    ...{ directory: dataDir, node: 'bench' },
    onError: error => {
      throw error;
    },
  });
  await log.rewrite(pages(), { ledger: 'bench', position: count });
  await log.close();
  const started = performance.now();
  const env = { ROLE: 'redirect', DATA_DIR: dataDir, DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none' };
  const program = await startProgram({ env, runtime: 'bun' });
  const readyMs = performance.now() - started;
  // Some answers, so that what is compiled and cached is there.
  for (let n = 0; n < 2_000; n++) {
    const slug = (n * 499).toString(31).padStart(8, 'k');
    const { status } = await fetch(`${program.url}/${slug}`, { redirect: 'manual' });
    if (status !== 302) throw new Error(`${slug} is answered with ${status}`);
  }
  const resident = residentMb(program.pid);
  await program.stop();
  return [
    limited('entries', '1,000,000 codes in a redirect node, resident', resident, 'MB', residentMaxMb),
    limited('entries', 'start to ready with them, without the database', readyMs, 'ms', startMaxMs),
  ];
}
