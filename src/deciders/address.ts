/**
 * The address of a code: its slug, and the domain whose slug that is. A code can be given another one and keeps all that
 * it had, because they are printed somewhere; a static code has none.
 */
import { type Address, addressAfter, type DomainRef, type QrFact } from '../../events/qr.ts';
import type { Fault } from '../problem.ts';
import { canonicalSlug, slugFault } from './slug.ts';

/** Slugs that a code keeps besides its own: they stay for ever, in the memory of every redirect node. */
export const formerSlugsMax = 19;

/** What is asked for; what is absent stays as it is. A domain of null is the instance's own address. */
export interface Readdressing {
  readonly slug?: string | undefined;
  readonly domain?: DomainRef | null | undefined;
}

type Known = Address & { readonly static: boolean };

/** The fault of a new code's slug. */
export function slugFaults(slug: string | null, isStatic: boolean): Fault[] {
  const fault = (code: string, detail: string): Fault[] => [{ pointer: '/slug', code, detail }];
  if (slug === null) return isStatic ? [] : fault('required', 'A dynamic code has a slug.');
  if (isStatic) return fault('not_allowed', 'A static code holds its content itself and has no short URL, so no slug.');
  return [slugFault(slug, '/slug') ?? []].flat();
}

/** What is wrong with another address for a code. */
export function addressFaults(asked: Readdressing, code: Known): Fault[] {
  const { slug, domain } = asked;
  if (slug === undefined && domain === undefined) return [];
  const pointer = slug === undefined ? '/domain' : '/slug';
  if (code.static) {
    const detail = 'A static code holds its content itself and has no short URL.';
    return [{ pointer, code: 'not_allowed', detail }];
  }
  const fault = slug === undefined ? null : slugFault(slug, pointer);
  if (fault) return [fault];
  const [fact] = readdressed(asked, code);
  if (!fact || addressAfter(code, fact.data).former.length <= formerSlugsMax) return [];
  const detail = `A code keeps every slug that it had, and has at most ${formerSlugsMax + 1}.`;
  return [{ pointer, code: 'too_many', detail }];
}

/** The fact that gives a code another address; none when it has that one. */
export function readdressed({ slug, domain }: Readdressing, code: Known): Extract<QrFact, { type: 'qr.slug_added' }>[] {
  if (code.slug === null || (slug === undefined && domain === undefined)) return [];
  const next = slug === undefined ? code.slug : canonicalSlug(slug);
  const of = domain === undefined ? code.domain : domain;
  if (next === code.slug && of?.id === code.domain?.id) return [];
  return [{ type: 'qr.slug_added', data: { slug: next, ...(of && { domain: of }) } }];
}
