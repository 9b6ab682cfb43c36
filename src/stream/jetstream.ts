/**
 * The two streams, one for each family, and what is asked of them. JetStream carries and does not remember: it holds
 * the newest events only and may be deleted at any time. Nothing newer than nats-server 2.9 is asked for.
 */
import { AckPolicy, DeliverPolicy, DiscardPolicy, headers, nanos, RetentionPolicy, StorageType } from 'nats';
import { catalogue, type Family, familyOf } from '../../events/index.ts';
import type { Link } from './broker.ts';
import { type Message, messageFrom, previousHeader, type Received } from './message.ts';

/** Newest messages a stream keeps; who is further behind reads the ledger. Filling in so many takes about 5 seconds. */
export const keptMax = 100_000;

/** Name of a family's stream. */
export const streamName = (family: Family): string => `LEDGER_${family.toUpperCase()}`;

/** Subject of an event: its type behind `ledger.`, so that a consumer filters by the name it knows. */
export const subjectOf = (type: string): string => `ledger.${type}`;

function subjectsOf(family: Family): string[] {
  const types = Object.keys(catalogue).filter(type => familyOf(type) === family);
  return [...new Set(types.map(type => subjectOf(`${type.split('.')[0]}.>`)))].sort();
}

/** Room for subject and headers within the server's largest payload. */
const overheadBytes = 1_024;

/** Largest body this server takes. */
export const bodyMax = ({ connection }: Link): number => (connection.info?.max_payload ?? 1_048_576) - overheadBytes;

/** Whether an error of the JetStream API says that there is no such thing. */
export const isMissing = (error: unknown): boolean => (error as { code?: unknown }).code === '404';

/** Creates the family's stream when it is missing, and gives it the subjects that this release has. */
export async function ensureStream({ manager }: Link, family: Family): Promise<void> {
  const name = streamName(family);
  // De-duplication is not relied on, and the ids it keeps cost memory: the shortest window the server allows.
  const wanted = { subjects: subjectsOf(family), max_msgs: keptMax, duplicate_window: nanos(100) };
  const fixed = { retention: RetentionPolicy.Limits, storage: StorageType.File, discard: DiscardPolicy.Old };
  const known = await manager.streams.info(name).catch((error: unknown) => {
    if (!isMissing(error)) throw error;
  });
  if (!known) await manager.streams.add({ name, ...fixed, ...wanted });
  else if (Object.entries(wanted).some(([key, value]) => `${known.config[key as keyof typeof wanted]}` !== `${value}`))
    await manager.streams.update(name, wanted);
}

/** Deletes the stream, with all it holds. */
export async function deleteStream({ manager }: Link, family: Family): Promise<void> {
  await manager.streams.delete(streamName(family));
}

/** Where a stream ends: its last sequence and the message there, none in a stream that never held one. */
export interface End {
  readonly sequence: number;
  readonly message: Message | undefined;
}

/** The end of a stream; undefined when messages were taken out of it or its last one is not ours. */
export async function endOf({ manager, key }: Link, family: Family): Promise<End | undefined> {
  const { state } = await manager.streams.info(streamName(family));
  const sequence = state.last_seq;
  if (sequence === 0) return { sequence, message: undefined };
  const whole = state.messages > 0 && !state.num_deleted && (state.first_seq === 1 || state.messages >= keptMax);
  if (!whole) return undefined;
  const { data, header } = await manager.streams.getMessage(streamName(family), { seq: sequence });
  const message = messageFrom(key, { seq: sequence, data, headers: header });
  return message && { sequence, message };
}

/**
 * Publishes a message right behind the stream's `sequence`; rejects when something else stands there. `after` is the
 * stamp of the message there: of several publishes under way, none can then be stored behind what came in between.
 */
export async function publish({ js }: Link, message: Message, sequence: number, after?: string): Promise<void> {
  const header = headers();
  header.set(previousHeader, String(message.previous));
  const stored = await js.publish(subjectOf(message.event.type), message.body, {
    headers: header,
    msgID: message.stamp,
    expect: { lastSequence: sequence, ...(after !== undefined && { lastMsgID: after }) },
  });
  if (stored.seq !== sequence + 1) throw new Error(`a message was stored at ${stored.seq}, not ${sequence + 1}`);
}

export interface Consumer {
  /** How many messages should have come by now; rejects when the server knows this consumer no more. */
  owed(): Promise<number>;
  close(): Promise<unknown>;
}

/** Messages of a family from now on, until `close`. `onEnd` is called when the server ends it, not always in time. */
export async function consume(
  { js, manager }: Link,
  family: Family,
  callback: (message: Received) => void,
  onEnd: () => void,
): Promise<Consumer> {
  const stream = streamName(family);
  const { name } = await manager.consumers.add(stream, {
    ack_policy: AckPolicy.None,
    deliver_policy: DeliverPolicy.New,
    mem_storage: true,
    num_replicas: 1,
    inactive_threshold: nanos(60_000),
  });
  const consumer = await js.consumers.get(stream, name);
  const options = { max_messages: 1_000, expires: 10_000, abort_on_missing_resource: true };
  const messages = await consumer.consume({ ...options, callback });
  messages.closed().then(onEnd, onEnd);
  return {
    owed: async () => {
      const { delivered, num_pending } = await manager.consumers.info(stream, name);
      return delivered.consumer_seq + num_pending;
    },
    close: () => messages.close(),
  };
}
