/**
 * Names that are given once and for ever, as the ledger knows them, and which events take them: so an import need not
 * believe a file in what the events themselves say.
 */
import type { AnyEvent } from '../../events/index.ts';
import type { DomainRef } from '../../events/qr.ts';
import { canonicalSlug } from './slug.ts';

/** A slug. Each domain has slugs of its own, also when its host name once was somebody else's. */
export const slugClaim = (slug: string, domain: DomainRef | null | undefined): string =>
  `slug:${domain ? `${domain.id}/` : ''}${canonicalSlug(slug)}`;

/** An API key, by the hash of its text. */
export const keyClaim = (hash: string): string => `key:${hash}`;

/** The host name of a domain, which can be given up and proven again: it is claimed once for each time. */
export const domainClaim = (host: string, timesGivenUp: number): string => `domain:${host}:${timesGivenUp}`;

/** Whether a name is that of a domain of this host, however often it was given up. */
export const isClaimOf = (host: string, name: string): boolean =>
  name.startsWith(`domain:${host}:`) && /^\d+$/.test(name.slice(`domain:${host}:`.length));

/** The slug or key that an event takes for its stream; a slug may be one that the stream had before. */
export function claimsIn(event: AnyEvent): string[] {
  switch (event.type) {
    case 'qr.created':
      return event.data.slug === undefined ? [] : [slugClaim(event.data.slug, event.data.domain)];
    case 'qr.slug_added':
      return [slugClaim(event.data.slug, event.data.domain)];
    case 'key.issued':
    case 'key.rotated':
      return [keyClaim(event.data.hash)];
    default:
      return [];
  }
}
