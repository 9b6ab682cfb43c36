/**
 * How an event looks as a message, and how it is told from a stranger's. Every message carries a stamp made with a key
 * that only processes on the same database have; it covers the event, the position of the family's event before it and
 * the place in the stream. So a stamped message says something true about the ledger, and anything else on our subjects,
 * garbage or forged, is no message at all.
 */
import { createHmac } from 'node:crypto';
import type { AnyEvent } from '../../events/index.ts';

export interface Message {
  /** Position after which this is the family's next event. */
  readonly previous: number;
  /** Without its data when that was too large for the broker: then the event has to be read from the ledger. */
  readonly event: AnyEvent | Omit<AnyEvent, 'data'>;
  readonly stamp: string;
  readonly body: Uint8Array;
}

/** A message as nats.js hands it over, whether consumed or looked up. */
export interface Received {
  readonly seq: number;
  readonly data: Uint8Array;
  readonly headers?: { get(name: string): string } | undefined;
}

export const previousHeader = 'Indelible-Previous';
/** The stamp is also the broker's message id; one event at one place of the stream is one message. */
export const stampHeader = 'Nats-Msg-Id';

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** 128 of the 256 bits: a forger can only guess, and asks a server that he has to reach first. */
const stampOf = (key: Uint8Array, sequence: number, previous: number, body: Uint8Array): string =>
  createHmac('sha256', key).update(`${sequence} ${previous} `).update(body).digest('base64url').slice(0, 22);

/** The message of an event for a place in the stream. */
export function stamped(
  key: Uint8Array,
  event: AnyEvent,
  previous: number,
  sequence: number,
  bytesMax: number,
): Message {
  let body = encoder.encode(JSON.stringify(event));
  if (body.length > bytesMax) body = encoder.encode(JSON.stringify({ ...event, data: undefined }));
  return { previous, event, stamp: stampOf(key, sequence, previous, body), body };
}

/** What a received message says; undefined when its stamp is not ours or not for that place. */
export function messageFrom(key: Uint8Array, { seq, data, headers }: Received): Message | undefined {
  const stamp = headers?.get(stampHeader);
  const previous = Number(headers?.get(previousHeader));
  if (!stamp || stamp !== stampOf(key, seq, previous, data)) return undefined;
  return { previous, event: JSON.parse(decoder.decode(data)) as Message['event'], stamp, body: data };
}
