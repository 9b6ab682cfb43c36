/**
 * The rules of a domain: it is added under a name that is one, proven by whoever holds it, given pages of its own, and
 * removed. Who holds a name is told by the ledger, not here: proving it claims the name.
 */
import { Value } from '@sinclair/typebox/value';
import type { DomainFact, Pages, Place } from '../../events/domain.ts';
import type { Decider } from '../decider.ts';
import { type Fault, invalid, Problem } from '../problem.ts';
import { destinationFault, type HostRules, plainHost } from './destination.ts';

export interface DomainState {
  readonly status: 'absent' | 'added' | 'verified' | 'removed';
  readonly host: string;
  readonly token: string;
  readonly pages: Pages;
  /** Whether it was given pages that were not erased. */
  readonly hasTexts: boolean;
}

export type DomainCommand =
  | { readonly do: 'add'; readonly host: string; readonly token: string; readonly hosts: HostRules }
  /** What the DNS says at the name of `recordOf`. */
  | { readonly do: 'verify'; readonly found: readonly string[] }
  | { readonly do: 'change_pages'; readonly pages: Partial<Pages>; readonly hosts: HostRules }
  | { readonly do: 'remove' }
  | { readonly do: 'erase' };

export const noPages: Pages = { root: null, unknown: null, gone: null };

/** Where in the DNS a domain is proven, and by what. */
export const recordOf = ({ host, token }: Pick<DomainState, 'host' | 'token'>) => ({
  name: `_short-link.${host}`,
  type: 'TXT' as const,
  value: `short-link-verification=${token}`,
});

/** A host name as it is kept: in lower case, international ones in Punycode, without a dot at the end. */
export const canonicalHost = (host: string): string =>
  (URL.parse(`https://${host.trim()}/`)?.hostname ?? host).toLowerCase().replace(/\.$/, '');

export const domain: Decider<DomainState, DomainCommand, DomainFact> = {
  initial: { status: 'absent', host: '', token: '', pages: noPages, hasTexts: false },

  evolve(state, { type, data }) {
    switch (type) {
      case 'domain.added':
        return { status: 'added', host: data.host, token: data.token, pages: noPages, hasTexts: false };
      case 'domain.verified':
        return { ...state, status: 'verified' };
      case 'domain.pages_changed':
        return { ...state, pages: data, hasTexts: true };
      case 'domain.removed':
        return { ...state, status: 'removed' };
      case 'domain.erased':
        return { ...state, pages: noPages, hasTexts: false };
      default:
        return state;
    }
  },

  decide(command, state) {
    if (command.do === 'add') {
      if (state.status !== 'absent') throw new Problem('conflict', 'A domain with this id exists already.');
      const faults = hostFaults(command.host, command.hosts);
      if (faults.length > 0) throw invalid(faults);
      return [{ type: 'domain.added', data: { host: canonicalHost(command.host), token: command.token } }];
    }
    if (command.do === 'erase' && state.status !== 'absent') {
      return state.hasTexts ? [{ type: 'domain.erased', data: {} }] : [];
    }
    if (state.status === 'absent' || state.status === 'removed' || command.do === 'erase') throw noSuchDomain();
    switch (command.do) {
      case 'verify':
        return state.status === 'verified' ? [] : verify(command.found, state);
      case 'change_pages': {
        // It is served here once it is proven.
        const domains = new Set([...command.hosts.domains, state.host]);
        const faults = pagesFaults(command.pages, { ...command.hosts, domains });
        if (faults.length > 0) throw invalid(faults);
        const pages = { ...state.pages, ...command.pages };
        return Value.Equal(pages, state.pages) ? [] : [{ type: 'domain.pages_changed', data: pages }];
      }
      case 'remove':
        return [{ type: 'domain.removed', data: {} }];
    }
  },
};

export const noSuchDomain = (): Problem => new Problem('not_found', 'There is no such domain.');

/** Whether it is a name and nothing around it: no address, no port, no path, no user. */
export const isBareName = (host: string): boolean => /^[\p{L}\p{N}.-]+$/u.test(host.trim());

/** What is wrong with a name for a domain. */
export function hostFaults(host: string, hosts: HostRules): Fault[] {
  const fault = (code: string, detail: string): Fault[] => [{ pointer: '/host', code, detail }];
  const name = canonicalHost(host);
  // Letters, digits and hyphens in two labels at least.
  const isName =
    name.length <= 253 && /^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])$/.test(name);
  if (!isName || !isBareName(host)) return fault('format', 'A domain is a host name such as go.example.com.');
  if (hosts.own.has(plainHost(name)) || hosts.domains.has(name))
    return fault('own_host', `${name} is this service's own, or somebody's domain already.`);
  return [];
}

function verify(found: readonly string[], state: DomainState): DomainFact[] {
  const { name, value } = recordOf(state);
  if (found.includes(value)) return [{ type: 'domain.verified', data: {} }];
  const seen = found.length === 0 ? 'There is none.' : `There are ${found.length}, and none of them is it.`;
  const detail = `The DNS has to have a TXT record at ${name} with the value ${value}. ${seen}`;
  throw new Problem('validation_failed', detail, { errors: [{ pointer: '', code: 'unproven', detail }] });
}

/** What is wrong with pages, each under its pointer. */
export function pagesFaults(pages: Partial<Pages>, hosts: HostRules): Fault[] {
  return (Object.entries(pages) as [keyof Pages, Place][]).flatMap(([name, place]) => {
    if (place === null) return [];
    if ('url' in place) return [destinationFault(place.url, `/pages/${name}/url`, hosts) ?? []].flat();
    return Object.entries(place).flatMap(([field, text]) => {
      if (!/(?!\n)[\p{Cc}\p{Cs}]/u.test(text)) return [];
      return [
        { pointer: `/pages/${name}/${field}`, code: 'format', detail: 'This is text without control characters.' },
      ];
    });
  });
}
