/**
 * Who wants to be told of what: a webhook as it was at a position of the ledger, and the rule by which it wants an event.
 * The rule is pure and the only one, for what happens now and for what is told again from the past.
 */
import { isDelivered } from '../events/delivery.ts';
import type { AnyEvent } from '../events/index.ts';
import { nameFor } from '../events/names.ts';
import type { Scan } from '../events/scan.ts';
import { evolveWebhook, type WebhookRow } from './webhooks.ts';

export interface Target {
  /** Position of its creation: a name of eight bytes for what stands in millions of rows. */
  hook: number;
  webhook: string;
  org: string;
  events: string[];
  codes: string[] | null;
  tags: string[] | null;
  test: boolean;
  status: WebhookRow['status'];
  /** Since when nothing has succeeded there, in milliseconds; null while it works. */
  failing_since: number | null;
  /** Position of the event that changed it last. */
  changed: number;
}

/** What of a target says which events it wants. */
export interface Wanting {
  readonly webhook: string;
  readonly events: readonly string[];
  readonly codes: readonly string[] | null;
  readonly tags: readonly string[] | null;
  readonly test: boolean;
}

export const targetColumns = 'hook, webhook, org, events, codes, tags, test, status, failing_since, changed';

/** What has to be known of the code an event is about: as it is with that event. */
export interface Code {
  readonly tags: readonly string[];
  readonly test: boolean;
}

/** The code after an event about it; undefined while there is nothing to know, as of most codes. */
export function evolveCode(code: Code | undefined, event: AnyEvent): Code | undefined {
  if (event.type === 'qr.erased') return code?.test ? { tags: [], test: true } : undefined;
  if (event.type !== 'qr.created' && event.type !== 'qr.tagged') return code;
  const test = event.type === 'qr.created' ? (event.data.test ?? false) : (code?.test ?? false);
  const tags = event.data.tags ?? [];
  return code || tags.length > 0 || test ? { tags, test } : undefined;
}

/** A target after an event of its webhook. */
export function evolveTarget(target: Target | undefined, event: AnyEvent): Target | undefined {
  if (event.type === 'webhook.created') {
    const { events, codes, tags, test, status } = evolveWebhook(undefined, event)!;
    const who = { hook: event.position, webhook: event.stream, org: event.org! };
    return { ...who, events, codes, tags, test, status, failing_since: null, changed: event.position };
  }
  if (!target || !event.type.startsWith('webhook.')) return target;
  // Of a deleted one nothing is stored anew, however the events are cut into batches.
  if (target.status === 'deleted') return event.type === 'webhook.erased' ? { ...target, tags: null } : target;
  const { events, codes, tags, status } = evolveWebhook(target as unknown as WebhookRow, event)!;
  // Who takes it up again after it was mended has its full time again, and so has another address.
  const isMended = event.type === 'webhook.resumed' || event.type === 'webhook.retargeted';
  const failing_since = isMended ? null : target.failing_since;
  return { ...target, events, codes, tags, status, failing_since, changed: event.position };
}

/** A target after attempts: since when it fails, or that it does not. */
export function tried(target: Target, event: Extract<AnyEvent, { type: 'delivery.attempted' }>): Target {
  let { failing_since } = target;
  for (const attempt of event.data.attempts) failing_since = isDelivered(attempt) ? null : (failing_since ?? event.at);
  return failing_since === target.failing_since ? target : { ...target, failing_since };
}

/** The code an event is about; undefined for what is about none. */
export const codeOf = (event: AnyEvent): string | undefined =>
  event.type === 'scan.recorded' ? event.data.qr : event.type.startsWith('qr.') ? event.stream : undefined;

/** Whether events are kept for it: also while it is paused. */
export const isListening = ({ status }: Pick<Target, 'status'>): boolean => status === 'active' || status === 'paused';

/** Whether these names and patterns ask for any scans: a counted one goes by all names that a scan has. */
export const asksForScans = (events: readonly string[]): boolean =>
  nameFor({ type: 'scan.recorded', data: { kind: 'scan' } as Scan }, events) !== undefined;

/** Whether it is narrowed by what has to be looked up about codes. */
export const asksForTags = ({ tags }: Pick<Target, 'tags'>): boolean => tags !== null;

/**
 * Under which name a target wants an event; undefined when it does not. A narrowed one wants nothing but events about
 * its codes, whatever it is subscribed to: it may lead to somebody who is to see no more than those.
 */
export function wantedAs(target: Wanting, event: AnyEvent, code: Code | undefined): string | undefined {
  if (event.type === 'webhook.tested' && event.stream === target.webhook) return event.type;
  const about = codeOf(event);
  const isTest = event.type === 'scan.recorded' ? event.data.test === true : (code?.test ?? false);
  if (isTest !== target.test) return undefined;
  if (target.codes !== null && (about === undefined || !target.codes.includes(about))) return undefined;
  if (target.tags !== null && !(about !== undefined && code?.tags.some(tag => target.tags!.includes(tag)))) {
    return undefined;
  }
  return nameFor(event, target.events);
}
