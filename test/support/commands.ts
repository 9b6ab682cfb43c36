/**
 * Commands on codes as the tests of `execute` give them: contexts, orders and a reply that tells the version.
 */

import type { QrFact } from '../../events/qr.ts';
import { noHosts } from '../../src/deciders/destination.ts';
import { type QrCommand, type QrState, qr } from '../../src/deciders/qr.ts';
import { type Context, type Deps, execute, type Order, type Reply } from '../../src/execute.ts';

export type QrOrder = Order<QrState, QrCommand, QrFact>;

export const contextOf = (more: Partial<Context> = {}): Context => ({
  at: 1_775_649_600_000,
  org: 'org_1',
  actor: 'key_1',
  request: 'req_1',
  ...more,
});

/** A context with an idempotency key. */
export const keyed = (key: string, fingerprint = 'a', org = 'org_1'): Context =>
  contextOf({ org, idempotency: { key, fingerprint } });

export const creation = (id: string, slug: string, more: Partial<QrOrder> = {}): QrOrder => ({
  decider: qr,
  stream: id,
  command: { do: 'create', type: 'url', slug, destination: `https://example.com/${slug}`, hosts: noHosts },
  fresh: true,
  claims: [`slug:${slug}`],
  ...more,
});

export const relabeling = (id: string, label: string | null, more: Partial<QrOrder> = {}): QrOrder => ({
  decider: qr,
  stream: id,
  command: { do: 'change', label, hosts: noHosts },
  ...more,
});

export const deletion = (id: string): QrOrder => ({ decider: qr, stream: id, command: { do: 'delete' } });

/** Executes orders; the reply holds the labels and versions that came of them. */
export const run = (deps: Deps, context: Context, ...orders: QrOrder[]): Promise<Reply> =>
  execute(
    deps,
    context,
    () => orders,
    outcomes => ({ status: 200, headers: {}, body: outcomes.map(({ state, version }) => [state.label, version]) }),
  );
