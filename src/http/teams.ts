/**
 * Teams over HTTP: made, listed, renamed and deleted, each with what it has to itself of the organisation's limits, and
 * quotas that move between teams. All of it is decided in the organisation's stream, so its version is the `ETag` here.
 */
import { Elysia } from 'elysia';
import type { Quota } from '../../events/team.ts';
import { findTeam, listTeams, type TeamRow } from '../../projections/teams.ts';
import type { OrganizationState } from '../deciders/organization.ts';
import { quotaNames, type TeamCommand, unassigned } from '../deciders/team.ts';
import { execute, type Outcome, type Reply, replay } from '../execute.ts';
import { newId } from '../ids.ts';
import { Problem } from '../problem.ts';
import * as schemas from './account-schemas.ts';
import { callerOf, contextOf } from './caller.ts';
import type { ApiDeps } from './deps.ts';
import { accepts } from './input.ts';
import { orderOn } from './organizations.ts';
import { listed, PageQuery, sought } from './pages.ts';
import { asks } from './query.ts';
import { etagOf, isKnown, json, notModified, replyResponse, timeOf } from './replies.ts';
import { NoQuery } from './schemas.ts';

export const noSuchTeam = (): Problem => new Problem('not_found', 'There is no such team.');

const held = ({
  qrCodesPerMonth = null,
  requestsPerMinute = null,
}: { [Q in keyof Quota]?: number | null | undefined }) => ({
  ...{ qrCodesPerMonth, requestsPerMinute },
});

const shown = (row: TeamRow) => ({
  id: row.id,
  name: row.name,
  quota: held({ qrCodesPerMonth: row.qr_codes_per_month, requestsPerMinute: row.requests_per_minute }),
  createdAt: timeOf(row.created_ms),
  updatedAt: timeOf(row.updated_ms),
});

/** Gives a command on the organisation's teams; `look` is asked only when the command was not answered before. */
async function run<T>(
  deps: ApiDeps,
  request: Request,
  body: unknown,
  command: TeamCommand,
  look: (org: string) => Promise<T>,
  answer: (outcome: Outcome<OrganizationState>, seen: T) => Reply,
): Promise<Response> {
  const caller = callerOf(request, 'admin');
  const context = contextOf(request, caller, body);
  const earlier = await replay(deps.execution, context);
  if (earlier) return replyResponse(earlier);
  const { org } = caller.access;
  const seen = await look(org);
  const order = orderOn(org, command, request);
  return replyResponse(
    await execute(
      deps.execution,
      context,
      () => [order],
      ([outcome]) => answer(outcome!, seen),
    ),
  );
}

export function teams(deps: ApiDeps) {
  /** The team as it is now; `only` is the one team that the caller sees. */
  const find = async (org: string, id: string, only: string | null): Promise<TeamRow> => {
    await deps.fresh(['organizations']);
    const row = only === null || only === id ? await findTeam(deps.sql, org, id) : undefined;
    if (!row) throw noSuchTeam();
    return row;
  };
  const nothing = async () => {};

  return new Elysia({ name: 'teams', prefix: '/v1/teams', tags: ['Organisation'] })
    .post(
      '/',
      ({ body, request }) => {
        const { at } = callerOf(request, 'admin');
        const id = newId('team', at);
        return run(deps, request, body, { do: 'create_team', team: id, ...body }, nothing, ({ state, version }) => {
          const { name, quota } = state.teams[id]!;
          return {
            status: 201,
            headers: { location: `${deps.baseUrl()}/v1/teams/${id}`, etag: etagOf(version) },
            body: { id, name, quota: held(quota), createdAt: timeOf(at), updatedAt: timeOf(at) },
          };
        });
      },
      {
        ...accepts(schemas.TeamCreate),
        query: NoQuery,
        response: { 201: schemas.Team },
        detail: { operationId: 'createTeam', summary: 'Create a team, with a quota of its own or without' },
      },
    )
    .get(
      '/',
      async ({ query, request }) => {
        const { access } = callerOf(request, 'read');
        await deps.fresh(['organizations']);
        return listed(query, await listTeams(deps.sql, access.org, access.team, sought(query, 'team')), shown);
      },
      {
        ...asks(PageQuery({}), query => sought(query, 'team')),
        response: { 200: schemas.TeamList },
        detail: { operationId: 'listTeams', summary: 'List teams, newest first' },
      },
    )
    .post(
      '/quota-moves',
      ({ body, request }) => {
        const { from, to, ...amounts } = body;
        return run(deps, request, body, { do: 'move_quota', from, to, amounts }, nothing, ({ state, version }) => {
          const quotaOf = (team: string | null): Quota =>
            team === null ? unassigned(state) : state.teams[team]!.quota;
          const quotas = [from, to].map(team => ({ team, quota: held(quotaOf(team)) }));
          return { status: 200, headers: { etag: etagOf(version) }, body: { quotas } };
        });
      },
      {
        ...accepts(schemas.QuotaMove, body => {
          const given = Object(body) as Record<string, unknown>;
          if (quotaNames.some(name => name in given)) return [];
          return [{ pointer: '', code: 'required', detail: `Say how much: ${quotaNames.join(', ')} or both.` }];
        }),
        query: NoQuery,
        response: { 200: schemas.QuotaMoved },
        detail: { operationId: 'moveQuota', summary: 'Move quota between teams, or from and to what no team holds' },
      },
    )
    .get(
      '/:id',
      async ({ params, request }) => {
        const { access } = callerOf(request, 'read');
        const row = await find(access.org, params.id, access.team);
        const etag = etagOf(row.version);
        return isKnown(request, etag) ? notModified(etag) : json(shown(row), { headers: { etag } });
      },
      {
        query: NoQuery,
        response: { 200: schemas.Team },
        detail: { operationId: 'getTeam', summary: 'Get a team' },
      },
    )
    .patch(
      '/:id',
      ({ params: { id }, body, request }) =>
        run(
          deps,
          request,
          body,
          { do: 'change_team', team: id, ...body },
          org => find(org, id, null),
          ({ state, version, facts, changedAt }, row) => {
            const { name, quota } = state.teams[id]!;
            const updatedAt = timeOf(facts.length > 0 ? changedAt : row.updated_ms);
            return {
              status: 200,
              headers: { etag: etagOf(version) },
              body: { id, name, quota: held(quota), createdAt: timeOf(row.created_ms), updatedAt },
            };
          },
        ),
      {
        ...accepts(schemas.TeamPatch),
        query: NoQuery,
        response: { 200: schemas.Team },
        detail: { operationId: 'changeTeam', summary: 'Rename a team, or give it more or less quota' },
      },
    )
    .delete(
      '/:id',
      ({ params: { id }, request }) =>
        run(deps, request, null, { do: 'delete_team', team: id }, nothing, () => ({
          ...{ status: 200, headers: {}, body: { deleted: true, id } },
        })),
      {
        query: NoQuery,
        response: { 200: schemas.Deleted },
        detail: {
          operationId: 'deleteTeam',
          summary: 'Delete a team: its quota goes back, its keys open nothing any more, its codes stay',
        },
      },
    );
}
