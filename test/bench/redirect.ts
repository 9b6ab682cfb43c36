/**
 * The redirect of the real program, every answer durable and counted, beside a bare `Bun.serve` that answers 302 and
 * knows nothing. Both are loaded by wrk with 256 connections, in turns; what the ledger did not take in time and waits on
 * disk is brought home before the bare one's turn. Afterwards the scans on record are compared with the answers wrk has
 * seen: wrk hangs up on at most one request a connection at its end. The first turn of each warms it up, and is told apart.
 */
import { caller } from '../support/client.ts';
import { startProgram } from '../support/program.ts';
import {
  bareServer,
  broughtHome,
  connections,
  counted,
  type Load,
  loadOn,
  needWrk,
  seconds,
  settled,
  wrk,
} from './load.ts';
import { compared, limited, median, type Row } from './table.ts';

const rounds = 5;

export async function measure(): Promise<Row[]> {
  needWrk();
  const program = await startProgram();
  const call = caller(program.url, program.key);
  const lua = await loadOn(program, call);
  const bare = await bareServer();

  const ours: Load[] = [];
  const bares: Load[] = [];
  const home: number[] = [];
  for (let round = 0; round <= rounds; round++) {
    bares.push(await wrk(bare.url, lua));
    ours.push(await wrk(program.url, lua));
    home.push(await broughtHome(program));
    await settled(program);
  }
  bare.stop();
  const answered = ours.reduce((sum, load) => sum + load.requests, 0);
  const surplus = (await counted(call)) - answered;
  const surplusMax = ours.length * connections;
  const isFaultless = ours.every(load => load.errors === 0);
  await program.stop();
  bares.shift();
  const first = ours.shift()!;
  return [
    compared(
      'redirect',
      'durable and counted, 256 connections',
      median(ours.map(load => load.perSecond)),
      'answers/s',
      'bare Bun.serve',
      median(bares.map(load => load.perSecond)),
      0.35,
    ),
    limited('redirect', 'p99', median(ours.map(load => load.p99Ms)), 'ms', 15),
    { bench: 'redirect', what: 'p99 of the first load after the start', value: first.p99Ms, unit: 'ms' },
    {
      ...{ bench: 'redirect', what: `until the rest of ${seconds} s of it was in the ledger`, unit: 's' },
      value: median(home),
    },
    {
      bench: 'redirect',
      what: `scans on record beyond ${answered.toLocaleString('en')} answers`,
      value: surplus,
      unit: 'scans',
      target: `0 to ${surplusMax} (cut off by wrk)`,
      reached: surplus >= 0 && surplus <= surplusMax && isFaultless,
    },
  ];
}
