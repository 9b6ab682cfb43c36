/**
 * Exclusions over HTTP: scans that shall not count after all, by code, key, time or a flag in the short URL's query. The
 * scans stay on record, in lists and exports, and in a code's own number, which its limit of scans goes by; analytics
 * leave them out until they are included again.
 */
import { type Static, Type } from '@sinclair/typebox';
import { Elysia } from 'elysia';
import type { TrafficFact } from '../../events/traffic.ts';
import { type ExclusionRow, findExclusion, listExclusions } from '../../projections/exclusions.ts';
import {
  type Exclusion,
  type ExclusionCommand,
  type ExclusionState,
  exclusion,
  exclusionFaults,
} from '../deciders/exclusion.ts';
import { execute, type Order, replay } from '../execute.ts';
import { newId } from '../ids.ts';
import { type Fault, Problem } from '../problem.ts';
import { callerOf, contextOf } from './caller.ts';
import { codesMeant } from './code-sets.ts';
import type { ApiDeps } from './deps.ts';
import { accepts } from './input.ts';
import { keyOf } from './keys.ts';
import { timeFrom } from './moments.ts';
import { listed, listOf, PageQuery, sought } from './pages.ts';
import { asks } from './query.ts';
import { etagOf, isKnown, json, notModified, replyResponse, timeOf, versionsOf } from './replies.ts';
import { NoQuery } from './schemas.ts';
import { Closed, OrNull, Time } from './shapes.ts';

const time = (description: string) =>
  Type.String({
    maxLength: 40,
    description: `${description}; RFC 3339, a full quarter of an hour, which is how finely sums are kept`,
    examples: ['2026-04-08T12:15:00Z'],
  });
const flag = (name: string) =>
  Type.String({ minLength: 1, maxLength: 64, description: `Only scans with this ${name} in the short URL` });

const fields = {
  codes: Type.Array(Type.String({ maxLength: 64 }), {
    minItems: 1,
    maxItems: 1_000,
    description: 'Only of these codes',
  }),
  key: Type.String({ minLength: 1, maxLength: 64, description: 'Only of codes that were made with this key' }),
  from: time('From then on'),
  before: time('Before then'),
  utmSource: flag('utm_source'),
  utmMedium: flag('utm_medium'),
  utmCampaign: flag('utm_campaign'),
  reason: Type.String({ minLength: 1, maxLength: 200, description: 'For people' }),
};
const ExclusionCreate = Type.Partial(Closed(fields), {
  title: 'ExclusionCreate',
  examples: [{ from: '2026-04-08T12:00:00Z', before: '2026-04-08T18:00:00Z', reason: 'Trial at the fair' }],
});

const textOrNull = OrNull(Type.String());
const ShownExclusion = Type.Object(
  {
    id: Type.String(),
    codes: OrNull(Type.Array(Type.String())),
    key: textOrNull,
    from: textOrNull,
    before: textOrNull,
    utmSource: textOrNull,
    utmMedium: textOrNull,
    utmCampaign: textOrNull,
    reason: textOrNull,
    createdAt: Time,
  },
  { title: 'Exclusion' },
);

function shown(id: string, said: Exclusion, createdMs: number): Static<typeof ShownExclusion> {
  const { codes = null, key = null, from, before, reason = null } = said;
  const { utmSource = null, utmMedium = null, utmCampaign = null } = said;
  const at = (ms: number | undefined) => (ms === undefined ? null : timeOf(ms));
  return {
    ...{ id, codes, key, from: at(from), before: at(before), utmSource, utmMedium, utmCampaign, reason },
    createdAt: timeOf(createdMs),
  };
}

const rowShown = (row: ExclusionRow): Static<typeof ShownExclusion> => {
  const { id, codes, key, from_ms, before_ms, utm_source, utm_medium, utm_campaign, reason, created_ms } = row;
  const at = (ms: number | null) => (ms === null ? null : timeOf(ms));
  return {
    ...{ id, codes, key, from: at(from_ms), before: at(before_ms), reason },
    ...{ utmSource: utm_source, utmMedium: utm_medium, utmCampaign: utm_campaign, createdAt: timeOf(created_ms) },
  };
};

