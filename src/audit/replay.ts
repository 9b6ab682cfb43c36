/**
 * `audit replay`: builds read models anew from the ledger, tells whether the live ones are what it says, and puts the new
 * ones in their place. No reader and no redirect waits for it.
 */

import { projections } from '../../projections/index.ts';
import type { Projection } from '../../projections/projection.ts';
import { command } from '../command.ts';
import { beAlone, operate, type Workplace } from '../operation.ts';
import { Projector } from '../projector.ts';
import { Unproven } from '../proofs/note.ts';
import { Cancelled, Gone, Replay } from '../replay.ts';
import { EmbeddedFeed } from '../stream/embedded.ts';
import { count, Progress } from './progress.ts';

interface Wishes {
  readonly keep: boolean;
  readonly repair: boolean;
  readonly restart: boolean;
}

export const replay = command({
  meta: {
    name: 'replay',
    description: 'Build read models anew beside the live ones, compare them row by row and put them in their place',
  },
  args: {
    names: {
      type: 'positional',
      required: false,
      description: `Read models with commas between: ${projections.map(({ name }) => name).join(', ')}; all when absent`,
    },
    keep: { type: 'boolean', default: false, description: 'Compare only: the live ones stay where they are' },
    repair: { type: 'boolean', default: false, description: 'Put the new one in place also where rows differ' },
    restart: { type: 'boolean', default: false, description: 'Begin anew instead of where an earlier try has ended' },
  },
  run: ({ args }) =>
    operate('audit', async place => {
      const cancel = new AbortController();
      const stop = () => cancel.abort();
      for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, stop);
      const chosen = chosenFrom(args.names);
      await beAlone(place, 'replay');
      const feed = new EmbeddedFeed(place.ledger, place.sql);
      const onError = (error: unknown, name: string) => console.error(`${name}: ${(error as Error).message}`);
      // The program need not be running: what is compared with has to be current.
      const projector = new Projector({ sql: place.sql, feed, onError });
      try {
        await projector.prepare(chosen);
        await projector.start(chosen);
        const differing: string[] = [];
        for (const projection of chosen) {
          const isSame = await one(projection, place, feed, args, cancel.signal);
          if (!isSame) differing.push(projection.name);
        }
        if (differing.length > 0 && !args.repair) {
          throw new Unproven(
            `NOT what the ledger says: ${differing.join(', ')}. With --repair the new rows replace them.`,
          );
        }
      } finally {
        await projector.stop();
        await feed.close();
      }
    }),
});

/** One read model; tells whether the live rows were what the ledger says. */
async function one(
  projection: Projection,
  { sql }: Workplace,
  feed: EmbeddedFeed,
  wishes: Wishes,
  signal: AbortSignal,
): Promise<boolean> {
  const { name } = projection;
  const progress = new Progress(name);
  const onProgress = (done: number, total: number) => progress.tell(done, total);
  const onError = (error: unknown, name: string) => console.error(`${name}: ${(error as Error).message}`);
  const { restart } = wishes;
  const replay = new Replay(projection, { sql, feed, onError, onProgress, signal, restart });
  for (;;) {
    try {
      const from = await replay.build();
      progress.end();
      if (from > 0) console.error(`${name}: went on at position ${count(from)}`);
      return await judged(name, replay, wishes);
    } catch (error) {
      progress.end();
      if (error instanceof Cancelled) {
        throw new Unproven(`${name}: cancelled. What is built stays: the same command goes on from there.`);
      }
      if (!(error instanceof Gone)) throw error;
      console.error(`${name}: begins anew, for something was erased`);
    }
  }
}

/** Compares what was built, says how it differs, and puts it in its place where that is wished. */
async function judged(name: string, replay: Replay, { keep, repair }: Wishes): Promise<boolean> {
  const { position, tables } = await replay.compare();
  const rows = tables.reduce((sum, table) => sum + table.rows, 0);
  const differing = tables.filter(({ missing, extra }) => missing + extra > 0);
  for (const { table, missing, extra, samples } of differing) {
    console.log(`${name}.${table}: ${count(missing)} rows that should not be there, ${count(extra)} missing`);
    for (const sample of samples) console.log(`  ${sample}`);
  }
  const isSame = differing.length === 0;
  const verdict = isSame ? 'the same' : 'NOT the same';
  const isSwapped = !keep && (isSame || repair);
  if (isSwapped) await replay.swap();
  else if (keep) await replay.discard();
  const outcome = isSwapped ? ', and now serving' : '';
  console.log(`${name}: ${count(rows)} rows at position ${count(position)}, ${verdict}${outcome}`);
  return isSame;
}

function chosenFrom(names: string | undefined): readonly Projection[] {
  if (names === undefined) return projections;
  return names.split(',').map(name => {
    const found = projections.find(projection => projection.name === name.trim());
    if (found) return found;
    throw new Unproven(`There is no read model ${name}; there are ${projections.map(({ name }) => name).join(', ')}.`);
  });
}
