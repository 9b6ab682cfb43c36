/**
 * Codes under a domain of their organisation's own: which one is meant by its name, and the name in the ledger that a
 * slug under it needs. Each domain has slugs of its own, also when its host name once was somebody else's.
 */
import type { DomainRef } from '../../events/qr.ts';
import { canonicalSlug } from '../deciders/slug.ts';
import type { Fault } from '../problem.ts';
import type { ApiDeps } from './deps.ts';

/** The name that is claimed with a slug. */
export const claimOf = (slug: string, domain: DomainRef | null | undefined): string =>
  `slug:${domain ? `${domain.id}/` : ''}${canonicalSlug(slug)}`;

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
