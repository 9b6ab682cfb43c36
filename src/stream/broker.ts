/**
 * The connection to NATS, held for ever: a broker that is not there yet, goes away or refuses is tried again, and
 * nobody waits for it. Each connection is a new one. nats.js could reconnect by itself, but then requests of the old
 * connection wait for answers that can't come, buffered publishes arrive late, and consumers get stuck.
 */
import {
  type ConnectionOptions,
  connect,
  type JetStreamClient,
  type JetStreamManager,
  type NatsConnection,
} from 'nats';
import { Worker } from '../worker.ts';

/** One connection, from its making to its loss. */
export interface Link {
  readonly connection: NatsConnection;
  readonly js: JetStreamClient;
  readonly manager: JetStreamManager;
  /** Key of the stamps, see message.ts. */
  readonly key: Uint8Array;
}

export interface BrokerOptions {
  /** One server or several, separated by commas. */
  readonly url: string;
  readonly key: Uint8Array;
  readonly onError: (error: unknown, name: string) => void;
}

const retryMs = 500;
const requestTimeoutMs = 3_000;

export class Broker {
  readonly #options: BrokerOptions;
  readonly #worker: Worker;
  readonly #listeners = new Set<() => void>();
  #link: Link | undefined;
  #lost = false;

  constructor(options: BrokerOptions) {
    this.#options = options;
    const { onError } = options;
    this.#worker = new Worker(() => this.#hold(), { name: 'nats', idleMs: retryMs, onError }).start();
  }

  /** The present connection; undefined while there is none. */
  get link(): Link | undefined {
    return this.#link;
  }

  /** Hears whenever a connection was made or lost. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async close(): Promise<void> {
    const stopped = this.#worker.stop();
    await this.#link?.connection.close();
    await stopped;
  }

  /** One connection from beginning to end. */
  async #hold(): Promise<boolean> {
    const { url, key, onError } = this.#options;
    const connection = await connect(optionsOf(url)).catch((error: unknown) => {
      // An outage is worth one line, not one for every attempt.
      if (!this.#lost) onError(error, 'nats');
      this.#lost = true;
    });
    if (!connection) return false;
    this.#lost = false;
    const api = { timeout: requestTimeoutMs };
    const manager = await connection.jetstreamManager({ ...api, checkAPI: false });
    if (this.#worker.stopped) await connection.close();
    else this.#become({ connection, js: connection.jetstream(api), manager, key });
    const reason = await connection.closed();
    this.#become(undefined);
    if (reason && !this.#worker.stopped) onError(reason, 'nats');
    return true;
  }

  #become(link: Link | undefined): void {
    this.#link = link;
    for (const listener of this.#listeners) listener();
  }
}

/** nats.js takes only host and port from a URL: who logs in and by which protocol has to be said apart. */
function optionsOf(url: string): ConnectionOptions {
  const urls = url.split(',').map(part => new URL(part.trim()));
  const [user, pass] = [urls[0]!.username, urls[0]!.password].map(decodeURIComponent);
  return {
    servers: urls.map(({ host }) => host),
    name: 'indelible',
    reconnect: false,
    timeout: 5_000,
    pingInterval: 1_000,
    maxPingOut: 2,
    noAsyncTraces: true,
    ...(pass ? { user: user!, pass } : user && { token: user }),
    ...(urls.some(({ protocol }) => protocol === 'tls:') && { tls: {} }),
  };
}
