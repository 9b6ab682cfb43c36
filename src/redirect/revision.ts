/**
 * What new counting rules make of the past, put on record when they first come into force: the user agents that are known
 * are judged by them and by the version before, and where the two differ the ledger says so. Read models that count by
 * versions are then built anew from position 0, beside the ones that serve.
 */
import { countingRules } from '../../projections/counting.ts';
import type { Sql } from '../store/connect.ts';
import { type Ledger, Refused } from '../store/ledger.ts';
import { readStream } from '../store/read.ts';
import { knownAgents } from './agents.ts';
import { isBotUnder } from './judgement.ts';

export const countingStream = 'counting';

/**
 * Brings the record up to the rules of this program. Nothing is written while there is no scan of older rules.
 * @returns the versions that were put on record
 */
export async function revise(sql: Sql, ledger: Ledger, now: number): Promise<number[]> {
  const done = (await readStream(sql, countingStream)).length;
  const due = countingRules.slice(done + 1);
  if (due.length === 0 || !(await hasOlderScans(sql, due.at(-1)!.version))) return [];
  const agents = await knownAgents(sql);
  for (const { version } of due) {
    const before = countingRules[version - 2]!.version;
    const bots: number[] = [];
    const people: number[] = [];
    for (const [number, agent] of agents) {
      const isBot = isBotUnder(version, agent);
      if (isBot !== isBotUnder(before, agent)) (isBot ? bots : people).push(number);
    }
    const data = { version, bots: bots.sort(byNumber), people: people.sort(byNumber) };
    try {
      await ledger.append({
        ...{ at: now, org: null, actor: 'system', request: null },
        writes: [{ stream: countingStream, expected: version - 2, facts: [{ type: 'counting.revised', data }] }],
      });
    } catch (error) {
      // Another process has started at the same time.
      if (!(error instanceof Refused)) throw error;
    }
  }
  return due.map(({ version }) => version);
}
const byNumber = (a: number, b: number): number => a - b;

/** Whether the oldest scan was counted by older rules: then there may be more, and else there is none. */
async function hasOlderScans(sql: Sql, version: number): Promise<boolean> {
  // The table first: what is moved into a file meanwhile is in one place or the other.
  const [oldest] = await sql`select coalesce(rules, 1) as rules from ledger.scans order by position limit 1`;
  if (oldest !== undefined && oldest['rules'] < version) return true;
  const [archived] = await sql`select first from ledger.archives limit 1`;
  return archived !== undefined;
}
