/**
 * Tells when so much of a quota is used: at 80 and at 100 percent a `quota.reached` is put on record, once for each
 * period, quota and threshold, by whichever process sees it first. It follows the facts that can bring it about and asks
 * the read models, so a restart misses nothing: what was not told is found at the start.
 */
import type { QuotaFact, Threshold } from '../events/quota.ts';
import { periodOf } from '../projections/projection.ts';
import { type QuotaUse, quotaUses } from '../projections/usage-rows.ts';
import { defaultLimits } from './deciders/organization.ts';
import type { Sql } from './store/connect.ts';
import { type Ledger, Refused } from './store/ledger.ts';
import { type Run, readHead } from './store/read.ts';
import { type Feed, Subscription } from './stream/subscribe.ts';

export interface ThresholdsOptions {
  readonly sql: Sql;
  readonly ledger: Ledger;
  readonly feed: Feed;
  /** Resolves when these read models hold everything up to a position. */
  readonly reached: (position: number, names: readonly string[]) => Promise<void>;
  readonly now: () => number;
  readonly onError: (error: unknown, name: string) => void;
}

const thresholds: readonly Threshold[] = [80, 100];
/** What may bring a quota past a threshold: more is used, or there is less of it. */
const bringsAbout = /^(qr\.created|org\.(created|limits_changed)|team\.(created|quota_moved))$/;
const dayMs = 86_400_000;
/** Codes come by thousands: they are looked at together. */
const paceMs = 100;

/** Starts telling; stops when what it is at is done. */
export async function tellThresholds(options: ThresholdsOptions): Promise<() => Promise<void>> {
  const { sql, feed, now, onError, reached } = options;
  const head = await readHead(sql);
  await reached(head, models);
  // Of the month before, too: what was passed in its last moments may not have been told.
  const period = periodOf(now());
  const periods = [periodOf(Date.parse(`${period}-01`) - dayMs), period];
  const used = await sql`select distinct org, period from usage_codes where period = any(${periods})`;
  for (const { org, period } of used) await tell(options, org as string, period as string);
  const subscription = new Subscription({
    ...{ name: 'thresholds', sql, feed, family: 'facts', after: head, paceMs: () => paceMs, onError },
    onRun: async (run: Run) => {
      const found = run.events.filter(({ type }) => bringsAbout.test(type));
      if (found.length > 0) await reached(run.to, models);
      // In which month it happened, and not in which it is seen.
      for (const [org, events] of Map.groupBy(found, ({ org }) => org!)) {
        for (const period of new Set(events.map(({ at }) => periodOf(at)))) await tell(options, org, period);
      }
      return undefined;
    },
  });
  return () => subscription.stop();
}
const models = ['usage', 'organizations'];

async function tell({ sql, ledger, now }: ThresholdsOptions, org: string, period: string): Promise<void> {
  const at = now();
  for (const use of await quotaUses(sql, org, period, defaultLimits.qrCodesPerMonth)) {
    for (const threshold of passed(use)) {
      const { team, used, limit } = use;
      const fact: QuotaFact = {
        type: 'quota.reached',
        data: { quota: 'qrCodesPerMonth', threshold, team, period, used, limit },
      };
      // A stream of its own that begins with it, so that the ledger takes it once, whoever else tells it.
      const stream = `quota-${team ?? org}-${period}-${threshold}`;
      const write = { stream, expected: 0, facts: [fact] };
      await ledger.append({ at, org, actor: 'system', request: null, writes: [write] }).catch((error: unknown) => {
        if (!(error instanceof Refused)) throw error;
      });
    }
  }
}

/** Thresholds that were passed and not told yet. A quota of nothing is never used. */
export const passed = ({ used, limit, told }: QuotaUse): Threshold[] =>
  thresholds.filter(threshold => limit > 0 && used * 100 >= limit * threshold && !told.includes(threshold));