/** The exclusion that a body asks for; times that are none are faults. */
function exclusionFrom({ from, before, ...rest }: Static<typeof ExclusionCreate>): {
  said: Exclusion;
  faults: Fault[];
} {
  const faults: Fault[] = [];
  const times = Object.entries({ from, before }).flatMap(([name, text]) => {
    if (text === undefined) return [];
    const ms = timeFrom(text);
    if (ms === null) faults.push({ pointer: `/${name}`, code: 'format', detail: `"${name}" is a time (RFC 3339).` });
    return ms === null ? [] : [[name, ms]];
  });
  const said = { ...rest, ...Object.fromEntries(times) } as Exclusion;
  // Of a time that is none nothing else is said; a body that lacks it would be blamed for that.
  return { said, faults: faults.length > 0 ? faults : exclusionFaults(said) };
}

const isBody = (body: unknown): body is Static<typeof ExclusionCreate> => typeof body === 'object' && body !== null;

/** What the schema can't see; a body of the wrong shape is told by it alone. */
function faultsIn(body: unknown): Fault[] {
  if (!isBody(body)) return [];
  const { from, before } = body;
  if ([from, before].some(text => text !== undefined && typeof text !== 'string')) return [];
  return exclusionFrom(body).faults;
}

const noSuchExclusion = (): Problem => new Problem('not_found', 'There is no such exclusion.');

export function exclusions(deps: ApiDeps) {
  async function run(
    request: Request,
    id: string,
    body: unknown,
    make: () => Promise<ExclusionCommand>,
    isFresh: boolean,
  ) {
    const caller = callerOf(request, 'write');
    const context = contextOf(request, caller, body);
    const earlier = await replay(deps.execution, context);
    if (earlier) return replyResponse(earlier);
    const order: Order<ExclusionState, ExclusionCommand, TrafficFact> = {
      decider: exclusion,
      stream: id,
      command: await make(),
      ...(isFresh ? { fresh: true } : { expected: versionsOf(request) }),
    };
    const reply = await execute(
      deps.execution,
      context,
      () => [order],
      ([outcome]) => {
        const { state, version } = outcome!;
        if (!isFresh) return { status: 200, headers: {}, body: { included: true, id } };
        const headers = { etag: etagOf(version), location: `${deps.baseUrl()}/v1/exclusions/${id}` };
        return { status: 201, headers, body: shown(id, state.exclusion, caller.at) };
      },
    );
    return replyResponse(reply);
  }

  async function find(request: Request, id: string): Promise<ExclusionRow> {
    const { access } = callerOf(request, 'read');
    await deps.fresh(['exclusions']);
    const row = await findExclusion(deps.sql, access.org, id);
    if (!row) throw noSuchExclusion();
    return row;
  }

  return new Elysia({ name: 'exclusions', prefix: '/v1/exclusions', tags: ['Analytics'] })
    .post(
      '/',
      ({ body, request }) => {
        const { access, at } = callerOf(request, 'write');
        const make = async (): Promise<ExclusionCommand> => {
          await deps.fresh(['qrs']);
          if (body.codes) await codesMeant(deps, access, { codes: body.codes.join() }, '/codes');
          if (body.key) await keyOf(deps, access, body.key);
          return { do: 'exclude', exclusion: exclusionFrom(body).said };
        };
        return run(request, newId('exc', at), body, make, true);
      },
      {
        ...accepts(ExclusionCreate, faultsIn),
        query: NoQuery,
        response: { 201: ShownExclusion },
        detail: { operationId: 'excludeTraffic', summary: 'Exclude scans from analytics' },
      },
    )
    .get(
      '/',
      async ({ query, request }) => {
        const { access } = callerOf(request, 'read');
        await deps.fresh(['exclusions']);
        return listed(query, await listExclusions(deps.sql, access.org, sought(query, 'exc')), rowShown);
      },
      {
        ...asks(PageQuery({}), query => sought(query, 'exc')),
        response: { 200: listOf(ShownExclusion) },
        detail: { operationId: 'listExclusions', summary: 'List exclusions in force, newest first' },
      },
    )
    .get(
      '/:id',
      async ({ params, request }) => {
        const row = await find(request, params.id);
        const etag = etagOf(row.version);
        return isKnown(request, etag) ? notModified(etag) : json(rowShown(row), { headers: { etag } });
      },
      {
        query: NoQuery,
        response: { 200: ShownExclusion },
        detail: { operationId: 'getExclusion', summary: 'Get an exclusion' },
      },
    )
    .delete(
      '/:id',
      ({ params: { id }, request }) => {
        const make = async (): Promise<ExclusionCommand> => {
          await find(request, id);
          return { do: 'include' };
        };
        return run(request, id, null, make, false);
      },
      {
        query: NoQuery,
        response: { 200: Type.Object({ included: Type.Literal(true), id: Type.String() }, { title: 'Included' }) },
        detail: { operationId: 'includeTraffic', summary: 'Count excluded scans again' },
      },
    );
}
