/**
 * A node of `ROLE=redirect` that is fed by JetStream, beside a bare `Bun.serve`; then the same node while its database,
 * its broker or both are away, beside itself before. Afterwards everything that was answered is on record, once: what
 * waited on disk too, which is brought home before each load where that is possible. The first load of each side warms it
 * up, and is told apart.
 */
import { caller } from '../support/client.ts';
import { gate } from '../support/gate.ts';
import { natsServer } from '../support/nats.ts';
import { startProgram } from '../support/program.ts';
import { until } from '../support/until.ts';
import { bareServer, broughtHome, connections, counted, type Load, loadOn, needWrk, settled, wrk } from './load.ts';
import { compared, limited, median, type Row } from './table.ts';

const rounds = 5;
const roundsAway = 3;

export async function measure(): Promise<Row[]> {
  needWrk();
  await using nats = await natsServer();
  const office = await startProgram({ env: { NATS_URL: nats.url }, runtime: 'bun' });
  const call = caller(office.url, office.key);
  const lua = await loadOn(office, call);
  const door = await gate(office.databaseUrl);
  const env = { ROLE: 'redirect', NATS_URL: nats.url, DATABASE_URL: door.url };
  const node = await startProgram({ env, runtime: 'bun' });
  const bare = await bareServer();

  const normal: Load[] = [];
  const bares: Load[] = [];
  for (let round = 0; round <= rounds; round++) {
    bares.push(await wrk(bare.url, lua));
    normal.push(await wrk(node.url, lua));
    await broughtHome(node);
    await Promise.all([settled(node), settled(office)]);
  }
  bare.stop();
  const away: { readonly what: string; readonly loads: Load[] }[] = [];
  const without = async (what: string, between = async () => {}) => {
    const loads: Load[] = [];
    away.push({ what, loads });
    for (let round = 0; round < roundsAway; round++) {
      loads.push(await wrk(node.url, lua));
      await between();
    }
  };
  await nats.stop();
  await without('the broker', async () => {
    await broughtHome(node);
    await settled(office);
  });
  await door.shut();
  await without('either');
  await nats.restart();
  await without('the database');
  await door.open();

  const all = [...normal, ...away.flatMap(({ loads }) => loads)];
  const answered = all.reduce((sum, load) => sum + load.requests, 0);
  await broughtHome(node);
  await until(async () => (await counted(call)) >= answered, 300_000);
  const surplus = (await counted(call)) - answered;
  await Promise.all([node.stop(), office.stop()]);
  await door.shut();
  const p99 = (loads: readonly Load[]) => median(loads.map(load => load.p99Ms));
  const speed = (loads: readonly Load[]) => median(loads.map(load => load.perSecond));
  bares.shift();
  const first = normal.shift()!;
  const usual = p99(normal);
  return [
    compared(
      'redirect-node',
      'by JetStream, durable',
      speed(normal),
      'answers/s',
      'bare Bun.serve',
      speed(bares),
      0.35,
    ),
    limited('redirect-node', 'p99', usual, 'ms', 15),
    { bench: 'redirect-node', what: 'p99 of the first load after the start', value: first.p99Ms, unit: 'ms' },
    ...away.map(({ what, loads }) => {
      const value = p99(loads);
      return {
        ...{ bench: 'redirect-node', what: `p99 without ${what}`, value, unit: 'ms', beside: 'with all' },
        ...{ besideValue: usual, ratio: value / usual, target: '≤ 2 ×', reached: value <= 2 * usual },
      };
    }),
    {
      bench: 'redirect-node',
      what: `scans on record beyond ${answered.toLocaleString('en')} answers`,
      value: surplus,
      unit: 'scans',
      target: `0 to ${all.length * connections} (cut off by wrk)`,
      reached: surplus >= 0 && surplus <= all.length * connections && all.every(load => load.errors === 0),
    },
  ];
}
