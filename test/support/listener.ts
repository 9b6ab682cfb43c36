/**
 * A server below HTTP: it counts the sockets it is reached by, whatever comes through them, and does with each what a
 * test says. What no socket reaches was not connected to.
 */
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';

export interface Listener {
  readonly port: number;
  /** Every socket it was ever reached by. */
  readonly sockets: readonly Socket[];
  close(): void;
}

/** Listens on a free port of the loopback interface. */
export async function startListener(onSocket: (socket: Socket) => unknown = () => {}): Promise<Listener> {
  const sockets: Socket[] = [];
  const server = createServer(socket => {
    sockets.push(socket);
    socket.on('error', () => {});
    onSocket(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const close = () => {
    for (const socket of sockets) socket.destroy();
    server.close();
  };
  return { port: (server.address() as AddressInfo).port, sockets, close };
}
