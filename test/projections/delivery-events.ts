/**
 * Events for tests of deliveries, each the next one of a ledger: webhooks, scans, and what came of telling them.
 */
import type { AnyEvent } from '../../events/index.ts';
import { eventOf } from '../support/read-models.ts';

export const at = Date.UTC(2026, 3, 8, 12);
export const day = 86_400_000;
let position = 0;
/** The next event of the ledger. */
export function next<T extends AnyEvent['type']>(
  type: T,
  stream: string,
  data: Extract<AnyEvent, { type: T }>['data'],
  envelope: Parameters<typeof eventOf>[3] = {},
): AnyEvent {
  return eventOf(type, stream, data as never, { at, position: ++position, ...envelope });
}

export const webhook = (id: string, more: object = {}) =>
  next('webhook.created', id, { url: 'https://a.example', events: ['*'], secret: 'whsec_a', ...more });
export const scan = (qr: string, more: object = {}) =>
  next('scan.recorded', 'scans-1', { qr, kind: 'scan', ...more } as never);
export const tried = (id: string, ...attempts: object[]) =>
  next('delivery.attempted', 'deliveries-1', { webhook: id, attempts: attempts as never });
export const ok = (of: AnyEvent) => ({ position: of.position, status: 200, latencyMs: 5 });
export const failed = (of: AnyEvent, retryAt?: number) => ({
  ...{ position: of.position, status: 500, latencyMs: 5 },
  ...(retryAt !== undefined && { retryAt }),
});
