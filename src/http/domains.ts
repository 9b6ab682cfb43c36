/**
 * Domains of an organisation's own over HTTP: added, proven by a record in the DNS, given pages, removed. Proving a
 * domain claims its name in the ledger, so that of two organisations only one can hold it; a name that was given up can
 * be claimed again.
 */
import { randomBytes } from 'node:crypto';
import { type Static, Type } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';
import { Elysia } from 'elysia';
import type { DomainFact } from '../../events/domain.ts';
import { type DomainRow, findDomain, listDomains } from '../../projections/domains.ts';
import { domainClaim } from '../deciders/claims.ts';
import {
  type DomainCommand,
  type DomainState,
  domain,
  hostFaults,
  noSuchDomain,
  pagesFaults,
  recordOf,
} from '../deciders/domain.ts';
import { execute, type Order, type Outcome, replay } from '../execute.ts';
import { newId } from '../ids.ts';
import { type Fault, Problem } from '../problem.ts';
import { Deleted } from './account-schemas.ts';
import { callerOf, contextOf } from './caller.ts';
import type { ApiDeps } from './deps.ts';
import { accepts } from './input.ts';
import { listed, listOf, PageQuery, sought } from './pages.ts';
import { asks } from './query.ts';
import { etagOf, isKnown, json, notModified, replyResponse, timeOf, versionsOf } from './replies.ts';
import { NoQuery } from './schemas.ts';
import { Closed, OneOf, Time } from './shapes.ts';

const Url = Type.String({ minLength: 1, maxLength: 2048 });
const Words = { title: Type.String({ minLength: 1, maxLength: 100 }), text: Type.String({ maxLength: 1_000 }) };
const Place = Type.Union([
  Closed({ url: Url }, { title: 'PageElsewhere' }),
  Closed(Words, { title: 'PageOfWords' }),
  Type.Null(),
]);
const places = {
  root: Type.Optional({ ...Place, description: 'At the domain itself' }),
  unknown: Type.Optional({ ...Place, description: 'Where there is no code' }),
  gone: Type.Optional({ ...Place, description: 'Where a code leads nowhere any more' }),
};
const DomainCreate = Closed(
  { host: Type.String({ minLength: 1, maxLength: 253 }) },
  { title: 'DomainCreate', examples: [{ host: 'go.example.com' }] },
);
const DomainPatch = Closed(
  {
    pages: Closed(places, {
      minProperties: 1,
      description: 'Each a page elsewhere, words of your own, or null for ours, which name nobody',
    }),
  },
  { title: 'DomainPatch', examples: [{ pages: { root: { url: 'https://example.com/' } } }] },
);
const Domain = Type.Object(
  {
    id: Type.String({ examples: ['dom_01J3K9M2P8XABCDEFGHJKMNPQR'] }),
    host: Type.String(),
    status: OneOf(['added', 'verified']),
    record: Type.Object(
      { name: Type.String(), type: Type.Literal('TXT'), value: Type.String() },
      { title: 'DomainRecord', description: 'What the DNS has to say before the domain can be verified' },
    ),
    pages: Type.Required(Type.Object(places, { title: 'DomainPages' })),
    createdAt: Time,
    updatedAt: Time,
  },
  { title: 'Domain' },
);

type Shown = Pick<DomainRow, 'id' | 'host' | 'token' | 'pages' | 'created_ms' | 'updated_ms'> & {
  readonly status: string;
};
const shown = (row: Shown) => ({
  id: row.id,
  host: row.host,
  status: row.status,
  record: recordOf(row),
  pages: row.pages,
  createdAt: timeOf(row.created_ms),
  updatedAt: timeOf(row.updated_ms),
});

type DomainOrder = Order<DomainState, DomainCommand, DomainFact>;

async function rowOf(deps: ApiDeps, org: string, id: string): Promise<DomainRow> {
  await deps.fresh(['domains']);
  const row = await findDomain(deps.sql, org, id);
  if (!row) throw noSuchDomain();
  return row;
}

async function add(deps: ApiDeps, request: Request, body: Static<typeof DomainCreate>): Promise<Response> {
  const caller = callerOf(request, 'admin');
  const { at } = caller;
  const id = newId('dom', at);
  const token = randomBytes(16).toString('hex');
  const command: DomainCommand = { do: 'add', host: body.host, token, hosts: deps.hosts() };
  const order: DomainOrder = { decider: domain, stream: id, command, fresh: true };
  const reply = await execute(
    deps.execution,
    contextOf(request, caller, body),
    () => [order],
    ([outcome]) => ({
      status: 201,
      headers: { location: `${deps.baseUrl()}/v1/domains/${id}`, etag: etagOf(outcome!.version) },
      body: shown({ ...outcome!.state, id, created_ms: at, updated_ms: at }),
    }),
  );
  return replyResponse(reply);
}

