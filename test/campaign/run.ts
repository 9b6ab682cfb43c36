/**
 * `bun run campaign [name …] [--seed N] [--points N]`: long, seeded runs in which everything goes wrong that can. Each campaign is a
 * file here that exports `campaign`; without a name all of them run. It prints the seed, which makes the same run again,
 * and a table of what was counted, and ends with status 0 only when every row holds.
 */
import { parseArgs } from 'node:util';
import { closeClusters } from '../support/postgres.ts';
import { campaign as crash } from './crash.ts';
import type { Campaign } from './finding.ts';
import { campaign as order } from './order.ts';
import { campaign as redirect } from './redirect.ts';
import { campaign as tampering } from './tampering.ts';
import { campaign as webhooks } from './webhooks.ts';

const campaigns: Readonly<Record<string, Campaign>> = { crash, order, redirect, tampering, webhooks };

const { values, positionals: names } = parseArgs({
  allowPositionals: true,
  options: { seed: { type: 'string' }, points: { type: 'string' } },
});
const seed = Number(values.seed ?? Date.now() % 1_000_000);
const points = values.points === undefined ? undefined : Number(values.points);
const unknown = names.filter(name => !(name in campaigns));
if (unknown.length > 0 || !Number.isSafeInteger(seed) || !Number.isSafeInteger(points ?? 0)) {
  console.error(`There is no campaign ${unknown.join(', ')}; there are ${Object.keys(campaigns).join(', ')}.`);
  process.exit(2);
}
let isWell = true;
for (const name of names.length > 0 ? names : Object.keys(campaigns)) {
  console.log(`\n# ${name}, seed ${seed}`);
  for (const { what, value, holds } of await campaigns[name]!(seed, points)) {
    console.log(`${holds ? ' ok ' : 'FAIL'}  ${what.padEnd(64)} ${value}`);
    isWell &&= holds;
  }
}
await closeClusters();
process.exit(isWell ? 0 : 1);
