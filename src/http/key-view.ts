/**
 * A key as the API shows it, from its row or from where a command has left it. Both make the same object, so that the
 * answer to a change and a later read never differ.
 */
import type { KeyRow } from '../../projections/key-rows.ts';
import type { KeyState } from '../deciders/key.ts';
import type { Outcome } from '../execute.ts';
import { timeOf } from './replies.ts';
import { prefixOf } from './secret.ts';

const timeOrNull = (ms: number | null): string | null => (ms === null ? null : timeOf(ms));

/** A key as it is at a time. */
export function shown(row: KeyRow, now: number) {
  const { id, name, mode, scope, role, member, team, tags, domains, operations, addresses } = row;
  const isExpired = row.expires_ms !== null && row.expires_ms <= now;
  return {
    ...{ id, name, prefix: row.chosen ? '' : prefixOf(mode), lastFour: row.last_four },
    ...{ mode, scope, role, member, team, tags, domains, operations, addresses },
    requestsPerMinute: row.requests_per_minute,
    expiresAt: timeOrNull(row.expires_ms),
    status: row.revoked ? ('revoked' as const) : isExpired ? ('expired' as const) : ('active' as const),
    lastUsedAt: timeOrNull(row.last_used_ms),
    createdAt: timeOf(row.created_ms),
    updatedAt: timeOf(row.updated_ms),
  };
}

/** The row of a key after a command, from the row before it. */
export function rowAfter(row: KeyRow, { state, version, changedAt, facts }: Outcome<KeyState>): KeyRow {
  const { name, lastFour, tags, domains, operations, addresses, requestsPerMinute, expiresAt } = state;
  return {
    ...row,
    ...{ name, last_four: lastFour, tags, domains, operations, addresses, version, updated_ms: changedAt },
    ...{ requests_per_minute: requestsPerMinute, expires_ms: expiresAt },
    chosen: row.chosen && !facts.some(({ type }) => type === 'key.rotated'),
  };
}

/** What is there of a key before its first command. */
export const rowBefore = (id: string, org: string, at: number, holder: Pick<KeyRow, 'role' | 'team'>): KeyRow => ({
  ...{ id, org, name: '', mode: 'live', scope: 'read', member: null, last_four: '', chosen: false, revoked: false },
  ...{ tags: null, domains: null, operations: null, addresses: null, requests_per_minute: null, expires_ms: null },
  ...{ version: 0, created_ms: at, updated_ms: at, last_used_ms: null },
  ...holder,
});
