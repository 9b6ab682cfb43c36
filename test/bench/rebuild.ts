/**
 * Rebuilding all projections from position 0 beside a plain parsed read of the same ledger. The ledger holds codes and
 * scans as a busy year leaves them.
 */

import type { Scan } from '../../events/scan.ts';
import { projections } from '../../projections/index.ts';
import { newId } from '../../src/ids.ts';
import { Projector } from '../../src/projector.ts';
import { readHead, readRun } from '../../src/store/read.ts';
import { EmbeddedFeed } from '../../src/stream/embedded.ts';
import { testStore } from '../support/store.ts';
import { compared, limited, type Row, rate } from './table.ts';

const codes = 5_000;
const sizes = { small: 1_000_000, large: 5_000_000 };
const dayMs = 86_400_000;
const countries = ['US', 'GB', 'DE', 'FR', 'IN', 'BR', 'JP', null];

/** At a million; with `--large` at five, too, and how much more an event costs there. */
export async function measure(): Promise<Row[]> {
  const small = await measured(sizes.small);
  if (!process.argv.includes('--large')) return [rowOf(small)];
  const large = await measured(sizes.large);
  const growth = small.rebuilt / large.rebuilt;
  return [rowOf(small), rowOf(large), limited('rebuild', 'cost of an event at 5M beside 1M', growth, '×', 1.2)];
}

const rowOf = ({ count, rebuilt, read }: Awaited<ReturnType<typeof measured>>): Row =>
  compared(
    'rebuild',
    `all projections, ${count.toLocaleString('en')} events`,
    rebuilt,
    'events/s',
    'parsed read',
    read,
    0.5,
  );

async function measured(total: number) {
  const store = await testStore();
  const org = newId('org');
  const ids = Array.from({ length: codes }, () => newId('qr'));
  const start = Date.UTC(2026, 0, 1);
  for (let i = 0; i < codes; i += 1_000) {
    await store.ledger.append({
      at: start,
      org,
      actor: 'key_1',
      request: null,
      writes: ids.slice(i, i + 1_000).map((stream, n) => ({
        stream,
        expected: 0,
        facts: [{ type: 'qr.created', data: { slug: `s${i + n}`, type: 'url', destination: 'https://example.com/' } }],
      })),
    });
  }
  for (let done = 0; done < total; done += 2_000) {
    const scans = Array.from({ length: 2_000 }, (_, i) => {
      const n = done + i;
      const data: Scan = {
        qr: ids[(n * 7919) % codes]!,
        qrVersion: 1,
        rule: null,
        kind: 'scan',
        country: countries[n % countries.length]!,
        device: n % 4 === 0 ? 'desktop' : 'mobile',
        os: n % 3 === 0 ? 'iOS' : 'Android',
        browser: n % 3 === 0 ? 'Safari' : 'Chrome',
        referrer: null,
        language: n % 5 === 0 ? 'de' : 'en',
        agent: n % 500,
        visitor: ((n * 2654435761) % 16384) * 16 + 1 + (n % 5),
      };
      return { at: start + Math.floor((n / total) * 30) * dayMs, org, data };
    });
    await store.ledger.append({
      at: start,
      org: null,
      actor: 'scanner',
      request: null,
      writes: [],
      scans: { stream: 'scans-bench-20260101', expected: done, scans },
    });
  }
  const count = total + codes;
  const read = await rate(count, async () => {
    for (const family of ['facts', 'scans'] as const) {
      for (let from = 0; ; ) {
        const run = await readRun(store.sql, family, from, 5_000);
        if (run.to === from) break;
        from = run.to;
      }
    }
  });
  const feed = new EmbeddedFeed(store.ledger, store.sql);
  const onError = (error: unknown) => console.error(error);
  const projector = new Projector({ sql: store.sql, feed, onError });
  await projector.prepare(projections);
  await projector.start(projections);
  // The live ones are done first: what is measured is a rebuild beside models that serve, not two at once.
  const names = projections.map(({ name }) => name);
  await projector.reached(await readHead(store.sql), names, 600_000);
  const rebuilt = await rate(count, () => Promise.all(projections.map(projection => projector.rebuild(projection))));
  await projector.stop();
  await feed.close();
  await store.close();
  return { count, rebuilt, read };
}
