/**
 * What a webhook is sent: `{type, timestamp, data}`, as Standard Webhooks has it. The data are the event's own, which
 * bind for ever, and beside them where the event stands in the ledger. A message is made of its event alone, so that it
 * is the same, byte for byte, whenever and however often it is sent.
 */
import type { AnyEvent } from '../../events/index.ts';
import { shownData } from '../../events/shown.ts';
import { exampleOf } from './examples.ts';

export interface Message {
  /** The name the webhook asked for it by. */
  readonly type: string;
  /** When it happened. */
  readonly timestamp: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** Numbers that mean something only inside: the place in a sketch and in a dictionary, and rules of counting. */
export const inner: ReadonlySet<string> = new Set(['visitor', 'agent', 'rules', 'earlier']);

const isId = (stream: string): boolean => /^[a-z]+_[0-9A-HJKMNP-TV-Z]{26}$/.test(stream);

/** The message of an event under one of its names. */
export function messageOf(event: AnyEvent, name: string): Message {
  const timestamp = new Date(event.at).toISOString();
  const example = event.type === 'webhook.tested' ? event.data.example : undefined;
  if (example !== undefined) {
    return { type: example, timestamp, data: { ...exampleOf(example).data, event: placeOf(event) } };
  }
  const shown = Object.entries(shownData(event));
  const data = event.type === 'scan.recorded' ? shown.filter(([field]) => !inner.has(field)) : shown;
  const id = isId(event.stream) ? { id: event.stream } : {};
  return { type: name, timestamp, data: { ...id, ...Object.fromEntries(data), event: placeOf(event) } };
}

/** Which event it is: enough to find it in `/v1/events` and to tell what came before it. */
function placeOf({ type: name, position, version, actor, request }: AnyEvent) {
  return name === 'scan.recorded' ? { name, position } : { name, position, version, actor, request };
}

const encoder = new TextEncoder();

/** The bytes that are signed and sent. */
export const bytesOf = (message: Message): Uint8Array => encoder.encode(JSON.stringify(message));
