/**
 * A door between a program and its database: shut, it refuses connections and has cut those there were; stuck, it takes
 * everything and passes nothing on, as a stalled disk or a lost route does. The database itself runs on meanwhile, so
 * that a test can look into it.
 */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

export interface Gate {
  /** The database's address through the door. */
  readonly url: string;
  shut(): Promise<void>;
  open(): Promise<void>;
  /** Where the door leads from now on: to a database that is elsewhere after a restart. */
  leadTo(databaseUrl: string): void;
  /** Breaks the connections there are, as a machine does that lost them. */
  reset(): void;
  stick(): void;
  loosen(): void;
  [Symbol.asyncDispose](): Promise<void>;
}

export async function gate(databaseUrl: string): Promise<Gate> {
  let target = new URL(databaseUrl);
  const sockets = new Set<Socket>();
  let isStuck = false;
  let server: Server | undefined;
  let port = 0;

  function pass(inner: Socket): void {
    const outer = connect(Number(target.port), target.hostname);
    for (const [from, to] of [
      [inner, outer],
      [outer, inner],
    ] as const) {
      sockets.add(from);
      from.on('data', bytes => to.write(bytes));
      from.on('error', () => to.destroy());
      from.on('close', () => {
        sockets.delete(from);
        to.destroy();
      });
      if (isStuck) from.pause();
    }
  }

  async function open(): Promise<void> {
    server = createServer(pass).listen(port, '127.0.0.1');
    await once(server, 'listening');
    port = (server.address() as AddressInfo).port;
  }

  async function shut(): Promise<void> {
    const closing = server;
    server = undefined;
    if (!closing) return;
    const closed = once(closing, 'close');
    closing.close();
    for (const socket of sockets) socket.destroy();
    await closed;
  }

  await open();
  return {
    url: Object.assign(new URL(databaseUrl), { port: String(port) }).href,
    open,
    shut,
    leadTo: url => {
      target = new URL(url);
    },
    reset: () => {
      for (const socket of sockets) socket.resetAndDestroy();
    },
    stick: () => {
      isStuck = true;
      for (const socket of sockets) socket.pause();
    },
    loosen: () => {
      isStuck = false;
      for (const socket of sockets) socket.resume();
    },
    [Symbol.asyncDispose]: shut,
  };
}
