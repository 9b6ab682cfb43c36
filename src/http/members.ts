/**
 * Members over HTTP: who works for the organisation or for one team of it, and in which role. Nobody gives a role that
 * may do more than the own one, or takes one from who has it; a key for a team sees that team's members alone.
 */
import { Elysia } from 'elysia';
import type { MemberFact, Role } from '../../events/member.ts';
import type { Access } from '../../projections/keys.ts';
import { findMember, listMembers, type MemberRow } from '../../projections/members.ts';
import { findTeam } from '../../projections/teams.ts';
import type { Decider } from '../decider.ts';
import { type MemberCommand, type MemberState, member } from '../deciders/member.ts';
import { execute, replay } from '../execute.ts';
import { newId } from '../ids.ts';
import { invalid, Problem } from '../problem.ts';
import * as schemas from './account-schemas.ts';
import { callerOf, contextOf } from './caller.ts';
import type { ApiDeps } from './deps.ts';
import { accepts } from './input.ts';
import { listed, sought } from './pages.ts';
import { asks } from './query.ts';
import { etagOf, isKnown, json, notModified, replyResponse, timeOf, versionsOf } from './replies.ts';
import { covers, notPermitted } from './rights.ts';
import { NoQuery } from './schemas.ts';

export const noSuchMember = (): Problem => new Problem('not_found', 'There is no such member.');

const shown = ({ id, name, email, role, team, created_ms, updated_ms }: MemberRow) => ({
  ...{ id, name, email, role, team },
  createdAt: timeOf(created_ms),
  updatedAt: timeOf(updated_ms),
});

/** The rules of a member for whoever has this access. */
export function memberRules(access: Access): Decider<MemberState, MemberCommand, MemberFact> {
  const refuseAbove = (role: Role) => {
    if (covers(access.role, role)) return;
    throw notPermitted(`The role ${role} may do more than ${access.role}, which is that of this key.`);
  };
  return {
    ...member,
    decide(command, state) {
      if (command.do !== 'add') {
        const isThere = state.status === 'active' || (command.do === 'erase' && state.status !== 'absent');
        if (!isThere || (access.team !== null && state.team !== access.team)) throw noSuchMember();
        refuseAbove(state.role);
      }
      if (command.do !== 'remove' && command.do !== 'erase' && command.role !== undefined) refuseAbove(command.role);
      return member.decide(command, state);
    },
  };
}

/** Where a member shall work: a key for a team places it in that team, and a team has to be there. */
async function placed(deps: ApiDeps, { org, team: own }: Access, team: string | null): Promise<string | null> {
  const fault = (code: string, detail: string) => invalid([{ pointer: '/team', code, detail }]);
  if (own !== null && team !== own) throw fault('not_allowed', 'This key is for one team, and so are its members.');
  if (team === null) return null;
  await deps.fresh(['organizations']);
  if (!(await findTeam(deps.sql, org, team))) throw fault('unknown', 'There is no such team.');
  return team;
}

/** Gives a command on a member; `make` is asked only when the command was not answered before. */
async function run(
  deps: ApiDeps,
  request: Request,
  id: string,
  body: unknown,
  make: (access: Access) => Promise<MemberCommand>,
): Promise<Response> {
  const caller = callerOf(request, 'admin');
  const { access, at } = caller;
  const context = contextOf(request, caller, body);
  const earlier = await replay(deps.execution, context);
  if (earlier) return replyResponse(earlier);
  const command = await make(access);
  const isFresh = command.do === 'add';
  const order = {
    decider: memberRules(access),
    stream: id,
    command,
    ...(isFresh ? { fresh: true } : { expected: versionsOf(request) }),
  };
  const createdAt = isFresh ? at : await madeAt(deps, access, id);
  const reply = await execute(
    deps.execution,
    context,
    () => [order],
    ([outcome]) => {
      const { state, version, changedAt } = outcome!;
      if (command.do === 'remove') return { status: 200, headers: {}, body: { deleted: true, id } };
      const { status: _, ...fields } = state;
      const location = { location: `${deps.baseUrl()}/v1/members/${id}` };
      return {
        status: isFresh ? 201 : 200,
        headers: { etag: etagOf(version), ...(isFresh && location) },
        body: { id, ...fields, createdAt: timeOf(createdAt), updatedAt: timeOf(changedAt) },
      };
    },
  );
  return replyResponse(reply);
}

/** Only the read model knows when it was made, and it never changes. */
async function madeAt(deps: ApiDeps, access: Access, id: string): Promise<number> {
  return (await find(deps, access, id)).created_ms;
}

async function find(deps: ApiDeps, { org, team }: Access, id: string): Promise<MemberRow> {
  await deps.fresh(['members']);
  const row = await findMember(deps.sql, org, id, team);
  if (!row) throw noSuchMember();
  return row;
}

export function members(deps: ApiDeps) {
  return new Elysia({ name: 'members', prefix: '/v1/members', tags: ['Organisation'] })
    .post(
      '/',
      ({ body, request }) =>
        run(deps, request, newId('mem', callerOf(request, 'admin').at), body, async access => ({
          do: 'add',
          ...body,
          team: await placed(deps, access, body.team === undefined ? access.team : body.team),
        })),
      {
        ...accepts(schemas.MemberCreate),
        query: NoQuery,
        response: { 201: schemas.Member },
        detail: { operationId: 'addMember', summary: 'Add a member, for the organisation or for a team' },
      },
    )
    .get(
      '/',
      async ({ query, request }) => {
        const { access } = callerOf(request, 'read');
        await deps.fresh(['members']);
        const { team = null } = query;
        const isElsewhere = team !== null && access.team !== null && team !== access.team;
        const found = isElsewhere
          ? { rows: [], total: 0 }
          : await listMembers(deps.sql, access.org, access.team ?? team, sought(query, 'mem'));
        return listed(query, found, shown);
      },
      {
        ...asks(schemas.MemberQuery, query => sought(query, 'mem')),
        response: { 200: schemas.MemberList },
        detail: { operationId: 'listMembers', summary: 'List members, newest first' },
      },
    )
    .get(
      '/:id',
      async ({ params, request }) => {
        const row = await find(deps, callerOf(request, 'read').access, params.id);
        const etag = etagOf(row.version);
        return isKnown(request, etag) ? notModified(etag) : json(shown(row), { headers: { etag } });
      },
      {
        query: NoQuery,
        response: { 200: schemas.Member },
        detail: { operationId: 'getMember', summary: 'Get a member' },
      },
    )
    .patch(
      '/:id',
      ({ params, body, request }) =>
        run(deps, request, params.id, body, async access => ({
          do: 'change',
          ...body,
          ...(body.team !== undefined && { team: await placed(deps, access, body.team) }),
        })),
      {
        ...accepts(schemas.MemberPatch),
        query: NoQuery,
        response: { 200: schemas.Member },
        detail: { operationId: 'changeMember', summary: 'Change name, address, role or team of a member' },
      },
    )
    .delete('/:id', ({ params, request }) => run(deps, request, params.id, null, async () => ({ do: 'remove' })), {
      query: NoQuery,
      response: { 200: schemas.Deleted },
      detail: { operationId: 'removeMember', summary: 'Remove a member: the keys it holds open nothing any more' },
    });
}
