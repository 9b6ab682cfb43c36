/**
 * The caller of the request at hand: established once, before the framework sees the request, and looked up by the
 * handlers. What a command needs to know of its surroundings is made from it.
 */
import { createHash } from 'node:crypto';
import type { Scope } from '../../events/key.ts';
import type { Access } from '../../projections/keys.ts';
import type { Context } from '../execute.ts';
import { invalid } from '../problem.ts';
import { requireScope } from './rights.ts';

export interface Caller {
  readonly access: Access;
  readonly requestId: string;
  /** When the request came in, in milliseconds. */
  readonly at: number;
}

const callers = new WeakMap<Request, Caller>();

export const setCaller = (request: Request, caller: Caller): void => void callers.set(request, caller);

/** The caller, if its key has the scope; throws 403 otherwise. */
export function callerOf(request: Request, scope: Scope): Caller {
  const caller = callers.get(request);
  if (!caller) throw new Error('the request was not authenticated');
  requireScope(caller.access, scope);
  return caller;
}

/** The surroundings of a command: whose it is and under which idempotency key, if any. */
export function contextOf(request: Request, caller: Caller, body?: unknown): Context {
  const { access, requestId, at } = caller;
  const key = request.headers.get('idempotency-key');
  return {
    at,
    org: access.org,
    actor: access.key,
    request: requestId,
    ...(key !== null && {
      idempotency: { key: idempotencyKey(access.key, key), fingerprint: fingerprint(request, body) },
    }),
  };
}

/** It means something to the API key it came with alone: another one may be a team's that must not see the answer. */
function idempotencyKey(apiKey: string, key: string): string {
  if (/^[\x21-\x7e]{1,255}$/.test(key)) return `${apiKey} ${key}`;
  throw invalid([
    {
      pointer: 'header:Idempotency-Key',
      code: 'pattern',
      detail: 'An Idempotency-Key has 1 to 255 visible ASCII characters.',
    },
  ]);
}

/** Two requests are the same when method, path and body are; the order of the body's fields counts. */
function fingerprint(request: Request, body: unknown): string {
  const { pathname } = new URL(request.url);
  return createHash('sha256')
    .update(`${request.method} ${pathname}\n${JSON.stringify(body) ?? ''}`)
    .digest('hex');
}
