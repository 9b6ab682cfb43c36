/**
 * The caller's own organisation over HTTP: its name, plan and limits, and what of these no team holds. Plan and limits
 * are the operator's to change (`bun run org`); the name is its owner's.
 */
import { Elysia } from 'elysia';
import { findOrganization } from '../../projections/organizations.ts';
import {
  defaultLimits,
  type OrganizationCommand,
  type OrganizationState,
  type OrganizationStreamFact,
  organization,
} from '../deciders/organization.ts';
import { execute, type Order, replay } from '../execute.ts';
import { Problem } from '../problem.ts';
import * as schemas from './account-schemas.ts';
import { callerOf, contextOf } from './caller.ts';
import type { ApiDeps } from './deps.ts';
import { accepts } from './input.ts';
import { etagOf, isKnown, json, notModified, replyResponse, timeOf, versionsOf } from './replies.ts';
import { NoQuery } from './schemas.ts';

export type OrganizationOrder = Order<OrganizationState, OrganizationCommand, OrganizationStreamFact>;

/** A command on the caller's organisation, which its teams are a part of. */
export const orderOn = (org: string, command: OrganizationCommand, request: Request): OrganizationOrder => ({
  decider: organization,
  stream: org,
  command,
  expected: versionsOf(request),
});

async function read(deps: ApiDeps, org: string) {
  await deps.fresh(['organizations']);
  const row = await findOrganization(deps.sql, org);
  if (!row) throw new Problem('not_found', 'There is no such organisation.');
  const limits = row.limits ?? defaultLimits;
  const body = {
    id: row.id,
    name: row.name,
    plan: row.plan,
    limits,
    unassigned: {
      qrCodesPerMonth: limits.qrCodesPerMonth - row.held.qrCodesPerMonth,
      requestsPerMinute: limits.apiRequestsPerMinute - row.held.requestsPerMinute,
    },
    createdAt: timeOf(row.created_ms),
    updatedAt: timeOf(row.updated_ms),
  };
  return { body, version: row.version };
}

export function organizations(deps: ApiDeps) {
  return new Elysia({ name: 'organizations', prefix: '/v1/organization', tags: ['Organisation'] })
    .get(
      '/',
      async ({ request }) => {
        const { access } = callerOf(request, 'read');
        const { body, version } = await read(deps, access.org);
        const etag = etagOf(version);
        return isKnown(request, etag) ? notModified(etag) : json(body, { headers: { etag } });
      },
      {
        query: NoQuery,
        response: { 200: schemas.Organization },
        detail: { operationId: 'getOrganization', summary: 'Your organisation: plan, limits, and what no team holds' },
      },
    )
    .patch(
      '/',
      async ({ body, request }) => {
        const caller = callerOf(request, 'admin');
        const context = contextOf(request, caller, body);
        const earlier = await replay(deps.execution, context);
        if (earlier) return replyResponse(earlier);
        const { body: before } = await read(deps, caller.access.org);
        const order = orderOn(caller.access.org, { do: 'rename', name: body.name ?? before.name }, request);
        const reply = await execute(
          deps.execution,
          context,
          () => [order],
          ([outcome]) => ({
            status: 200,
            headers: { etag: etagOf(outcome!.version) },
            body: { ...before, name: outcome!.state.name, updatedAt: timeOf(outcome!.changedAt) },
          }),
        );
        return replyResponse(reply);
      },
      {
        ...accepts(schemas.OrganizationPatch),
        query: NoQuery,
        response: { 200: schemas.Organization },
        detail: { operationId: 'changeOrganization', summary: 'Rename your organisation' },
      },
    );
}
