/**
 * Scan analytics with 100,000, 1,000,000 and 10,000,000 scans in the ledger: how fast they are taken in, how long a
 * question about one code takes, and how much room the tables take. Half of all scans are of one code and spread over a
 * year; the questions are about that one: what the API answers when nothing but a range is named, for ranges of 1 to 365
 * days, for 30 days and for the whole year, in five zones one after the other, from the query to the answer's body but
 * without HTTP, and by turns with the same questions at 100,000 scans. `--scans=N` sets the largest size.
 */
import { schemaOf } from '../../projections/projection.ts';
import { Recent } from '../../projections/recent.ts';
import { sumUp } from '../../projections/scan-answers.ts';
import { type CondensedRow, keepCondensed } from '../../projections/scan-condensing.ts';
import { scans } from '../../projections/scans.ts';
import { type AnalyticsQuery, questionOf, toldInFull } from '../../src/http/analytics-queries.ts';
import { report } from '../../src/http/analytics-report.ts';
import { condensingAt } from '../../src/http/condensing.ts';
import { type Loaded, load, pick, recentBytesMax, start, yearMs } from './scan-year.ts';
import { limited, median, percentile, type Row } from './table.ts';

const sizes = [100_000, 1_000_000, 10_000_000];
const dayMs = 86_400_000;
/** The first questions open connections and warm up the code. */
const warmUps = 10;
const zones = ['UTC', 'Europe/Berlin', 'Asia/Kolkata', 'America/New_York', 'Australia/Lord_Howe'];

/** First and last day of the n-th question, by what is asked. */
const ranges = {
  'any range': n => {
    const first = (n * 37) % 300;
    return [first, Math.min(364, first + 1 + ((n * 53) % 365))];
  },
  '30 days': n => [(n * 37) % 335, ((n * 37) % 335) + 29],
  'the year': () => [0, 364],
} satisfies Record<string, (n: number) => [number, number]>;

const day = (n: number): string => new Date(start + n * dayMs).toISOString().slice(0, 10);

/** Milliseconds of a question as the API answers it, when the year is over. */
async function answered({ store, code, recent }: Loaded, query: AnalyticsQuery): Promise<number> {
  const begun = performance.now();
  const deps = {
    recent,
    keepCondensed: (row: CondensedRow) => keepCondensed(store.sql, row),
    onError: (error: unknown) => console.error(error),
  };
  const question = questionOf(query, start, start + yearMs);
  const found = await sumUp(store.sql, {
    names: [code],
    spans: question.spans,
    matches: question.matches,
    inFull: toldInFull(question),
    condensing: condensingAt(deps, start + yearMs + dayMs),
  });
  const { totalScans } = report(question, found, [], (_, served) => served);
  if (totalScans === 0 && question.matches === undefined) throw new Error('a question found nothing');
  return performance.now() - begun;
}

/** The same questions to each side, by turns, so that whatever else the machine does hits both. */
async function timed(
  sides: readonly Loaded[],
  count: number,
  range: (n: number) => [number, number],
  more: AnalyticsQuery = {},
): Promise<number[][]> {
  const times: number[][] = sides.map(() => []);
  for (let n = 0; n < count + warmUps; n++) {
    const [first, last] = range(n);
    for (const [i, side] of sides.entries()) {
      const took = await answered(side, { from: day(first), to: day(last), tz: pick(zones, n), ...more });
      if (n >= warmUps) times[i]!.push(took);
    }
  }
  return times;
}

export async function measure(): Promise<Row[]> {
  const largest = Number(/--scans=(\d+)/.exec(process.argv.join(' '))?.[1] ?? sizes.at(-1));
  const rows: Row[] = [];
  const smallest = await load(sizes[0]!);
  for (const size of sizes.filter(size => size <= largest)) {
    const loaded = size === smallest.size ? smallest : await load(size);
    rows.push(...loaded.rows, ...(await asked(loaded, smallest)), ...(await roomOf(loaded)));
    if (loaded !== smallest) await loaded.close();
  }
  await smallest.close();
  return rows;
}

async function asked(loaded: Loaded, smallest: Loaded): Promise<Row[]> {
  const rows: Row[] = [];
  for (const [what, range] of Object.entries(ranges)) {
    rows.push(...compared(`${loaded.label}: one code, ${what}`, await timed([smallest, loaded], 300, range)));
  }
  return [...rows, ...(await filtered(loaded, smallest))];
}

/** What the same questions took with the fewest scans, and with more. */
function compared(what: string, [base, times]: number[][]): Row[] {
  const [value, besideValue] = [median(times!), median(base!)];
  const ratio = value / besideValue;
  const beside = `${sizes[0]!.toLocaleString('en')} scans, by turns`;
  const p50 = { bench: 'analytics', what: `${what}, p50`, value, unit: 'ms', beside, besideValue, ratio };
  return [
    { ...p50, target: '≤ 1.5 ×', reached: ratio <= 1.5 },
    limited('analytics', `${what}, p99`, percentile(times!, 0.99), 'ms', 20),
  ];
}

/** Of each ten scans, one is meant by the first of these, and eight by the second. */
const filters = {
  'two filters': { country: 'DE', device: 'mobile' },
  'a filter that four of five match': { device: 'mobile' },
} satisfies Record<string, AnalyticsQuery>;

async function filtered(loaded: Loaded, smallest: Loaded): Promise<Row[]> {
  const row = (what: string, value: number) => ({
    ...{ bench: 'analytics', what: `${loaded.label}: one code, ${what}`, value, unit: 'ms' },
  });
  const year = { from: day(0), to: day(364) };
  const rows: Row[] = [
    row('the year, two filters, nothing condensed', await answered(loaded, { ...year, ...filters['two filters'] })),
  ];
  for (const [which, filter] of Object.entries(filters)) {
    const firsts: number[] = [];
    // As if nobody had asked by it.
    const fresh = () => ({ ...loaded, recent: new Recent(recentBytesMax) });
    for (let n = 0; n < 10; n++) firsts.push(await answered(fresh(), { ...year, ...filter }));
    rows.push(row(`the year, ${which}, asked by it for the first time, p50`, median(firsts)));
    for (const what of ['any range', 'the year'] as const) {
      const round = () => timed([smallest, loaded], 40, ranges[what], filter);
      // The first round condenses and sums up what has not been asked about so far.
      await round();
      rows.push(...compared(`${loaded.label}: one code, ${what}, ${which}`, await round()));
    }
  }
  return rows;
}

async function roomOf({ label, store }: Loaded): Promise<Row[]> {
  const room = async (name: string) => {
    const [row] = await store.sql.unsafe(
      `select coalesce(sum(pg_total_relation_size(c.oid)), 0)::bigint as bytes from pg_class c
       join pg_namespace n on n.oid = c.relnamespace where n.nspname = '${name}' and c.relkind = 'r'`,
    );
    return row!['bytes'] / 2 ** 20;
  };
  const [condensed] = await store.sql`select pg_total_relation_size('scan_condensed') as bytes`;
  const rooms = {
    ledger: await room('ledger'),
    'sums and scans in twelve bytes': await room(schemaOf(scans)),
    'of these, condensed for filters': condensed!['bytes'] / 2 ** 20,
  };
  const row = { bench: 'analytics', unit: 'MB' };
  return Object.entries(rooms).map(([what, value]) => ({ ...row, what: `${label}: ${what}`, value }));
}
