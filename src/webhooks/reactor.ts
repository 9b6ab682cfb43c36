/**
 * Everything that sends webhooks, put together: it reacts to what the read model of deliveries says is due and records
 * what it did. Where the runtime does not ask the address guard, nothing is sent at all; the rest of the program works.
 */
import { randomInt } from 'node:crypto';
import type { Deps } from '../execute.ts';
import { readHead } from '../store/read.ts';
import { assertPinned } from './canary.ts';
import { Dispatcher } from './dispatcher.ts';
import { Endpoints } from './endpoints.ts';
import { Leases } from './leases.ts';
import { PinnedClient, type PinnedClientOptions } from './pinned-request.ts';
import { Recorder } from './recorder.ts';
import { Replayer } from './replayer.ts';
import { Sender } from './sender.ts';

export interface WebhooksOptions {
  readonly execution: Deps;
  /** Where webhooks may lead, and how they are called. */
  readonly client: PinnedClientOptions;
  /** Names this process among all that ever ran. */
  readonly node: string;
  /** Resolves when the read model of deliveries holds everything up to a position; rejects when it takes long. */
  readonly reached: (position: number) => Promise<void>;
  readonly now: () => number;
  readonly onError: (error: unknown, name: string) => void;
  /** Chance for the schedule, from 0 up to, not including, 1. */
  readonly random?: (() => number) | undefined;
  readonly leaseMs?: number | undefined;
}

export interface Webhooks {
  /** The read model of deliveries holds everything up to a position. */
  moved(position: number): void;
  /** Looks at what is due, because time has moved. */
  wake(): void;
  /** Requests under way. */
  underWay(): number;
  /** Resolves when what was under way is on record. */
  stop(): Promise<void>;
}

const chance = (): number => randomInt(2 ** 32) / 2 ** 32;

/** Starts sending. Rejects when it must not be done here. */
export async function startWebhooks(options: WebhooksOptions): Promise<Webhooks> {
  await assertPinned();
  const { execution, node, now, onError, reached, random = chance, leaseMs } = options;
  const { sql, ledger } = execution;
  const head = () => readHead(sql);
  const client = new PinnedClient(options.client);
  const endpoints = new Endpoints(sql);
  const leases = new Leases({ sql, holder: node, leaseMs });
  const recorder = new Recorder({ ledger, node, now, head, onError });
  const sender = new Sender({ execution, client, endpoints, recorder, now, random, onError });
  const settled = async () => reached(await head());
  const dispatcher = new Dispatcher({ sql, leases, sender, now, settled, onError }).start();
  const replayer = new Replayer({ execution, leases, endpoints, now, onError }).start();
  return {
    moved: position => {
      dispatcher.moved(position);
      replayer.moved();
    },
    wake: () => dispatcher.wake(),
    underWay: () => dispatcher.underWay,
    stop: async () => {
      await replayer.stop();
      await dispatcher.stop();
      client.close();
    },
  };
}
