/**
 * Scan analytics with 100,000, 1,000,000 and 10,000,000 scans in the ledger: how fast they are taken in, how long a
 * question about one code takes, and how much room the tables take. Half of all scans are of one code and spread over a
 * year; the questions are about that one: what the API answers when nothing but a range is named, for ranges of 1 to 365
 * days, for 30 days and for the whole year, in five zones one after the other, from the query to the answer's body but
 * without HTTP, and by turns with the same questions at 100,000 scans. `--scans=N` sets the largest size.
 */
import type { Scan } from '../../events/scan.ts';
import { schemaOf } from '../../projections/projection.ts';
import { Recent } from '../../projections/recent.ts';
import { sumUp } from '../../projections/scan-answers.ts';
import { type CondensedRow, keepCondensed } from '../../projections/scan-condensing.ts';
import { scans } from '../../projections/scans.ts';
import { type AnalyticsQuery, questionOf, toldInFull } from '../../src/http/analytics-queries.ts';
import { report } from '../../src/http/analytics-report.ts';
import { condensingAt } from '../../src/http/condensing.ts';
import { newId } from '../../src/ids.ts';
import { Projector } from '../../src/projector.ts';
import { readHead } from '../../src/store/read.ts';
import { EmbeddedFeed } from '../../src/stream/embedded.ts';
import { rebuild } from '../support/read-models.ts';
import { type TestStore, testStore } from '../support/store.ts';
import { limited, median, percentile, type Row, rate } from './table.ts';

const sizes = [100_000, 1_000_000, 10_000_000];
const batch = 2_000;
/** Of more it would take minutes to say the same: the rate is that of a million, and `bench rebuild` measures all models. */
const rebuiltMax = 1_000_000;
const codes = 10_000;
const dayMs = 86_400_000;
const recentBytesMax = 64 * 1024 * 1024;
const start = Date.UTC(2025, 0, 1);
const yearMs = 365 * dayMs;

const pick = <T>(list: readonly T[], n: number): T => list[n % list.length]!;
const countries = ['US', 'US', 'US', 'GB', 'DE', 'DE', 'FR', 'IN', 'BR', 'JP', 'TR', 'PL', 'ES', 'IT', 'MX', null];
/** The first questions open connections and warm up the code. */
const warmUps = 10;
const zones = ['UTC', 'Europe/Berlin', 'Asia/Kolkata', 'America/New_York', 'Australia/Lord_Howe'];

/** The n-th scan of all: a hash of its number decides what it says. */
function scanOf(n: number, ids: readonly string[], total: number, org: string) {
  const hash = (Math.imul(n ^ (n >>> 15), 0x2c1b3c6d) ^ Math.imul(n, 0x297a2d39)) >>> 0;
  const isBot = hash % 50 === 0;
  const data: Scan = {
    qr: n % 2 === 0 ? ids[0]! : pick(ids, hash >>> 3),
    qrVersion: 1 + Math.floor((n / total) * 4),
    rule: null,
    kind: isBot ? 'bot' : 'scan',
    country: pick(countries, hash >>> 5),
    device: hash % 5 === 0 ? 'desktop' : 'mobile',
    os: pick(['iOS', 'Android', 'Android', 'Windows'], hash >>> 7),
    browser: pick(['Safari', 'Chrome', 'Chrome', 'Samsung Internet for Android', 'Firefox'], hash >>> 9),
    referrer: hash % 11 === 0 ? 'www.example.com' : null,
    language: pick(['en', 'en', 'de', 'fr', 'pt', 'ja'], hash >>> 5),
    agent: hash % 500,
    visitor: (hash % 16_384) * 16 + 1 + Math.min(Math.clz32(Math.imul(n, 0x85ebca6b)), 11),
  };
  return { at: start + Math.floor((n / total) * yearMs), org, data };
}

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

/** A ledger with scans of which one half are of one code. */
interface Loaded {
  readonly size: number;
  readonly label: string;
  readonly store: TestStore;
  readonly code: string;
  readonly recent: Recent;
  /** What was measured on the way. */
  readonly rows: readonly Row[];
  close(): Promise<void>;
}

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

async function load(size: number): Promise<Loaded> {
  const store = await testStore();
  const org = newId('org');
  const ids = Array.from({ length: codes }, () => newId('qr'));
  const label = `${size.toLocaleString('en')} scans`;
  const feed = new EmbeddedFeed(store.ledger, store.sql);
  const place = { sql: store.sql, feed, onError: (error: unknown) => console.error(error) };
  const projector = new Projector(place);
  await projector.prepare([scans]);
  await projector.start([scans]);
  const append = (expected: number, scans: ReturnType<typeof scanOf>[]) =>
    store.ledger.append({
      ...{ at: start, org: null, actor: 'scanner', request: null, writes: [] },
      scans: { stream: 'scans-bench-20250101', expected, scans },
    });
  const taken = await rate(size, async () => {
    for (let done = 0; done < size; done += batch) {
      await append(
        done,
        Array.from({ length: batch }, (_, i) => scanOf(done + i, ids, size, org)),
      );
    }
    await projector.reached(await readHead(store.sql), [scans.name], 3_600_000);
  });
  const rebuilt = size <= rebuiltMax ? await rate(size, () => rebuild(place, scans)) : undefined;
  await store.sql`analyze`;

  const fresh: number[] = [];
  for (let n = 0; n < 100; n++) {
    const begun = performance.now();
    await append(size + n, [scanOf(n, ids, size, org)]);
    await projector.reached(store.ledger.position, [scans.name], 60_000);
    fresh.push(performance.now() - begun);
  }
  const built = { bench: 'analytics', what: `${label}: sums built anew`, unit: 'scans/s' };
  const rows: Row[] = [
    { bench: 'analytics', what: `${label}: taken in, ledger and sums`, value: taken, unit: 'scans/s' },
    ...(rebuilt === undefined ? [] : [{ ...built, value: rebuilt }]),
    limited('analytics', `${label}: scan to analytics, p99`, percentile(fresh, 0.99), 'ms', 500),
  ];
  const close = async () => {
    await projector.stop();
    await feed.close();
    await store.close();
  };
  return { size, label, store, code: ids[0]!, recent: new Recent(recentBytesMax), rows, close };
}
