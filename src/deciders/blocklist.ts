/**
 * The rules of an organisation's list of blocked hosts: each stands there once, in one spelling, and a list that is the
 * same as before is no change.
 */
import { Value } from '@sinclair/typebox/value';
import type { BlocklistFact } from '../../events/blocklist.ts';
import type { Decider } from '../decider.ts';
import { type Fault, invalid } from '../problem.ts';
import { canonicalHost } from './domain.ts';

export interface BlocklistState {
  readonly hosts: readonly string[];
}

export interface BlocklistCommand {
  readonly do: 'change';
  readonly hosts: readonly string[];
}

export const blockedMax = 1_000;

export const blocklist: Decider<BlocklistState, BlocklistCommand, BlocklistFact> = {
  initial: { hosts: [] },
  evolve: (state, { type, data }) => (type === 'blocklist.changed' ? { hosts: data.hosts } : state),
  decide({ hosts: asked }, state) {
    const faults = blockedFaults(asked);
    if (faults.length > 0) throw invalid(faults);
    const hosts = [...new Set(asked.map(canonicalHost))].sort();
    return Value.Equal(hosts, state.hosts) ? [] : [{ type: 'blocklist.changed', data: { hosts } }];
  },
};

/** What is wrong with a list: whatever is no host. */
export function blockedFaults(hosts: readonly string[]): Fault[] {
  return hosts.flatMap((host, i) => {
    const isHost =
      URL.canParse(`https://${host.trim()}/`) && /^[\p{L}\p{N}.:[\]-]+$/u.test(host.trim()) && !/:\d+$/.test(host);
    const detail = 'A host is a name such as example.com, or an address.';
    return isHost ? [] : [{ pointer: `/hosts/${i}`, code: 'format', detail }];
  });
}
