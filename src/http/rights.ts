/**
 * Who may do what: the one table. A route is an action; an action needs a scope of the key and a role of its holder,
 * and tells how far it reaches, so that a key for one team, tag or trial can't act on what is everybody's. It is
 * enforced before a handler runs, for every route there is; which codes a key then sees is told by `visible.ts`.
 */
import type { Scope } from '../../events/key.ts';
import type { Role } from '../../events/member.ts';
import type { Access } from '../../projections/keys.ts';
import { Problem } from '../problem.ts';

/**
 * What an action acts on: single codes, which each key sees its own of; a team's keys and members; or what is the whole
 * organisation's.
 */
export type Reach = 'codes' | 'team' | 'organization';

interface Right {
  readonly scope: Scope;
  readonly roles: readonly Role[];
  readonly reach: Reach;
}

const everybody: readonly Role[] = ['owner', 'admin', 'editor', 'viewer', 'auditor'];
const editors: readonly Role[] = ['owner', 'admin', 'editor'];
const admins: readonly Role[] = ['owner', 'admin'];
const overseers: readonly Role[] = ['owner', 'admin', 'auditor'];
const owners: readonly Role[] = ['owner'];

/** Action → what it needs. Keys can be narrowed to actions by these names, so none may change its meaning. */
export const rights = {
  'qr.read': { scope: 'read', roles: everybody, reach: 'codes' },
  'qr.create': { scope: 'write', roles: editors, reach: 'codes' },
  'qr.change': { scope: 'write', roles: editors, reach: 'codes' },
  'qr.delete': { scope: 'write', roles: editors, reach: 'codes' },
  'scan.simulate': { scope: 'write', roles: editors, reach: 'codes' },
  'qr.erase': { scope: 'admin', roles: admins, reach: 'codes' },
  'analytics.read': { scope: 'read', roles: everybody, reach: 'codes' },
  'exclusion.read': { scope: 'read', roles: everybody, reach: 'organization' },
  'exclusion.erase': { scope: 'admin', roles: admins, reach: 'organization' },
  'exclusion.write': { scope: 'write', roles: editors, reach: 'organization' },
  'style.read': { scope: 'read', roles: everybody, reach: 'codes' },
  'style.erase': { scope: 'admin', roles: admins, reach: 'organization' },
  'style.write': { scope: 'write', roles: editors, reach: 'organization' },
  'usage.read': { scope: 'read', roles: everybody, reach: 'codes' },
  'job.read': { scope: 'read', roles: everybody, reach: 'codes' },
  'job.write': { scope: 'write', roles: editors, reach: 'codes' },
  'ledger.read': { scope: 'audit', roles: overseers, reach: 'organization' },
  'history.read': { scope: 'audit', roles: overseers, reach: 'codes' },
  'webhook.read': { scope: 'admin', roles: admins, reach: 'organization' },
  'webhook.write': { scope: 'admin', roles: admins, reach: 'organization' },
  'domain.read': { scope: 'read', roles: everybody, reach: 'organization' },
  'domain.write': { scope: 'admin', roles: admins, reach: 'organization' },
  'organization.read': { scope: 'read', roles: everybody, reach: 'organization' },
  'organization.write': { scope: 'admin', roles: owners, reach: 'organization' },
  'team.read': { scope: 'read', roles: everybody, reach: 'team' },
  'team.write': { scope: 'admin', roles: admins, reach: 'organization' },
  'member.read': { scope: 'read', roles: overseers, reach: 'team' },
  'member.write': { scope: 'admin', roles: admins, reach: 'team' },
  'key.read': { scope: 'read', roles: overseers, reach: 'team' },
  'key.write': { scope: 'admin', roles: admins, reach: 'team' },
} as const satisfies Record<string, Right>;

export type Action = keyof typeof rights;
export const actions = Object.keys(rights) as Action[];

