/**
 * Codes under a domain of their organisation's own: which one is meant by its name. Only a proven one can be, for a code
 * under any other would be found by nobody. One that was given up is nobody's place to come back to either.
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

/** What is wrong with the domain that a code is under, if anything: given up since, and maybe somebody else's now. */
export function lostDomain(deps: ApiDeps, org: string, domain: DomainRef | null): string | undefined {
  if (!domain || deps.domainOf(org, domain.host)?.id === domain.id) return undefined;
  return `The code is under "${domain.host}", which this organisation has given up: it would be found by nobody.`;
}
