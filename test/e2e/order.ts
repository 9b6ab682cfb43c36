/**
 * Many writers in several programs, whose transactions rest, are withdrawn and are cut off, and readers who look at the
 * ledger without rest. Every reader has to see what was committed and nothing else, each event once, contiguous at every
 * look. Everything random comes of one seed.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { AnyEvent } from '../../events/index.ts';
import { connect, type Sql } from '../../src/store/connect.ts';
import { readRun } from '../../src/store/read.ts';
import { EmbeddedFeed } from '../../src/stream/embedded.ts';
import { Subscription } from '../../src/stream/subscribe.ts';
import type { Ends } from '../support/order-writer.ts';
import { cutConnections, testStore } from '../support/store.ts';
import { until } from '../support/until.ts';

export interface OrderOptions {
  readonly seed: number;
  readonly programs: number;
  /** Writers in each of them. */
  readonly writers: number;
  readonly rounds: number;
  readonly readers: number;
  /** How often the writers' connections are cut from outside. */
  readonly cuts: number;
}

export interface OrderReport {
  readonly kept: number;
  readonly refused: number;
  readonly unknown: number;
  readonly events: number;
  readonly looks: number;
  /** What a reader saw that it should not, or did not see. */
  readonly faults: readonly string[];
}

const markOf = ({ data }: AnyEvent): string => {
  const { slug, qr } = data as { slug?: string; qr?: string };
  return slug ?? qr!;
};

/** What one reader has seen: it notices by itself when positions are not contiguous. */
class Seen {
  readonly marks = new Map<string, number>();
  readonly faults: string[] = [];
  position = 0;
  looks = 0;

  take(events: readonly AnyEvent[]): void {
    for (const event of events) {
      if (event.position !== this.position + 1) this.faults.push(`${event.position} came behind ${this.position}`);
      this.position = event.position;
      this.marks.set(markOf(event), (this.marks.get(markOf(event)) ?? 0) + 1);
    }
  }
}

/** Reads one family, then the other, again and again; what both have reached has to be contiguous. */
async function restless(url: string, isOver: () => boolean): Promise<Seen> {
  const sql = connect(url, { max: 1 });
  const seen = new Seen();
  const at = { facts: 0, scans: 0 };
  let waiting: AnyEvent[] = [];
  for (let isLast = false; !isLast; ) {
    isLast = isOver();
    for (const family of seen.looks % 2 === 0 ? (['facts', 'scans'] as const) : (['scans', 'facts'] as const)) {
      const run = await readRun(sql, family, at[family], 10_000);
      waiting.push(...run.events);
      at[family] = run.to;
    }
    seen.looks += 1;
    const reached = Math.min(at.facts, at.scans);
    waiting.sort((a, b) => a.position - b.position);
    seen.take(waiting.filter(({ position }) => position <= reached));
    waiting = waiting.filter(({ position }) => position > reached);
    if (seen.position < reached) seen.faults.push(`nothing stands between ${seen.position} and ${reached}`);
  }
  await sql.end();
  return seen;
}

export async function inOrder({ seed, programs, writers, rounds, readers, cuts }: OrderOptions): Promise<OrderReport> {
  const store = await testStore();
  let isWriting = true;
  const reading = Array.from({ length: readers }, () => restless(store.url, () => !isWriting));
  const followed = new Seen();
  const feed = new EmbeddedFeed(store.ledger, store.sql);
  const following = follow(store.sql, feed, followed);
  const working = Promise.all(
    Array.from({ length: programs }, (_, i) => program(store.url, seed * 10 + i, writers, rounds)),
  );
  const cutting = (async () => {
    for (let i = 0; i < cuts && isWriting; i++) {
      const before = followed.position;
      await until(() => !isWriting || followed.position > before + 50, 60_000);
      await cutConnections(store, 'indelible ledger');
    }
  })();
  const ends = await working.finally(() => {
    isWriting = false;
  });
  const all = [...(await Promise.all(reading)), followed];
  await cutting;
  const head = all[0]!.position;
  await until(() => followed.position >= head, 10_000);
  await following.stop();
  await feed.close();
  await store.close();
  const sets = { kept: ends.flatMap(({ kept }) => kept), refused: ends.flatMap(({ refused }) => refused) };
  const unknown = new Set(ends.flatMap(end => end.unknown));
  return {
    ...{ kept: sets.kept.length, refused: sets.refused.length, unknown: unknown.size, events: head },
    looks: all.reduce((sum, { looks }) => sum + looks, 0),
    faults: all.flatMap((seen, reader) =>
      judged(seen, sets.kept, unknown, head).map(what => `reader ${reader}: ${what}`),
    ),
  };
}

function follow(sql: Sql, feed: EmbeddedFeed, seen: Seen): Subscription {
  return new Subscription({
    ...{ name: 'follower', sql, feed, family: 'all', after: 0, onError: () => {} },
    onRun: async ({ events }) => {
      seen.take(events);
      return undefined;
    },
  });
}

/** A reader's faults: what it lacks, has twice, or has though it was never committed. */
function judged(seen: Seen, kept: readonly string[], unknown: ReadonlySet<string>, head: number): string[] {
  const faults = [...seen.faults];
  if (seen.position !== head) faults.push(`ends at ${seen.position}, and the ledger at ${head}`);
  for (const mark of kept) if (!seen.marks.has(mark)) faults.push(`${mark} was answered and not seen`);
  const known = new Set(kept);
  for (const [mark, times] of seen.marks) {
    if (times > 1) faults.push(`${mark} was seen ${times} times`);
    if (!known.has(mark) && !unknown.has(mark)) faults.push(`${mark} was seen and never committed`);
  }
  return faults;
}

async function program(url: string, seed: number, writers: number, rounds: number): Promise<Ends> {
  const child = spawn(process.execPath, [join(import.meta.dirname, '../support/order-writer.ts')], {
    env: { ...process.env, DATABASE_URL: url, SEED: `${seed}`, WRITERS: `${writers}`, ROUNDS: `${rounds}` },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [output, [status]] = await Promise.all([text(child.stdout), once(child, 'exit')]);
  if (status !== 0) throw new Error(`a program of writers ended with status ${status}`);
  return JSON.parse(output);
}
