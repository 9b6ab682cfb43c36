/**
 * Is it alive, is it ready, and how is it doing. `/readyz` is 200 only while the program can serve; `?verbose` tells
 * what is behind or has stopped. `/metrics` is for Prometheus.
 */
import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { ProjectionStatus } from '../projector.ts';

export interface Health {
  /** Position of the ledger's end; rejects when the store does not answer. */
  head(): Promise<number>;
  /** Projections of this process. */
  projections(): readonly ProjectionStatus[];
  /** Position the redirect knows of, and how many codes it holds. */
  redirects(): { position: number; codes: number };
  /** Whether the start is over and no stop has begun. */
  serving(): boolean;
}

const methods = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);
const uncached = { 'cache-control': 'no-store' };

export function metricsOf(health: Health) {
  const registry = new Registry();
  const requests = new Counter({
    name: 'indelible_http_requests_total',
    help: 'Requests answered',
    labelNames: ['route', 'method', 'status'],
    registers: [registry],
  });
  const seconds = new Histogram({
    name: 'indelible_http_request_seconds',
    help: 'Time to answer',
    labelNames: ['route'],
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5],
    registers: [registry],
  });
  const positions = new Gauge({
    name: 'indelible_position',
    help: 'Ledger position: the head, and how far each reader has come',
    labelNames: ['of'],
    registers: [registry],
  });
  const poisoned = new Gauge({
    name: 'indelible_projection_poisoned',
    help: '1 when a projection stopped at an event it can not digest',
    labelNames: ['projection'],
    registers: [registry],
  });
  const codes = new Gauge({ name: 'indelible_redirects', help: 'Codes in memory', registers: [registry] });
  return {
    observe(route: string, sent: string, status: number, elapsedMs: number): void {
      // A method is any word the sender likes, and each word would be a series for ever.
      const method = methods.has(sent) ? sent : 'other';
      requests.inc({ route, method, status: String(status) });
      seconds.observe({ route }, elapsedMs / 1000);
    },
    async response(): Promise<Response> {
      positions.set({ of: 'ledger' }, await health.head().catch(() => Number.NaN));
      for (const { name, position, poisoned: stopped } of health.projections()) {
        positions.set({ of: `projection ${name}` }, position);
        poisoned.set({ projection: name }, stopped ? 1 : 0);
      }
      const { position, codes: count } = health.redirects();
      positions.set({ of: 'redirect' }, position);
      codes.set(count);
      return new Response(await registry.metrics(), { headers: { 'content-type': registry.contentType } });
    },
  };
}

/** `/livez`: the process answers. */
export const livez = (): Response => new Response('ok\n', { headers: { ...uncached, 'content-type': 'text/plain' } });

/** `/readyz`: 200 when the program can serve, else 503; with `verbose` as JSON with the reasons. */
export async function readyz(health: Health, verbose: boolean): Promise<Response> {
  const head = await health.head().catch(() => null);
  const projections = health.projections();
  const ready = health.serving() && head !== null;
  const status = ready ? 200 : 503;
  if (!verbose)
    return new Response(ready ? 'ok\n' : 'not ready\n', {
      status,
      headers: { ...uncached, 'content-type': 'text/plain' },
    });
  const body = {
    status: ready ? 'ready' : 'not ready',
    ledger: head === null ? { reachable: false } : { reachable: true, position: head },
    redirects: health.redirects(),
    projections: projections.map(({ name, position, poisoned }) => ({
      name,
      position,
      behind: head === null ? null : Math.max(0, head - position),
      ...(poisoned && { poisoned }),
    })),
  };
  return new Response(JSON.stringify(body, null, 2), {
    status,
    headers: { ...uncached, 'content-type': 'application/json' },
  });
}
