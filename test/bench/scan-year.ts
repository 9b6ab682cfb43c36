/**
 * A ledger with a year of scans, taken in as the program does it, for questions to be asked of: half of them are of one
 * code, and what a scan says is decided by a hash of its number, so that every run has the same ones.
 */
import type { Scan } from '../../events/scan.ts';
import { Recent } from '../../projections/recent.ts';
import { scans } from '../../projections/scans.ts';
import { newId } from '../../src/ids.ts';
import { Projector } from '../../src/projector.ts';
import { readHead } from '../../src/store/read.ts';
import { EmbeddedFeed } from '../../src/stream/embedded.ts';
import { rebuild } from '../support/read-models.ts';
import { type TestStore, testStore } from '../support/store.ts';
import { limited, percentile, type Row, rate } from './table.ts';

const batch = 2_000;
/** Of more it would take minutes to say the same: the rate is that of a million, and `bench rebuild` measures all models. */
const rebuiltMax = 1_000_000;
const codes = 10_000;
export const start = Date.UTC(2025, 0, 1);
export const yearMs = 365 * 86_400_000;
export const recentBytesMax = 64 * 1024 * 1024;

export const pick = <T>(list: readonly T[], n: number): T => list[n % list.length]!;
const countries = ['US', 'US', 'US', 'GB', 'DE', 'DE', 'FR', 'IN', 'BR', 'JP', 'TR', 'PL', 'ES', 'IT', 'MX', null];

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

/** A ledger with scans of which one half are of one code. */
export interface Loaded {
  readonly size: number;
  readonly label: string;
  readonly store: TestStore;
  readonly code: string;
  readonly recent: Recent;
  /** What was measured on the way. */
  readonly rows: readonly Row[];
  close(): Promise<void>;
}

/** Half of all scans are of `code`; beside it, how fast they were taken in and how soon one more was counted. */
export async function load(size: number): Promise<Loaded> {
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
