/**
 * Hosts that no code of an organisation may lead to, with all below them. The list is one thing: what stands on it is
 * refused when a code is set, and leads nowhere when a code was set before.
 */
import { Type } from '@sinclair/typebox';
import { Data, type FactOf } from './envelope.ts';

export const blocklistEvents = {
  /** The whole new list, sorted. */
  'blocklist.changed': Data({ hosts: Type.Array(Type.String()) }),
} as const;

export type BlocklistFact = FactOf<typeof blocklistEvents>;
