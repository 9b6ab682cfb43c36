/**
 * Webhooks, deliveries and replays as the API shows them. A webhook's row after a command is made by the rule that makes
 * it in the read model, so that the answer to a change and a later read never differ.
 */
import type { AnyEvent } from '../../events/index.ts';
import type { ReplayListRow } from '../../projections/delivery-lists.ts';
import type { DeliveryRow } from '../../projections/delivery-rows.ts';
import { evolveWebhook, type WebhookRow } from '../../projections/webhooks.ts';
import type { WebhookState } from '../deciders/webhook.ts';
import type { Outcome } from '../execute.ts';
import { messageIdOf } from '../webhooks/signature.ts';
import { timeOf } from './replies.ts';

const timeOrNull = (ms: number | null): string | null => (ms === null ? null : timeOf(ms));

/** A webhook as it is at a time. */
export function shown(row: WebhookRow, now: number) {
  const { id, url, events, status, codes, tags, test } = row;
  return {
    ...{ id, url, events, status, disabledReason: row.disabled_reason, codes, tags, test },
    previousSecretUntil: row.grace_ms !== null && row.grace_ms > now ? timeOf(row.grace_ms) : null,
    createdAt: timeOf(row.created_ms),
    updatedAt: timeOf(row.updated_ms),
  };
}

/** The row of a webhook after a command; of a new one there is none before. */
export function rowAfter(
  row: WebhookRow | undefined,
  { facts, version }: Outcome<WebhookState>,
  place: { readonly id: string; readonly org: string; readonly at: number },
): WebhookRow {
  const { id: stream, org, at } = place;
  const first = version - facts.length + 1;
  return facts.reduce<WebhookRow | undefined>(
    (before, fact, i) => evolveWebhook(before, { ...fact, stream, org, at, version: first + i } as AnyEvent),
    row,
  )!;
}

/** A delivery of a webhook, and the event it tells of. */
export const deliveryShown = (webhook: string, row: DeliveryRow, event: AnyEvent) => ({
  ...{ id: messageIdOf(webhook, event), type: row.name, position: row.position, status: row.status },
  attempts: row.attempts,
  queuedAt: timeOf(row.queued_ms),
  nextAttemptAt: timeOrNull(row.due_ms),
  lastAttemptAt: timeOrNull(row.attempted_ms),
  ...{ responseStatus: row.answer, latencyMs: row.latency_ms, error: row.error, responseExcerpt: row.excerpt },
});

/** A replay. */
export const replayShown = ({ id, webhook, after, until, through, requested_ms }: ReplayListRow) => ({
  ...{ id, webhook, from: after + 1, to: until, through },
  status: through < until ? ('running' as const) : ('done' as const),
  requestedAt: timeOf(requested_ms),
});
