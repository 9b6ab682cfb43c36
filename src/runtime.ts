/**
 * What differs between runtimes, and nothing else: how to listen. Bun's own server is used where there is one, Deno's
 * otherwise. Everything above works with Web `Request` and `Response`.
 */

import http from 'node:http';
import { YoungGarbage } from './young-garbage.ts';

/** Answers a request; `peer` is the address at the other end of the connection. */
export type Handler = (request: Request, peer: string | null) => Response | Promise<Response>;

export interface Listening {
  readonly port: number;
  /** Stops accepting; resolves when the requests under way are answered; does not wait for those that take too long. */
  drain(): Promise<void>;
}

interface DenoServer {
  addr: { port: number };
  shutdown(): Promise<void>;
}
interface DenoLike {
  serve(
    options: { port: number; hostname: string; onListen(): void },
    handler: (request: Request, info: { remoteAddr: { hostname?: string } }) => Response | Promise<Response>,
  ): DenoServer;
}

export const runtimeName: 'bun' | 'deno' = 'Bun' in globalThis ? 'bun' : 'deno';

/** What Bun's engine can be told; of Deno's nothing is asked. */
const jsc = 'Bun' in globalThis ? await import('bun:jsc') : undefined;

/** Largest body that is read at all, in bytes: a bulk request of 10,000 codes with the longest destinations fits. */
export const bodyBytesMax = 32 * 1024 * 1024;

/**
 * Largest head of a request, in bytes: an address can name 1,000 codes, which are 32 KB. Bun takes 16 by default; what is
 * larger gets its bare 431.
 */
const headBytesMax = 64 * 1024;

/** Who has not finished sending by then, on a bad line or on purpose, may not keep the program from closing in order. */
const graceMs = 5_000;

async function drained(draining: Promise<void>, cutOff: () => unknown): Promise<void> {
  let timer: ReturnType<typeof setTimeout>;
  const late = new Promise<void>(resolve => {
    timer = setTimeout(() => {
      cutOff();
      resolve();
    }, graceMs);
  });
  await Promise.race([draining, late]).finally(() => clearTimeout(timer));
}

/** Listens; port 0 takes a free one. */
export function listen(options: { port: number; hostname: string }, handler: Handler): Listening {
  if (jsc) {
    const garbage = new YoungGarbage(jsc.edenGC);
    // Its server has no option of its own for that.
    (http as { maxHeaderSize: number }).maxHeaderSize = headBytesMax;
    const server = Bun.serve({
      ...options,
      idleTimeout: 60,
      // Twice that, so that what is a little too large gets an answer that says so instead of Bun's bare 413.
      maxRequestBodySize: 2 * bodyBytesMax,
      fetch: (request, server) => {
        garbage.count();
        return handler(request, server.requestIP(request)?.address ?? null);
      },
    });
    return { port: server.port!, drain: () => drained(server.stop(), () => server.stop(true)) };
  }
  const { serve } = (globalThis as unknown as { Deno: DenoLike }).Deno;
  const server = serve({ ...options, onListen: () => {} }, (request, info) =>
    handler(request, info.remoteAddr.hostname ?? null),
  );
  // Deno's way to cut off, a signal, ends the whole program with an error when a body is being read.
  return { port: server.addr.port, drain: () => drained(server.shutdown(), () => {}) };
}
