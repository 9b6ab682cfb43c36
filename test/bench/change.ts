/**
 * A change of a destination, from the answer to the one who made it until each node leads there: the node that answered
 * it, and another that is fed by JetStream. Once a node leads there it must not lead back.
 */
import { caller, iPhone } from '../support/client.ts';
import { natsServer } from '../support/nats.ts';
import { startProgram } from '../support/program.ts';
import { liftLimits } from '../support/tenants.ts';
import { until } from '../support/until.ts';
import { limited, percentile, type Row } from './table.ts';

const changes = 200;

export async function measure(): Promise<Row[]> {
  await using nats = await natsServer();
  const env = { NATS_URL: nats.url };
  const first = await startProgram({ env, runtime: 'bun' });
  const second = await startProgram({
    env: { ...env, DATABASE_URL: first.databaseUrl, ROLE: 'redirect' },
    runtime: 'bun',
  });
  await liftLimits(first);
  const call = caller(first.url, first.key);
  const { id, slug } = (await call('POST', '/v1/qr/create', { json: { destination: 'https://example.com/0' } })).body;
  const target = async (url: string) => {
    const init: RequestInit = { redirect: 'manual', headers: { 'user-agent': iPhone } };
    return (await fetch(`${url}/${slug}`, init)).headers.get('location');
  };
  await until(async () => (await target(second.url)) !== null, 10_000);
  const here: number[] = [];
  const there: number[] = [];
  let back = 0;
  for (let n = 1; n <= changes; n++) {
    const destination = `https://example.com/${n}`;
    await call('PATCH', `/v1/qr/${id}`, { json: { destination } });
    const answered = performance.now();
    const seen = async (url: string, times: number[]) => {
      while ((await target(url)) !== destination) if (performance.now() - answered > 5_000) break;
      times.push(performance.now() - answered);
      for (let again = 0; again < 3; again++) if ((await target(url)) !== destination) back += 1;
    };
    await Promise.all([seen(first.url, here), seen(second.url, there)]);
  }
  await Promise.all([first.stop(), second.stop()]);
  return [
    limited('change', 'seen on the node that answered it, p99', percentile(here, 0.99), 'ms', 50),
    limited('change', 'seen on another node, by JetStream, the slowest', Math.max(...there), 'ms', 1_000),
    limited('change', `led back to what was before, in ${changes} changes`, back, 'times', 0),
  ];
}