/** Gives a command on a domain that is there. */
async function change(
  deps: ApiDeps,
  request: Request,
  id: string,
  body: unknown,
  make: (row: DomainRow) => Promise<{ command: DomainCommand; claims?: readonly string[] }>,
): Promise<Response> {
  const caller = callerOf(request, 'admin');
  const context = contextOf(request, caller, body);
  const earlier = await replay(deps.execution, context);
  if (earlier) return replyResponse(earlier);
  const row = await rowOf(deps, caller.access.org, id);
  const { command, claims = [] } = await make(row);
  const order: DomainOrder = { decider: domain, stream: id, command, expected: versionsOf(request), claims };
  const answer = ({ state, version, changedAt }: Outcome<DomainState>) =>
    command.do === 'remove'
      ? { status: 200, headers: {}, body: { deleted: true, id } }
      : {
          status: 200,
          headers: { etag: etagOf(version) },
          body: shown({ ...state, id, created_ms: row.created_ms, updated_ms: changedAt }),
        };
  const orders = (taken: readonly string[]) => {
    if (taken.length > 0) throw new Problem('conflict', `${row.host} is a domain of somebody else already.`);
    return [order];
  };
  return replyResponse(await execute(deps.execution, context, orders, ([outcome]) => answer(outcome!)));
}

/** What the DNS says, and the claim on the name: its number counts how often the name was given up. */
async function proof(deps: ApiDeps, row: DomainRow): Promise<{ command: DomainCommand; claims: readonly string[] }> {
  const found = row.status === 'verified' ? [] : await deps.resolveTxt(recordOf(row).name);
  const claims = row.status === 'verified' ? [] : [domainClaim(row.host, await deps.timesGivenUp(row.host))];
  return { command: { do: 'verify', found }, claims };
}

function bodyFaults(deps: ApiDeps, body: unknown): Fault[] {
  const { host } = (body ?? {}) as { host?: unknown };
  return typeof host === 'string' ? hostFaults(host, deps.hosts()) : [];
}

/** Of pages that have their shape; what is wrong with the others says the schema. */
function placesFaults(deps: ApiDeps, body: unknown): Fault[] {
  const { pages } = (body ?? {}) as { pages?: object | null };
  const shaped = Object.entries(pages ?? {}).filter(([name, place]) => name in places && Value.Check(Place, place));
  return pagesFaults(Object.fromEntries(shaped), deps.hosts());
}

export function domains(deps: ApiDeps) {
  return new Elysia({ name: 'domains', prefix: '/v1/domains', tags: ['Domains'] })
    .get(
      '/',
      async ({ query, request }) => {
        const { access } = callerOf(request, 'read');
        await deps.fresh(['domains']);
        return listed(query, await listDomains(deps.sql, access.org, sought(query, 'dom')), shown);
      },
      {
        ...asks(PageQuery({}), query => sought(query, 'dom')),
        response: { 200: listOf(Domain) },
        detail: { operationId: 'listDomains', summary: 'List your domains, newest first' },
      },
    )
    .post('/', ({ body, request }) => add(deps, request, body), {
      ...accepts(DomainCreate, body => bodyFaults(deps, body)),
      query: NoQuery,
      response: { 201: Domain },
      detail: { operationId: 'addDomain', summary: 'Add a domain; the answer says which DNS record proves it' },
    })
    .get(
      '/:id',
      async ({ params, request }) => {
        const { access } = callerOf(request, 'read');
        const row = await rowOf(deps, access.org, params.id);
        const etag = etagOf(row.version);
        return isKnown(request, etag) ? notModified(etag) : json(shown(row), { headers: { etag } });
      },
      { query: NoQuery, response: { 200: Domain }, detail: { operationId: 'getDomain', summary: 'Get a domain' } },
    )
    .patch(
      '/:id',
      ({ params, body, request }) =>
        change(deps, request, params.id, body, async () => ({
          command: { do: 'change_pages', pages: body.pages, hosts: deps.hosts() },
        })),
      {
        ...accepts(DomainPatch, body => placesFaults(deps, body)),
        query: NoQuery,
        response: { 200: Domain },
        detail: { operationId: 'changeDomain', summary: 'Say what is shown where no code is' },
      },
    )
    .post('/:id/verify', ({ params, request }) => change(deps, request, params.id, null, row => proof(deps, row)), {
      query: NoQuery,
      response: { 200: Domain },
      detail: { operationId: 'verifyDomain', summary: 'Prove a domain by its DNS record' },
    })
    .delete(
      '/:id',
      ({ params, request }) => change(deps, request, params.id, null, async () => ({ command: { do: 'remove' } })),
      {
        query: NoQuery,
        response: { 200: Deleted },
        detail: { operationId: 'removeDomain', summary: 'Remove a domain; its codes are not found under it any more' },
      },
    );
}
