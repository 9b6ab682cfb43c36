/**
 * A program of writers on the ledger of `DATABASE_URL`. Each appends as the program does, or in a transaction of its own
 * that rests in the middle and is then committed, rolled back or cut off, or asks for what has to be refused. It prints
 * how each mark has ended: on record, not on record, or unknown, because nobody was told.
 */

import { type AppendRequest, render } from '../../src/store/batch.ts';
import { carry } from '../../src/store/carrier.ts';
import { connect, type Sql, transaction } from '../../src/store/connect.ts';
import { Ledger, Refused } from '../../src/store/ledger.ts';
import { chance } from '../e2e/real-input.ts';
import { created, requestOf, scanOf, scansTo } from './store.ts';
import { letPass } from './until.ts';

/** How the marks of a program's writers have ended. */
export interface Ends {
  readonly kept: string[];
  readonly refused: string[];
  readonly unknown: string[];
}

const number = (name: string) => Number(process.env[name]);
const [seed, writers, rounds] = [number('SEED'), number('WRITERS'), number('ROUNDS')];
const url = process.env['DATABASE_URL']!;
const ends: Ends = { kept: [], refused: [], unknown: [] };

class Withdrawn extends Error {}

/** Appends in a transaction that stands still once its positions are drawn; what comes of it is for `end` to say. */
async function slowly(sql: Sql, request: AppendRequest, ms: number, end: 'commit' | 'roll back' | 'cut off') {
  await transaction(sql, async tx => {
    await carry(tx, [{ request, rendered: render(request) }]);
    await letPass(ms);
    if (end === 'cut off') await tx`select pg_terminate_backend(pg_backend_pid())`;
    if (end === 'roll back') throw new Withdrawn();
  });
}

async function write(writer: number, sql: Sql, ledger: Ledger): Promise<void> {
  const random = chance(seed * 1_000 + writer);
  const name = `${seed}-${writer}`;
  const scans = { stream: 0, version: 0 };
  for (let round = 0; round < rounds; round++) {
    const mark = `${name}-${round}`;
    const fact = requestOf(`qr_${mark}`, 0, created(mark));
    const scan = scansTo(`scans-${name}-${scans.stream}`, scans.version, scanOf(mark));
    const kind = random(10);
    const isScan = kind >= 4 && kind < 7;
    const work = [
      () => ledger.append(requestOf(`qr_${name}`, 1_000_000, created(mark))),
      () => slowly(sql, fact, random(8), 'commit'),
      () => slowly(sql, fact, random(8), 'roll back'),
      () => slowly(sql, fact, random(4), 'cut off'),
    ][kind];
    const end = await (work?.() ?? ledger.append(isScan ? scan : fact)).then(
      () => 'kept' as const,
      error => (error instanceof Refused || kind === 2 || kind === 3 ? ('refused' as const) : ('unknown' as const)),
    );
    ends[end].push(mark);
    if (isScan && end === 'kept') scans.version += 1;
    // It may stand there and it may not: only a stream of a new name has a version that is known.
    if (isScan && end === 'unknown') Object.assign(scans, { stream: scans.stream + 1, version: 0 });
    if (random(3) === 0) await letPass(random(6));
  }
}

const sql = connect(url, { max: 1, name: 'slow writer' });
// As in the program several share an append; a server has a hundred connections, and slow transactions have one each.
const ledgers = Array.from({ length: Math.ceil(writers / 4) }, () => new Ledger(url));
await Promise.all(
  Array.from({ length: writers }, (_, writer) => write(writer, sql, ledgers[writer % ledgers.length]!)),
);
await Promise.all([...ledgers.map(ledger => ledger.close()), sql.end()]);
console.log(JSON.stringify(ends));