/** `METHOD /v1/path` → action. HEAD is GET. */
export const routeActions: Readonly<Record<string, Action>> = {
  'POST /v1/qr/create': 'qr.create',
  'POST /v1/qr/bulk': 'qr.create',
  'PATCH /v1/qr/bulk': 'qr.change',
  'DELETE /v1/qr/bulk': 'qr.delete',
  'POST /v1/qr/import': 'qr.create',
  'GET /v1/jobs': 'job.read',
  'GET /v1/jobs/:id': 'job.read',
  'GET /v1/jobs/:id/rows': 'job.read',
  'POST /v1/jobs/:id/cancel': 'job.write',
  'GET /v1/qr': 'qr.read',
  'GET /v1/qr/:id': 'qr.read',
  'PATCH /v1/qr/:id': 'qr.change',
  'DELETE /v1/qr/:id': 'qr.delete',
  'GET /v1/qr/:id/history': 'history.read',
  'POST /v1/qr/:id/restore': 'qr.change',
  'POST /v1/qr/:id/erase': 'qr.erase',
  // Who may take away what can't be brought back may erase it, where that needs the admin scope.
  'POST /v1/members/:id/erase': 'member.write',
  'POST /v1/keys/:id/erase': 'key.write',
  'POST /v1/webhooks/:id/erase': 'webhook.write',
  'POST /v1/domains/:id/erase': 'domain.write',
  'POST /v1/organization/erase': 'organization.write',
  'POST /v1/styles/:id/erase': 'style.erase',
  'POST /v1/exclusions/:id/erase': 'exclusion.erase',
  'GET /v1/scans/:position/explain': 'history.read',
  'GET /v1/tags': 'qr.read',
  'GET /v1/folders': 'qr.read',
  'POST /v1/qr/:id/scans/simulate': 'scan.simulate',
  'GET /v1/qr/:id/analytics': 'analytics.read',
  'GET /v1/analytics': 'analytics.read',
  'GET /v1/scans': 'analytics.read',
  'GET /v1/exclusions': 'exclusion.read',
  'GET /v1/exclusions/:id': 'exclusion.read',
  'POST /v1/exclusions': 'exclusion.write',
  'DELETE /v1/exclusions/:id': 'exclusion.write',
  'GET /v1/scans/export': 'analytics.read',
  'GET /v1/scans/live': 'analytics.read',
  // Nothing is stored and nothing counted.
  'POST /v1/qr/:id/simulate': 'qr.read',
  'GET /v1/qr/:id/image': 'qr.read',
  'POST /v1/qr/:id/logo': 'qr.change',
  'DELETE /v1/qr/:id/logo': 'qr.change',
  'GET /v1/qr/export': 'qr.read',
  // These two take a body to describe a picture, and store nothing.
  'POST /v1/qr/preview': 'qr.read',
  'POST /v1/qr/sheet': 'qr.read',
  'GET /v1/domains': 'domain.read',
  'GET /v1/domains/:id': 'domain.read',
  'POST /v1/domains': 'domain.write',
  'PATCH /v1/domains/:id': 'domain.write',
  'DELETE /v1/domains/:id': 'domain.write',
  'POST /v1/domains/:id/verify': 'domain.write',
  'GET /v1/blocklist': 'domain.read',
  'PUT /v1/blocklist': 'domain.write',
  'GET /v1/styles': 'style.read',
  'GET /v1/styles/:id': 'style.read',
  'POST /v1/styles': 'style.write',
  'PATCH /v1/styles/:id': 'style.write',
  'DELETE /v1/styles/:id': 'style.write',
  'GET /v1/organization': 'organization.read',
  'PATCH /v1/organization': 'organization.write',
  'GET /v1/teams': 'team.read',
  'GET /v1/teams/:id': 'team.read',
  'POST /v1/teams': 'team.write',
  'PATCH /v1/teams/:id': 'team.write',
  'DELETE /v1/teams/:id': 'team.write',
  'POST /v1/teams/quota-moves': 'team.write',
  'GET /v1/members': 'member.read',
  'GET /v1/members/:id': 'member.read',
  'POST /v1/members': 'member.write',
  'PATCH /v1/members/:id': 'member.write',
  'DELETE /v1/members/:id': 'member.write',
  'GET /v1/keys': 'key.read',
  'GET /v1/keys/:id': 'key.read',
  'POST /v1/keys': 'key.write',
  'PATCH /v1/keys/:id': 'key.write',
  'POST /v1/keys/:id/rotate': 'key.write',
  'DELETE /v1/keys/:id': 'key.write',
  'GET /v1/webhooks': 'webhook.read',
  'GET /v1/webhooks/:id': 'webhook.read',
  'POST /v1/webhooks': 'webhook.write',
  'PATCH /v1/webhooks/:id': 'webhook.write',
  'DELETE /v1/webhooks/:id': 'webhook.write',
  'POST /v1/webhooks/:id/pause': 'webhook.write',
  'POST /v1/webhooks/:id/resume': 'webhook.write',
  'POST /v1/webhooks/:id/rotate': 'webhook.write',
  'POST /v1/webhooks/:id/test': 'webhook.write',
  'GET /v1/webhooks/:id/deliveries': 'webhook.read',
  'GET /v1/webhooks/:id/deliveries/:message': 'webhook.read',
  'POST /v1/webhooks/:id/deliveries/:message/resend': 'webhook.write',
  'GET /v1/webhooks/:id/replays': 'webhook.read',
  'GET /v1/webhooks/:id/replays/:replay': 'webhook.read',
  'POST /v1/webhooks/:id/replays': 'webhook.write',
  'GET /v1/account/usage': 'usage.read',
  'GET /v1/account/usage/events': 'usage.read',
  'GET /v1/events': 'ledger.read',
  'GET /v1/proofs/key': 'ledger.read',
  'GET /v1/proofs/checkpoint': 'ledger.read',
  'GET /v1/proofs/inclusion': 'ledger.read',
  'GET /v1/proofs/consistency': 'ledger.read',
};

