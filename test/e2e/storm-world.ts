/**
 * What a storm rages in: a Postgres of its own behind a door, a broker, one program that does everything and two that
 * only redirect, all real. Each trouble comes and is over when it resolves; those that keep a change from reaching a
 * node say so.
 */
import { startEmbedded } from '../../src/store/embedded.ts';
import { type Gate, gate } from '../support/gate.ts';
import { natsServer, type TestNats } from '../support/nats.ts';
import { postmasterPid, scratchDirectory } from '../support/postgres.ts';
import { type Program, startProgram } from '../support/program.ts';
import { until } from '../support/until.ts';

export interface World {
  readonly door: Gate;
  readonly nats: TestNats;
  office: Program;
  readonly nodes: Program[];
  /** Hears of a node's end: what it had in memory is gone. */
  onEnd: (node: number) => void;
  start(role: string, again?: Program): Promise<Program>;
  /** Ends Postgres with a signal and starts it again, at another port. */
  restartPostgres(signal: NodeJS.Signals): Promise<void>;
  close(): Promise<void>;
}

export async function openWorld(): Promise<World> {
  const dataDir = scratchDirectory();
  const { url } = await startEmbedded(dataDir);
  const door = await gate(url);
  const nats = await natsServer();
  const start = (role: string, again?: Program) =>
    startProgram({
      env: { NATS_URL: nats.url, DATABASE_URL: door.url, ROLE: role },
      ...(again && { again }),
      runtime: 'bun',
      // It has to catch up with what is scanned as fast as the machine can.
      readyMs: 120_000,
    });
  const office = await start('all');
  const nodes = await Promise.all([start('redirect'), start('redirect')]);
  const world: World = {
    ...{ door, nats, office, nodes, start, onEnd: () => {} },
    restartPostgres: async signal => {
      const pid = postmasterPid(dataDir);
      process.kill(pid, signal);
      await until(() => !isAlive(pid), 30_000);
      door.leadTo((await startEmbedded(dataDir)).url);
    },
    close: async () => {
      await Promise.all([world.office, ...nodes].map(program => program.kill()));
      await door.shut();
      await nats.remove();
    },
  };
  return world;
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

export interface Trouble {
  readonly name: string;
  /** Whether it keeps an answered change from a node while it lasts: the way to the ledger is cut. */
  readonly delays: boolean;
  /** `passed` resolves after so many more answers, or later. */
  strike(world: World, node: number, passed: (answers: number) => Promise<unknown>): Promise<void>;
}

const killNode = async (world: World, node: number): Promise<void> => {
  await world.nodes[node]!.kill();
  world.onEnd(node);
};
const startNode = async (world: World, node: number): Promise<void> => {
  world.nodes[node] = await world.start('redirect', world.nodes[node]);
};

export const troubles: readonly Trouble[] = [
  { name: 'Postgres restarts', delays: true, strike: world => world.restartPostgres('SIGINT') },
  { name: 'Postgres is killed', delays: true, strike: world => world.restartPostgres('SIGKILL') },
  {
    name: 'the database is out of reach',
    delays: true,
    strike: async ({ door }, _, passed) => {
      await door.shut();
      await passed(300);
      await door.open();
    },
  },
  {
    name: 'the database is silent',
    delays: true,
    strike: async ({ door }, _, passed) => {
      door.stick();
      await passed(300);
      door.loosen();
    },
  },
  { name: 'the broker restarts', delays: false, strike: ({ nats }) => nats.restart() },
  {
    name: 'the broker is killed',
    delays: false,
    strike: async ({ nats }, _, passed) => {
      await nats.kill();
      await passed(100);
      await nats.restart();
    },
  },
  {
    name: 'a node is killed',
    delays: false,
    strike: async (world, node) => {
      await killNode(world, node);
      await startNode(world, node);
    },
  },
  {
    name: 'a node is killed and starts without the database',
    delays: true,
    strike: async (world, node, passed) => {
      await world.door.shut();
      await passed(100);
      await killNode(world, node);
      await startNode(world, node);
      await passed(100);
      await world.door.open();
    },
  },
  {
    name: 'the program that makes the changes is killed',
    delays: false,
    strike: async world => {
      await world.office.kill();
      world.office = await world.start('all', world.office);
    },
  },
  {
    name: 'neither database nor broker can be reached',
    delays: true,
    strike: async ({ door, nats }, _, passed) => {
      await Promise.all([door.shut(), nats.kill()]);
      await passed(300);
      await Promise.all([door.open(), nats.restart()]);
    },
  },
];
