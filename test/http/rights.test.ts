/**
 * The one table of who may do what. What each role, scope and reach may do is written out here once more, from the
 * outside, so that a slip in the table is found; that every route obeys it over HTTP is shown in `matrix.test.ts`.
 */
import { describe, expect, test } from 'bun:test';
import type { Scope } from '../../events/key.ts';
import type { Role } from '../../events/member.ts';
import type { Access } from '../../projections/keys.ts';
import {
  type Action,
  actionOf,
  actions,
  covers,
  includes,
  objection,
  permit,
  reachOf,
  requireScope,
  rights,
  routeActions,
} from '../../src/http/rights.ts';
import { byRole, byScope, onCodes, onTeam } from '../support/permissions.ts';
import { problemOf } from '../support/problem-of.ts';

const roles: readonly Role[] = ['owner', 'admin', 'editor', 'viewer', 'auditor'];
const whole = {
  ...{ key: 'key_1', org: 'org_1', mode: 'live', scope: 'admin', role: 'owner', member: null, team: null },
  ...{ tags: null, domains: null, operations: null, addresses: null },
} as Access;
const may = (access: Partial<Access>): Action[] =>
  actions.filter(action => objection({ ...whole, ...access }, action) === undefined);

describe('a role', () => {
  test.each(roles.map(role => [role, [...byRole[role]]] as [Role, string[]]))(
    'of %s may do exactly what it should, with the widest scope',
    (role, expected) => {
      expect(may({ role }).sort()).toEqual(expected.sort() as Action[]);
    },
  );

  test('covers those that may do no more, itself among them', () => {
    const covered = Object.fromEntries(roles.map(role => [role, roles.filter(other => covers(role, other))]));
    expect(covered).toEqual({
      owner: [...roles],
      admin: ['admin', 'editor', 'viewer', 'auditor'],
      editor: ['editor', 'viewer'],
      viewer: ['viewer'],
      auditor: ['viewer', 'auditor'],
    });
  });

  test('is named when it is missing', async () => {
    const problem = await problemOf(() => permit({ ...whole, role: 'editor' }, 'key.write'));
    expect(problem).toMatchObject({ code: 'not_permitted', status: 403 });
    expect(problem.message).toContain('owner or admin');
    expect(problem.message).toContain('editor');
  });
});

describe('a scope', () => {
  test.each<[Scope, Scope[]]>([
    ['read', ['read']],
    ['write', ['read', 'write']],
    ['admin', ['read', 'write', 'admin', 'audit']],
    ['audit', ['audit']],
  ])('of %s includes what it should, and the one that is missing is named', async (has, expected) => {
    for (const wanted of ['read', 'write', 'admin', 'audit'] as const) {
      expect(includes(has, wanted)).toBe(expected.includes(wanted));
      const attempt = async () => requireScope({ ...whole, scope: has }, wanted);
      if (expected.includes(wanted)) expect(await attempt()).toBeUndefined();
      else {
        const problem = await problemOf(attempt());
        expect(problem).toMatchObject({ code: 'scope_missing', status: 403 });
        expect(problem.message).toContain(`"${wanted}"`);
        expect(problem.headers['www-authenticate']).toContain(`error="insufficient_scope", scope="${wanted}"`);
      }
    }
  });

  test('and role both have to allow what is asked for', () => {
    for (const role of roles) {
      for (const scope of ['read', 'write', 'admin', 'audit'] as const) {
        const expected = may({ role }).filter(action => includes(scope, rights[action].scope));
        expect(may({ role, scope })).toEqual(expected);
      }
    }
    for (const scope of ['read', 'write', 'admin', 'audit'] as const) {
      expect([...may({ scope })].sort()).toEqual([...byScope[scope]].sort() as Action[]);
    }
    expect(may({ role: 'viewer', scope: 'audit' })).toEqual([]);
    expect(may({ role: 'auditor', scope: 'audit' })).toEqual(['ledger.read', 'history.read']);
  });
});

describe('a narrowed key', () => {
  test('acts on codes, on its team, or on all of the organisation', () => {
    expect(reachOf(whole)).toBe('organization');
    expect(reachOf({ ...whole, team: 'team_1' })).toBe('team');
    for (const narrowed of [{ mode: 'test' }, { tags: ['a'] }, { domains: ['a.example'] }] as const) {
      expect(reachOf({ ...whole, ...narrowed })).toBe('codes');
      expect(reachOf({ ...whole, team: 'team_1', ...narrowed })).toBe('codes');
    }
  });

  test('for codes only has no say in anything else', () => {
    const expected = actions.filter(action => onCodes.includes(action));
    for (const narrowed of [{ mode: 'test' }, { tags: ['a'] }, { domains: ['a.example'] }] as const) {
      expect(may(narrowed)).toEqual(expected);
    }
    expect([...may({ team: 'team_1' })].sort()).toEqual([...onTeam].sort() as Action[]);
  });

  test('for some operations does those and no other, as far as it may', () => {
    expect(may({ operations: ['qr.read', 'ledger.read'] })).toEqual(['qr.read', 'ledger.read']);
    expect(may({ operations: ['qr.read', 'ledger.read'], role: 'viewer' })).toEqual(['qr.read']);
  });

  test('is told which narrowing is in the way', async () => {
    const told = async (access: Partial<Access>, action: Action) =>
      (await problemOf(() => permit({ ...whole, ...access }, action))).message;
    expect(await told({ mode: 'test' }, 'key.write')).toContain('live key');
    expect(await told({ team: 'team_1' }, 'webhook.read')).toContain('whole organisation');
    expect(await told({ operations: ['qr.read'] }, 'qr.create')).toContain('qr.read only');
  });
});

describe('a route', () => {
  test('is an action of the table, and so is HEAD where there is GET', () => {
    for (const action of Object.values(routeActions)) expect(actions).toContain(action);
    expect(actionOf('HEAD', '/v1/qr')).toBe('qr.read');
  });

  test('that is in no table is a mistake of ours', () => {
    expect(() => actionOf('PUT', '/v1/qr')).toThrow('rights.ts');
  });
});
