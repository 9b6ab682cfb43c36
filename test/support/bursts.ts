/**
 * Scans in bursts, for tests of sums: enough of them in a month, a day, an hour and a quarter that each has a sum of its
 * own, beside codes that hardly anybody scans. And what a plain count over them says.
 */
import fc from 'fast-check';
import type { AnyEvent } from '../../events/index.ts';
import type { Scan } from '../../events/scan.ts';
import { countingRules, kindUnder, type Revision } from '../../projections/counting.ts';
import { Quarters } from '../../projections/quarters.ts';
import { fields } from '../../projections/scan-items.ts';
import type { Sum, Sums } from '../../projections/scan-sums.ts';
import { quarterOf } from '../../projections/scan-times.ts';
import { registersOf } from '../../projections/uniques.ts';
import { scanData } from './history.ts';
import { eventOf } from './read-models.ts';

export type ScanEvent = Extract<AnyEvent, { type: 'scan.recorded' }>;

const minuteMs = 60_000;
/** Around the end of a month, so that spans of every kind are cut by it. */
const center = Date.UTC(2026, 0, 31, 22, 7);

/** A few thousand scans; half of them within minutes, others within hours, days and months. */
export function burst(seed: number, size: number): ScanEvent[] {
  const pool = fc.sample(scanData, { numRuns: 60, seed });
  let state = seed >>> 0 || 1;
  const random = (below: number): number => {
    // xorshift: the same numbers everywhere, and quick enough for millions.
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
  const widths = [10, 10, 10, 10, 180, 180, 3_000, 90_000];
  return Array.from({ length: size }, (_, i) => {
    const width = widths[random(widths.length)]!;
    const at = center + (random(width) - Math.floor(width / 2)) * minuteMs;
    const data = { ...pool[random(pool.length)]!, visitor: random(16_384) * 16 + 1 + random(12) };
    // One code has nearly all, as in life.
    if (random(10) > 0) data.qr = 'qr_0';
    return eventOf('scan.recorded', 'scans', data, { at, position: i + 1 }) as ScanEvent;
  });
}

/** What a plain count makes of scans; the sums are comparable with those of the read model. */
export function counted(events: readonly ScanEvent[], revisions: ReadonlyMap<number, Revision>, isCode: boolean): Sums {
  const sums: Sums = new Map();
  const versions = countingRules.map(({ version }) => version);
  for (const [kinds, some] of Map.groupBy(events, ({ data }) =>
    versions.map(version => kindUnder(version, data, revisions.get(data.agent))).join(' '),
  )) {
    const counts: Sum['counts'] = {};
    for (const field of [...fields, ...(isCode ? (['served'] as const) : [])]) {
      const values = some.map(({ data }) => (field === 'served' ? servedOf(data) : (said(data, field) ?? '')));
      const grouped = Map.groupBy(values, value => value);
      grouped.delete('');
      if (grouped.size > 0) counts[field] = Object.fromEntries([...grouped].map(([value, all]) => [value, all.length]));
    }
    sums.set(kinds, {
      scans: some.length,
      counts,
      quarters: Quarters.of(
        [...Map.groupBy(some, ({ at }) => quarterOf(at))].map(([quarter, all]) => [quarter, all.length]),
      ),
      visitors: registersOf(some.map(({ data }) => data.visitor)),
    });
  }
  return sums;
}

const servedOf = ({ qrVersion, rule }: Scan): string => (rule === null ? `${qrVersion}` : `${qrVersion} ${rule}`);

/** What a scan says of a field. */
export function said(data: Scan, field: (typeof fields)[number]): string | null | undefined {
  if (field === 'utmSource') return data.utm?.source;
  if (field === 'utmMedium') return data.utm?.medium;
  if (field === 'utmCampaign') return data.utm?.campaign;
  return data[field];
}

/** Sums as plain objects, in one order. */
export const comparable = (sums: Sums): unknown =>
  [...sums]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([kinds, { scans, counts, quarters, visitors }]) => ({
      kinds,
      scans,
      counts: Object.fromEntries(Object.entries(counts).map(([name, values]) => [name, { ...values }])),
      quarters: [...quarters].sort(([a], [b]) => a - b),
      visitors: Buffer.from(visitors).toString('hex').replace(/(00)+/g, '_'),
    }));