const inclusions: Readonly<Record<Scope, readonly Scope[]>> = {
  read: ['read'],
  write: ['read', 'write'],
  admin: ['read', 'write', 'admin', 'audit'],
  audit: ['audit'],
};
/** Whether a key with one scope may do what another one is needed for. */
export const includes = (has: Scope, wanted: Scope): boolean => inclusions[has].includes(wanted);

const reaches: readonly Reach[] = ['codes', 'team', 'organization'];
/** How far a key reaches: test keys and keys for some tags or domains act on codes only, keys for a team on it. */
export function reachOf({ mode, team, tags, domains }: Pick<Access, 'mode' | 'team' | 'tags' | 'domains'>): Reach {
  if (mode === 'test' || tags !== null || domains !== null) return 'codes';
  return team === null ? 'organization' : 'team';
}
const isFarEnough = (reach: Reach, wanted: Reach): boolean => reaches.indexOf(reach) >= reaches.indexOf(wanted);

/** Whether a role may do all that another one may: only such a role may be given away. */
export const covers = (role: Role, other: Role): boolean =>
  actions.every(action => {
    const { roles }: Right = rights[action];
    return roles.includes(role) || !roles.includes(other);
  });

/** The action of a route that was found; a route without one is a mistake that a test finds. */
export function actionOf(method: string, path: string): Action {
  const action = routeActions[`${method === 'HEAD' ? 'GET' : method} ${path}`];
  if (!action) throw new Error(`no action for ${method} ${path} in src/http/rights.ts`);
  return action;
}

/** What keeps a key from an action; undefined when nothing does. */
export function objection(access: Access, action: Action): Problem | undefined {
  const { scope, roles, reach }: Right = rights[action];
  if (!includes(access.scope, scope)) return scopeMissing(access, scope);
  if (!roles.includes(access.role)) {
    return notPermitted(`"${action}" needs the role ${roles.join(' or ')}; the holder of this key has ${access.role}.`);
  }
  if (access.operations !== null && !access.operations.includes(action)) {
    return notPermitted(`This key is for ${access.operations.join(', ')} only, not for "${action}".`);
  }
  if (isFarEnough(reachOf(access), reach)) return undefined;
  return notPermitted(
    access.mode === 'test'
      ? `"${action}" needs a live key; a test key acts on test codes only.`
      : `"${action}" needs a key for the whole organisation; this one is narrowed to a part of it.`,
  );
}

/** Throws 403, saying what is missing, when a key may not do this. */
export function permit(access: Access, action: Action): void {
  const problem = objection(access, action);
  if (problem) throw problem;
}

export const notPermitted = (detail: string): Problem => new Problem('not_permitted', detail);

function scopeMissing({ scope: has }: Access, scope: Scope): Problem {
  return new Problem('scope_missing', `This needs a key with the scope "${scope}"; this one has "${has}".`, {
    headers: { 'www-authenticate': `Bearer realm="Indelible API", error="insufficient_scope", scope="${scope}"` },
  });
}

/** Throws 403 naming the scope when the key has less. */
export function requireScope(access: Access, scope: Scope): void {
  if (!includes(access.scope, scope)) throw scopeMissing(access, scope);
}
