/**
 * Rate limits of nodes that share their buckets: two hundred clients on two nodes ask again and again for six seconds.
 * What is let through stands beside what one node alone would have let through, and beside it how often the buckets were
 * asked for a thousand of all requests.
 */
import { RateLimiter } from '../../src/http/rate-limiter.ts';
import { drawFrom } from '../../src/store/buckets.ts';
import { connect } from '../../src/store/connect.ts';
import { testStore } from '../support/store.ts';
import { limited, type Row } from './table.ts';

const clients = 200;
const lastsMs = 6_000;

export async function measure(): Promise<Row[]> {
  const store = await testStore();
  const rows: Row[] = [];
  for (const limit of [1_000, 10_000, 60_000]) {
    const lines = [1, 2].map(() => connect(store.url, { max: 1 }));
    const nodes = lines.map(
      sql =>
        new RateLimiter({
          draw: asks => drawFrom(sql, asks),
          clock: () => performance.now(),
          onError: error => {
            throw error;
          },
        }),
    );
    let [allowed, refused] = [0, 0];
    const began = performance.now();
    const client = async (node: RateLimiter) => {
      while (performance.now() - began < lastsMs) {
        if ((await node.take([{ name: `bench ${limit}`, limit }])).allowed) allowed += 1;
        else {
          refused += 1;
          await new Promise(resolve => setTimeout(resolve, 1));
        }
      }
    };
    await Promise.all(Array.from({ length: clients }, (_, i) => client(nodes[i % 2]!)));
    const due = limit + (limit * (performance.now() - began)) / 60_000;
    const draws = nodes.reduce((sum, node) => sum + node.draws, 0);
    const what = `${limit.toLocaleString('en')} a minute, 200 clients on 2 nodes`;
    rows.push(limited('limits', `${what}: off by`, Math.abs(allowed / due - 1) * 100, '%', 1));
    rows.push(limited('limits', `${what}: draws`, (draws / (allowed + refused)) * 1_000, 'per 1,000 requests', 100));
    for (const node of nodes) await node.close();
    for (const sql of lines) await sql.end();
  }
  await store.close();
  return rows;
}
