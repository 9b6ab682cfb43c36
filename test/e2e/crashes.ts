/**
 * Everything that can die is killed with `kill -9` at random moments: the program, a redirect node beside it, Postgres
 * and nats-server, while clients write and scanners scan. After each point nothing that was answered may be missing and
 * nothing may be there twice; now and then the load rests, and then scans, redirects, the stream, the read models and the
 * proofs are held against the ledger. Everything random comes of one seed.
 */
import { cpSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { connect } from '../../src/store/connect.ts';
import { scratchDirectory } from '../support/postgres.ts';
import { startProgram } from '../support/program.ts';
import { letPass, until } from '../support/until.ts';
import { Load } from './crash-load.ts';
import { compared } from './crash-rest.ts';
import { begun, codesFor, told, type World } from './crash-world.ts';
import { Books } from './ledger-books.ts';
import { chance } from './real-input.ts';

export interface CrashOptions {
  readonly seed: number;
  /** Kills; what happens to disks and stores comes on top. */
  readonly points: number;
  /** Points between two rests. */
  readonly restEvery: number;
  /** How long Postgres stands still. */
  readonly pauseMs: number;
  readonly onPoint?: (point: number, kind: string) => void;
}

export interface CrashReport {
  readonly points: Readonly<Record<string, number>>;
  readonly requests: number;
  /** Answered. */
  readonly writes: number;
  readonly scans: number;
  /** Writes that were answered when they were asked for again. */
  readonly again: number;
  readonly events: number;
  readonly rests: number;
  /** By what the disk was full. */
  readonly disk: string;
  /** Everything that should not be; empty when all is well. */
  readonly faults: readonly string[];
}

const kills = ['program', 'node', 'postgres', 'nats', 'program and postgres'] as const;
/** How often each comes: what takes longest to come back is not killed most. */
const shares: readonly Kind[] = [...kills, 'node', 'postgres', 'nats'];
const others = ['postgres paused', 'disk full', 'store deleted', 'store rolled back', 'store flipped'] as const;
type Kind = (typeof kills)[number] | (typeof others)[number];

const writers = 8;
/** After this time without progress something hangs. */
const stuckMs = 60_000;

export async function crashAgainAndAgain(options: CrashOptions): Promise<CrashReport> {
  const { seed, points, restEvery, onPoint } = options;
  const random = chance(seed);
  const world = await begun();
  const { postgres, office } = world;
  const sql = connect(postgres.url, { max: 2 });
  const scanned = await codesFor(world);
  const nodes = [office.url, world.node.url];
  const load = new Load({ seed, writers, key: office.key, api: office.url, nodes, scanned });
  const books = new Books(sql);
  const faults: string[] = [];
  const counts: Record<string, number> = {};
  let [rests, disk] = [0, ''];

  const busy = async (writes: number, scans: number) => {
    const goal = { writes: load.writes + writes, scans: load.scans + scans };
    await until(() => load.writes >= goal.writes && load.scans >= goal.scans, stuckMs);
  };
  const strike = strikes(world, random, options.pauseMs, busy, means => {
    disk = means;
  });
  // Somebody looked where the codes lead, which is on record too.
  await books.read();
  for (const one of scanned) one.answered = books.scans.get(one.code.id) ?? 0;
  load.start();
  try {
    for (const [i, kind] of planned(points, random).entries()) {
      onPoint?.(i + 1, kind);
      await busy(random(12), random(60));
      await strike[kind]().catch(told(`${kind}, point ${i + 1}, seed ${seed}`, world));
      await busy(3, 15).catch(told(`after ${kind}, point ${i + 1}, seed ${seed}`, world));
      counts[kind] = (counts[kind] ?? 0) + 1;
      const wanted = new Map(load.asked);
      await books.read();
      const { lost, twice } = books.wrong(wanted);
      faults.push(...lost.map(effect => `lost by ${kind}, point ${i + 1}: ${effect}`));
      faults.push(...twice.map(effect => `done twice by ${kind}, point ${i + 1}: ${effect}`));
      if (faults.length > 20) break;
      if ((i + 1) % restEvery > 0) continue;
      await load.stop();
      faults.push(...(await compared(world, load, books, scanned, random)));
      rests += 1;
      load.start();
    }
    await load.stop();
    faults.push(...(await compared(world, load, books, scanned, random)));
    rests += 1;
    const { requests, writes, scans, again } = load;
    const all = [...new Set([...faults, ...load.faults, ...books.faults])];
    return { points: counts, requests, writes, scans, again, events: books.position, rests, disk, faults: all };
  } finally {
    void load.stop();
    await Promise.all([world.office.kill(), world.node.kill(), sql.end({ timeout: 0 })]);
    await world.nats.remove();
    await postgres.kill();
  }
}

/** The points in their order: kills in their shares, the rest of what can happen once in a hundred of them each. */
function planned(points: number, random: (limit: number) => number): Kind[] {
  const plan: Kind[] = Array.from({ length: points }, (_, i) => shares[i % shares.length]!);
  for (let i = 0; i < Math.ceil(points / 100); i++) plan.push(...others);
  for (let i = plan.length - 1; i > 0; i--) {
    const j = random(i + 1);
    [plan[i], plan[j]] = [plan[j]!, plan[i]!];
  }
  return plan;
}

function strikes(
  world: World,
  random: (limit: number) => number,
  pauseMs: number,
  busy: (writes: number, scans: number) => Promise<void>,
  onDisk: (means: string) => void,
): Record<Kind, () => Promise<void>> {
  const { postgres, nats, env } = world;
  const again = async (name: 'office' | 'node') => {
    const role: Record<string, string> = name === 'node' ? { ROLE: 'redirect' } : {};
    world[name] = await startProgram({ again: world[name], env: { ...env, ...role }, runtime: 'bun' });
  };
  /** Does something to the store while its server is dead. */
  const tampered = async (change: (storeDir: string) => void) => {
    await nats.kill();
    change(nats.storeDir);
    await nats.restart();
  };
  const emptied = (storeDir: string) => {
    for (const entry of readdirSync(storeDir)) rmSync(join(storeDir, entry), { recursive: true });
  };
  return {
    program: async () => {
      await world.office.kill();
      await again('office');
    },
    node: async () => {
      await world.node.kill();
      await again('node');
    },
    postgres: async () => {
      await postgres.kill();
      // Sometimes it is away for long enough to be missed.
      await letPass(random(2) * random(600));
      await postgres.start();
    },
    nats: () => tampered(() => {}),
    'program and postgres': async () => {
      await Promise.all([postgres.kill(), world.office.kill()]);
      await postgres.start();
      await again('office');
    },
    'postgres paused': async () => {
      postgres.pause();
      await letPass(pauseMs);
      postgres.resume();
    },
    'disk full': async () => {
      onDisk(postgres.fill());
      // Scans go on; what can't be written is not answered.
      await busy(0, 200);
      postgres.free();
      await postgres.start();
    },
    'store deleted': () => tampered(emptied),
    'store rolled back': async () => {
      const copy = join(scratchDirectory(), 'store');
      await nats.stop();
      cpSync(nats.storeDir, copy, { recursive: true });
      await nats.restart();
      await busy(20, 100);
      await tampered(storeDir => {
        emptied(storeDir);
        cpSync(copy, storeDir, { recursive: true });
      });
    },
    'store flipped': async () => {
      await until(() => blocksIn(nats.storeDir).length > 0, stuckMs);
      await tampered(storeDir => flip(storeDir, random));
    },
  };
}

/** Files with messages. */
const blocksIn = (storeDir: string): string[] =>
  readdirSync(storeDir, { recursive: true })
    .map(name => join(storeDir, String(name)))
    .filter(path => path.endsWith('.blk') && statSync(path, { throwIfNoEntry: false })?.size);

/** Another bit in one byte of what the server keeps of messages. */
function flip(storeDir: string, random: (limit: number) => number): void {
  const blocks = blocksIn(storeDir);
  const path = blocks[random(blocks.length)]!;
  const bytes = readFileSync(path);
  bytes[random(bytes.length)]! ^= 1 << random(8);
  writeFileSync(path, bytes);
}
