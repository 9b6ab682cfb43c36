/**
 * Catching up with much of the ledger, a stretch at a time, in the way a projection has for it: from the ledger's rows
 * without making events of them, or without the scans that are of no concern. A stretch is read while the one before it
 * is written, so that Postgres and this program both have something to do.
 */
import type { AnyEvent } from '../events/index.ts';
import type { Projection } from '../projections/projection.ts';
import { archivesWithin } from './store/archives.ts';
import { type Sql, transaction, withDeadline } from './store/connect.ts';
import { factsWithin, readHead, scansWithin } from './store/read.ts';

/** Positions of a stretch without events, and of one with them: some 50 MB in memory each. */
const digestMax = 250_000;
const eventsMax = 50_000;
/** What is less comes as events, or along with the stretch before it. */
const stretchMin = 10_000;
/** Far beyond any stretch; what takes longer comes as events. */
const readTimeoutMs = 60_000;

/** A piece of the ledger that has been read: where it ends, and what makes rows of it. */
export interface Stretch {
  readonly to: number;
  readonly write: (tx: Sql) => Promise<void>;
}

/** The stretches after a position, as far as there is a way for them: none for most projections, which read few events. */
export async function* stretches(
  { name, digest, scansOf, handles, apply }: Projection,
  sql: Sql,
  from: number,
  known: () => Promise<readonly AnyEvent[]>,
): AsyncGenerator<Stretch, void, void> {
  if (!digest && !scansOf) return;
  const max = digest ? digestMax : eventsMax;
  let reading = inTime(read(from));
  for (;;) {
    const stretch = await reading;
    if (!stretch) return;
    reading = inTime(read(stretch.to));
    // Whether it failed is told when it is asked for.
    reading.catch(() => {});
    yield stretch;
  }

  function inTime(reading: Promise<Stretch | undefined>): Promise<Stretch | undefined> {
    return withDeadline(reading, readTimeoutMs, `reading a stretch for ${name}`);
  }

  async function read(after: number): Promise<Stretch | undefined> {
    const head = await readHead(sql);
    if (head - after < stretchMin) return undefined;
    const to = head - after < max + stretchMin ? head : after + max;
    if (!digest) return narrowed(after, to);
    const facts = await known();
    const write = await transaction(sql, tx => digest(tx, after, to, facts));
    // What is kept in files comes as events. Asked afterwards: scans may have moved while the table was waited for.
    return (await archivesWithin(sql, after, to)).length === 0 ? { to, write } : undefined;
  }

  async function narrowed(after: number, to: number): Promise<Stretch> {
    const facts = await factsWithin(sql, after, to, handles);
    const write = async (tx: Sql) => {
      const scans = await scansWithin(sql, after, to, await scansOf!(tx, facts));
      const events = scans.length === 0 ? facts : [...facts, ...scans].sort((a, b) => a.position - b.position);
      if (events.length > 0) await apply(tx, events, await known());
    };
    return { to, write };
  }
}
