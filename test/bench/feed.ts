/**
 * A page of the feed by time in a ledger of a million events, beside the same page by position: early, in the middle, at
 * the end, and where nothing happened.
 */
import { Grower } from '../../src/proofs/grower.ts';
import { readPage } from '../../src/store/read.ts';
import { created, requestOf, scanOf, scansTo, testStore } from '../support/store.ts';
import { median, type Row } from './table.ts';

const events = 1_000_000;
const batch = 1_000;
const dayMs = 86_400_000;
const start = Date.UTC(2026, 0, 1);
const rounds = 15;
/** As much dearer as a page may be for being asked for by time. */
const dearerMax = 2;

/** A month of events in batches, of which one in four are facts. */
const timeOf = (position: number): number => start + Math.floor((position / events) * 30 * dayMs);

export async function measure(): Promise<Row[]> {
  const store = await testStore();
  for (let done = 0, scanned = 0; done < events; done += batch) {
    if ((done / batch) % 4 === 0) {
      const facts = Array.from({ length: batch }, (_, i) => created(`s${done + i}`));
      await store.ledger.append({ ...requestOf(`qr_${done}`, 0, ...facts), at: timeOf(done) });
    } else {
      const scans = Array.from({ length: batch }, (_, i) =>
        scanOf(`qr_${i}`, { visitor: i + 1, agent: i % 500 }, timeOf(done + i)),
      );
      await store.ledger.append(scansTo('scans-bench', scanned, ...scans));
      scanned += batch;
    }
  }
  await new Grower(store.sql, () => {}).settle();
  await store.sql`analyze ledger.events, ledger.scans`;
  const timed = async (work: () => Promise<readonly { readonly position: number }[]>) => {
    const times: number[] = [];
    let found: readonly { readonly position: number }[] = [];
    for (let round = 0; round < rounds; round++) {
      const started = performance.now();
      found = await work();
      times.push(performance.now() - started);
    }
    return { ms: median(times), found };
  };
  const rows: Row[] = [];
  for (const [where, share] of Object.entries({ early: 0.1, 'in the middle': 0.5, 'at the end': 0.99 })) {
    const position = Math.floor(events * share);
    const from = timeOf(position);
    const byPosition = await timed(() => readPage(store.sql, { org: 'org_1' }, position, 100));
    const hour = { org: 'org_1', from, before: from + 3_600_000 };
    const byTime = await timed(() => readPage(store.sql, hour, 0, 100));
    if (Math.abs(byTime.found[0]!.position - position) > batch) throw new Error('another page than the one meant');
    const what = `a page by time ${where} of 1,000,000 events`;
    const ratio = byTime.ms / byPosition.ms;
    rows.push({
      ...{
        bench: 'feed',
        what,
        value: byTime.ms,
        unit: 'ms',
        beside: 'by position',
        besideValue: byPosition.ms,
        ratio,
      },
      ...{ target: `≤ ${dearerMax} ×`, reached: ratio <= dearerMax },
    });
  }
  const none = await timed(() => readPage(store.sql, { org: 'org_1', from: timeOf(2 * events) }, 0, 100));
  rows.push({ bench: 'feed', what: 'a page of a time in which nothing happened', value: none.ms, unit: 'ms' });
  await store.close();
  return rows;
}
