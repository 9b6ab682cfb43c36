/**
 * `bun run bench [name …] [--json]`: measures, prints both sides of each ratio. Each benchmark is a file here that
 * exports `measure`; without a name all of them run, which takes some minutes.
 */

import { closeClusters } from '../support/postgres.ts';
import { measure as analytics } from './analytics.ts';
import { measure as append } from './append.ts';
import { measure as bulk } from './bulk.ts';
import { measure as change } from './change.ts';
import { measure as create } from './create.ts';
import { measure as entries } from './entries.ts';
import { measure as feed } from './feed.ts';
import { measure as limits } from './limits.ts';
import { measure as rebuild } from './rebuild.ts';
import { measure as redirect } from './redirect.ts';
import { measure as redirectNode } from './redirect-node.ts';
import { measure as render } from './render.ts';
import { measure as start } from './start.ts';
import { format, type Row } from './table.ts';
import { measure as verify } from './verify.ts';
import { measure as webhooks } from './webhooks.ts';

const benches: Readonly<Record<string, () => Promise<Row[]>>> = {
  analytics,
  append,
  bulk,
  change,
  create,
  entries,
  feed,
  limits,
  rebuild,
  redirect,
  'redirect-node': redirectNode,
  render,
  start,
  verify,
  webhooks,
};

const names = process.argv.slice(2).filter(word => !word.startsWith('--'));
const json = process.argv.includes('--json');
const unknown = names.filter(name => !(name in benches));
if (unknown.length > 0) {
  console.error(`There is no benchmark ${unknown.join(', ')}; there are ${Object.keys(benches).join(', ')}.`);
  process.exit(2);
}
const rows: Row[] = [];
for (const name of names.length > 0 ? names : Object.keys(benches)) {
  const measured = await benches[name]!();
  rows.push(...measured);
  if (json) for (const row of measured) console.log(JSON.stringify(row));
}
if (!json) console.log(format(rows));
await closeClusters();
process.exit(0);
