/**
 * `bun run bench [name …] [--json]`: measures, prints both sides of each ratio. Each benchmark is a file here that
 * exports `measure`; without a name all of them run, which takes some minutes. Several run one behind the other in
 * processes of their own, with a cluster of their own: none finds the heap and the tables that another one has left.
 */

import { spawnSync } from 'node:child_process';
import { closeClusters } from '../support/postgres.ts';
import { format, type Row } from './table.ts';

const benches: Readonly<Record<string, () => Promise<{ measure(): Promise<Row[]> }>>> = {
  analytics: () => import('./analytics.ts'),
  append: () => import('./append.ts'),
  bulk: () => import('./bulk.ts'),
  change: () => import('./change.ts'),
  create: () => import('./create.ts'),
  entries: () => import('./entries.ts'),
  feed: () => import('./feed.ts'),
  limits: () => import('./limits.ts'),
  rebuild: () => import('./rebuild.ts'),
  redirect: () => import('./redirect.ts'),
  'redirect-node': () => import('./redirect-node.ts'),
  render: () => import('./render.ts'),
  start: () => import('./start.ts'),
  verify: () => import('./verify.ts'),
  webhooks: () => import('./webhooks.ts'),
};

const options = process.argv.slice(2).filter(word => word.startsWith('--'));
const asked = process.argv.slice(2).filter(word => !word.startsWith('--'));
const unknown = asked.filter(name => !(name in benches));
if (unknown.length > 0) {
  console.error(`There is no benchmark ${unknown.join(', ')}; there are ${Object.keys(benches).join(', ')}.`);
  process.exit(2);
}
const names = asked.length > 0 ? asked : Object.keys(benches);
const json = options.includes('--json');

/** The rows of a benchmark in a process of its own. */
function measuredApart(name: string): Row[] {
  const args = [import.meta.filename, name, ...new Set([...options, '--json'])];
  const { status, stdout } = spawnSync(process.execPath, args, {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  if (status !== 0) throw new Error(`the benchmark ${name} ended with ${status}`);
  return stdout
    .split('\n')
    .filter(line => line.startsWith('{'))
    .map(line => JSON.parse(line));
}

const rows: Row[] = [];
for (const name of names) {
  const measured = names.length > 1 ? measuredApart(name) : await (await benches[name]!()).measure();
  rows.push(...measured);
  if (json) for (const row of measured) console.log(JSON.stringify(row));
}
if (!json) console.log(format(rows));
await closeClusters();
process.exit(0);
