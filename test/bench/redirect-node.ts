/**
 * A node of `ROLE=redirect` that is fed by JetStream, beside a bare `Bun.serve`; then the same node while its database is
 * away, beside itself before. Afterwards everything that was answered is on record, once: what waited on disk too.
 */
import { caller } from '../support/client.ts';
import { gate } from '../support/gate.ts';
import { natsServer } from '../support/nats.ts';
import { startProgram } from '../support/program.ts';
import { until } from '../support/until.ts';
import { bareServer, connections, counted, type Load, loadOn, needWrk, wrk } from './load.ts';
import { compared, limited, median, type Row } from './table.ts';

const rounds = 3;

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
  for (let round = 0; round < rounds; round++) {
    bares.push(await wrk(bare.url, lua));
    normal.push(await wrk(node.url, lua));
  }
  await door.shut();
  const away: Load[] = [];
  for (let round = 0; round < rounds; round++) away.push(await wrk(node.url, lua));
  await door.open();
  bare.stop();

  const all = [...normal, ...away];
  const answered = all.reduce((sum, load) => sum + load.requests, 0);
  const waiting = async () =>
    (await (await fetch(`${node.url}/readyz?verbose`)).json()).redirects.spool.bytes as number;
  await until(async () => (await waiting()) === 0, 120_000);
  await until(async () => (await counted(call)) >= answered, 60_000);
  const surplus = (await counted(call)) - answered;
  await Promise.all([node.stop(), office.stop()]);
  await door.shut();
  const p99 = (loads: readonly Load[]) => median(loads.map(load => load.p99Ms));
  const speed = (loads: readonly Load[]) => median(loads.map(load => load.perSecond));
  const [usual, without] = [p99(normal), p99(away)];
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
    {
      ...{ bench: 'redirect-node', what: 'p99 without the database', value: without, unit: 'ms' },
      ...{
        beside: 'with it',
        besideValue: usual,
        ratio: without / usual,
        target: '≤ 2 ×',
        reached: without <= 2 * usual,
      },
    },
    {
      bench: 'redirect-node',
      what: `scans on record beyond ${answered.toLocaleString('en')} answers`,
      value: surplus,
      unit: 'scans',
      target: `0 to ${2 * rounds * connections} (cut off by wrk)`,
      reached: surplus >= 0 && surplus <= 2 * rounds * connections && all.every(load => load.errors === 0),
    },
  ];
}
