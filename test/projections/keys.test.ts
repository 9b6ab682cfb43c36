/**
 * What a key may do by itself. What each event leaves in the rows stands in `tenancy.ts`; what can be asked of them in
 * `key-rows.test.ts` and `access.test.ts`.
 */
import { expect, test } from 'bun:test';
import { roleOf } from '../../projections/keys.ts';

test.each([
  ['read', 'viewer'],
  ['write', 'editor'],
  ['admin', 'owner'],
  ['audit', 'auditor'],
] as const)('a key with the scope %s that names no role has the role %s', (scope, role) => {
  expect(roleOf(scope)).toBe(role);
});
