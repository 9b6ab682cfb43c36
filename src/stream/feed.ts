/**
 * The feed of many machines: events as JetStream delivers them. Consumers of every client library get stuck now and
 * then, so this one is watched: when it is gone, or the server has messages for it that do not come, it is made anew.
 * What was missed meanwhile the subscribers read from the ledger. Messages without the ledger's stamp are passed over.
 */
import type { AnyEvent, Family } from '../../events/index.ts';
import { Worker } from '../worker.ts';
import type { Broker, Link } from './broker.ts';
import type { Feed, Listener } from './cursor.ts';
import { type Consumer, consume, isMissing } from './jetstream.ts';
import { messageFrom, type Received } from './message.ts';

const watchEveryMs = 1_000;

/** What of the broker is asked here. */
type Connections = Pick<Broker, 'link' | 'onChange'>;

interface Open {
  readonly link: Link;
  consumer?: Consumer;
  /** Messages that arrived. */
  received: number;
  /** What `received` was at the look before, if more were to come then. */
  waitingAt: number | undefined;
}

interface Channel {
  readonly listeners: Set<Listener>;
  readonly watcher: Worker;
  readonly unlisten: () => void;
  open: Open | undefined;
}

export class JetStreamFeed implements Feed {
  readonly #broker: Connections;
  readonly #onError: (error: unknown, name: string) => void;
  readonly #channels = new Map<Family, Channel>();

  constructor(broker: Connections, onError: (error: unknown, name: string) => void) {
    this.#broker = broker;
    this.#onError = onError;
  }

  listen(family: Family, listener: Listener): () => void {
    const { listeners } = this.#channel(family);
    listeners.add(listener);
    return () => listeners.delete(listener);
  }

  async close(): Promise<void> {
    for (const channel of this.#channels.values()) {
      channel.unlisten();
      await channel.watcher.stop();
      await channel.open?.consumer?.close();
    }
  }

  #channel(family: Family): Channel {
    const known = this.#channels.get(family);
    if (known) return known;
    const options = { name: `feed ${family}`, idleMs: watchEveryMs, onError: this.#onError };
    const watcher = new Worker(() => this.#watch(family, channel), options);
    const unlisten = this.#broker.onChange(() => watcher.wake());
    const channel: Channel = { listeners: new Set(), watcher, unlisten, open: undefined };
    this.#channels.set(family, channel);
    watcher.start();
    return channel;
  }

  async #watch(family: Family, channel: Channel): Promise<boolean> {
    const { link } = this.#broker;
    if (channel.open && channel.open.link === link && (await isFlowing(channel.open))) return false;
    await channel.open?.consumer?.close();
    channel.open = undefined;
    if (!link) return false;
    const open: Open = { link, received: 0, waitingAt: undefined };
    const take = (message: Received) => {
      open.received += 1;
      deliver(link, message, channel.listeners);
    };
    try {
      open.consumer = await consume(link, family, take, () => channel.watcher.wake());
    } catch (error) {
      // The relay makes the stream; until then there is nothing to hear.
      if (isMissing(error)) return false;
      throw error;
    }
    channel.open = open;
    for (const listener of channel.listeners) listener.onHint();
    return false;
  }
}

/** Whether the consumer is there and what the server has for it arrives. */
async function isFlowing(open: Open): Promise<boolean> {
  const { received, waitingAt } = open;
  const owed = await open.consumer?.owed().catch((error: unknown) => {
    if (!isMissing(error)) throw error;
  });
  if (owed === undefined) return false;
  open.waitingAt = owed > received ? received : undefined;
  return received !== waitingAt;
}

function deliver({ key }: Link, received: Received, listeners: ReadonlySet<Listener>): void {
  const message = messageFrom(key, received);
  if (!message) return;
  const { previous, event } = message;
  if ('data' in event) {
    const run = { from: previous, to: event.position, events: [event as AnyEvent] };
    for (const listener of listeners) listener.onRun(run);
  } else {
    for (const listener of listeners) listener.onHint();
  }
}
