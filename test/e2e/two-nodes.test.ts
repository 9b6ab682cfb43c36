/**
 * Limits over two real nodes on one database, under two hundred clients at once that don't wait to be let in again. As
 * many requests get through as one node would have let through, give or take one in a hundred, and redirects go on.
 */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { type Call, caller } from '../support/client.ts';
import { type Program, startProgram } from '../support/program.ts';
import { anotherOrganization, setLimits } from '../support/tenants.ts';
import { until } from '../support/until.ts';

let nodes: [Program, Program];
beforeAll(async () => {
  const first = await startProgram();
  nodes = [first, await startProgram({ env: { DATABASE_URL: first.databaseUrl } })];
});
afterAll(async () => {
  for (const node of nodes ?? []) await node.stop();
});

const clients = 200;

/** A new organisation's key, as both nodes' callers, when both have heard of its limits. */
async function tenant(requests: number): Promise<[Call, Call]> {
  const { org, key } = await anotherOrganization(nodes[0]);
  await setLimits(nodes[0], org, { apiRequestsPerMinute: requests });
  const calls = nodes.map(({ url }) => caller(url, key)) as [Call, Call];
  const policy = `"minute";q=${requests};w=60`;
  // Asking for nothing that is there: no request of the minute is used for long.
  await Promise.all(
    calls.map(call =>
      until(async () => (await call('GET', '/v1/qr')).headers.get('ratelimit-policy') === policy, 10_000),
    ),
  );
  return calls;
}

/** Two hundred clients on both nodes who ask for four seconds, and on until they were refused for once each; how the answers were. */
async function crowd(calls: readonly Call[], ask: (call: Call) => ReturnType<Call>) {
  const statuses = new Map<number, number>();
  const earliest = performance.now() + 4_000;
  const client = async (call: Call) => {
    while (performance.now() < earliest || (statuses.get(429) ?? 0) <= clients) {
      const { status } = await ask(call);
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
    }
  };
  await Promise.all(Array.from({ length: clients }, (_, i) => client(calls[i % calls.length]!)));
  return statuses;
}

describe('two hundred clients on two nodes', () => {
  test('are let through as often as the limit says, within one in a hundred, and no redirect is held up', async () => {
    const limit = 1_000;
    const calls = await tenant(limit);
    const made = await calls[0]('POST', '/v1/qr/create', { json: { destination: 'https://example.com/' } });
    const path = new URL(made.body.shortUrl).pathname;
    const begin = performance.now();
    const [statuses, scans] = await Promise.all([
      crowd(calls, call => call('GET', '/v1/qr?limit=1')),
      Promise.all(nodes.map(({ url }) => until(async () => (await caller(url)('GET', path)).status === 302, 4_000))),
    ]);
    // Until the last answer: who was on the way then was let through then.
    const seconds = (performance.now() - begin) / 1_000;
    expect([...statuses.keys()].sort()).toEqual([200, 429]);
    const allowed = statuses.get(200)!;
    // Two or three were used while the nodes heard of the limit, and came back meanwhile or not.
    expect(allowed).toBeGreaterThanOrEqual(Math.floor(limit * 0.99) - 5);
    expect(allowed).toBeLessThanOrEqual(Math.ceil((limit + (limit * seconds) / 60) * 1.01));
    expect(statuses.get(429)!).toBeGreaterThan(clients);
    expect(scans).toEqual([true, true]);
  });
});
