/**
 * Codes under a domain of their organisation's own: which one is meant by its name. Only a proven one can be, for a code
 * under any other would be found by nobody.
 */
import type { DomainRef } from '../../events/qr.ts';
import type { Fault } from '../problem.ts';
import type { ApiDeps } from './deps.ts';

/** The domain that a code is to be under: null for the instance's own address, undefined where nothing is said. */
export function domainFrom(
  deps: ApiDeps,
  org: string,
  host: string | null | undefined,
  fault: (fault: Fault) => void,
): DomainRef | null | undefined {
  if (host == null) return host;
  const ref = deps.domainOf(org, host);
  const detail = `"${host}" is no verified domain of this organisation.`;
  if (!ref) fault({ pointer: '/domain', code: 'unknown', detail });
  return ref ?? null;
}
