import { afterAll, beforeAll, expect, test } from 'bun:test';
import { existsSync } from 'node:fs';
import { connect } from 'nats';
import { natsServer, type TestNats } from './nats.ts';

let server: TestNats;
beforeAll(async () => {
  server = await natsServer();
});
afterAll(() => server.remove());

/** Runs `act` with a connection of its own. */
async function withJetStream<T>(act: (connection: Awaited<ReturnType<typeof connect>>) => Promise<T>): Promise<T> {
  const connection = await connect({ servers: server.url });
  try {
    return await act(connection);
  } finally {
    await connection.close();
  }
}

test('a server that was killed comes back on the same address with what JetStream had stored', async () => {
  await withJetStream(async connection => {
    const manager = await connection.jetstreamManager();
    await manager.streams.add({ name: 'KEPT', subjects: ['kept.>'] });
    await connection.jetstream().publish('kept.one', 'still here');
  });
  const { url, pid } = server;
  await server.kill();
  expect(server.pid).toBeUndefined();
  await server.restart();
  expect(server.url).toBe(url);
  expect(server.pid).not.toBe(pid);
  const stored = await withJetStream(async connection => {
    const manager = await connection.jetstreamManager();
    return (await manager.streams.getMessage('KEPT', { seq: 1 })).string();
  });
  expect(stored).toBe('still here');
});

test('a server that is removed leaves neither a process nor a store', async () => {
  const other = await natsServer();
  expect(other.url).not.toBe(server.url);
  const { pid = 0 } = other;
  await other.remove();
  expect(existsSync(other.storeDir)).toBe(false);
  expect(() => process.kill(pid, 0)).toThrow();
});
