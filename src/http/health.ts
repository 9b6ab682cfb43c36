/**
 * Is it alive, is it ready, and how is it doing. `/readyz` is 200 only while the program can serve; `?verbose` tells
 * what is behind or has stopped. `/metrics` is for Prometheus.
 */
import { Gauge, Registry } from 'prom-client';
import type { ProjectionStatus } from '../projector.ts';
import { RequestTimes } from './request-times.ts';

export interface Health {
  /** Position of the ledger's end; rejects when the store does not answer. */
  head(): Promise<number>;
  /** Projections of this process. */
  projections(): readonly ProjectionStatus[];
  /** Whether nothing can be served without the ledger; a redirect node serves what it knows. */
  readonly needsLedger: boolean;
  /** How the redirect is doing, where there is one. */
  redirects(): RedirectHealth | undefined;
  /** Whether the start is over and no stop has begun. */
  serving(): boolean;
}

export interface RedirectHealth {
  /** Position up to which it knows everything, and how many codes it holds. */
  readonly position: number;
  readonly codes: number;
  /** Whether what it does not know is not there. */
  readonly complete: boolean;
  /** Scans that wait on disk for the ledger. */
  readonly spool: { readonly bytes: number; readonly bytesMax: number; readonly filling: boolean };
}

const uncached = { 'cache-control': 'no-store' };

export function metricsOf(health: Health) {
  const registry = new Registry();
  const times = new RequestTimes();
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
  const gauge = (name: string, help: string) => new Gauge({ name: `indelible_${name}`, help, registers: [registry] });
  const codes = gauge('redirects', 'Codes in memory');
  const complete = gauge('redirects_complete', '1 while the redirect is sure to know every code');
  const spooled = gauge('spool_bytes', 'Scans that wait on disk for the ledger');
  const spoolMax = gauge('spool_bytes_max', 'Limit of those; beyond it scans are turned away with 503');
  const filling = gauge(
    'spool_filling',
    '1 while scans go to disk because the ledger does not take them, or not all that come',
  );
  return {
    observe: times.observe.bind(times),
    async response(): Promise<Response> {
      positions.set({ of: 'ledger' }, await health.head().catch(() => Number.NaN));
      for (const { name, position, poisoned: stopped } of health.projections()) {
        positions.set({ of: `projection ${name}` }, position);
        poisoned.set({ projection: name }, stopped ? 1 : 0);
      }
      const redirects = health.redirects();
      if (redirects) {
        positions.set({ of: 'redirect' }, redirects.position);
        codes.set(redirects.codes);
        complete.set(Number(redirects.complete));
        spooled.set(redirects.spool.bytes);
        spoolMax.set(redirects.spool.bytesMax);
        filling.set(Number(redirects.spool.filling));
      }
      return new Response(`${times.text()}\n${await registry.metrics()}`, {
        headers: { 'content-type': registry.contentType },
      });
    },
  };
}

/** `/livez`: the process answers. */
export const livez = (): Response => new Response('ok\n', { headers: { ...uncached, 'content-type': 'text/plain' } });

/** `/readyz`: 200 when the program can serve, else 503; with `verbose` as JSON with the reasons. */
export async function readyz(health: Health, verbose: boolean): Promise<Response> {
  const head = await health.head().catch(() => null);
  const projections = health.projections();
  const ready = health.serving() && (head !== null || !health.needsLedger);
  const status = ready ? 200 : 503;
  if (!verbose)
    return new Response(ready ? 'ok\n' : 'not ready\n', {
      status,
      headers: { ...uncached, 'content-type': 'text/plain' },
    });
  const body = {
    status: ready ? 'ready' : 'not ready',
    ledger: head === null ? { reachable: false } : { reachable: true, position: head },
    redirects: health.redirects() ?? null,
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
