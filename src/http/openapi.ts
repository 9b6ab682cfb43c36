/**
 * The API's description of itself: an OpenAPI 3.1 document, made from the routes as the framework knows them, so that
 * it can't promise what is not checked. Schemas that have a name in `schemas.ts` have the same name here.
 */
import type { TSchema } from '@sinclair/typebox';
import { problems } from '../problem.ts';
import {
  alsoMedia,
  forms,
  headers,
  type Json,
  media,
  namedSchemas,
  parameters,
  pathParameters,
  reading,
  seeking,
  tags,
  versioned,
} from './openapi-parts.ts';
import { describedWebhooks } from './openapi-webhooks.ts';
import { ProblemBody } from './schemas.ts';

/** What the document is made from: a part of what the framework keeps of a route. */
export interface DescribedRoute {
  readonly method: string;
  readonly path: string;
  readonly hooks: {
    readonly body?: TSchema;
    readonly query?: TSchema;
    readonly response?: Readonly<Record<string, TSchema>>;
    readonly detail?: { readonly operationId?: string };
  };
}

const about = `Dynamic QR codes whose every change and every counted scan is a fact on record.

Send your key as \`Authorization: Bearer fdqr_live_sk_…\`. Errors are problem details (RFC 9457) with a closed list of
codes. \`Idempotency-Key\` makes any write safe to repeat; \`If-Match\` with the \`ETag\` of an object makes it safe
against somebody else's change.`;

const refTo = (kind: string, name: string): Json => ({ $ref: `#/components/${kind}/${name}` });
const headerRefs = (...names: string[]): Json => Object.fromEntries(names.map(name => [name, refTo('headers', name)]));
const onEvery = ['RateLimit', 'RateLimit-Policy', 'X-Request-Id'];

/** The document for these routes. */
export function openApi(routes: readonly DescribedRoute[]): Json {
  const used = new Map<string, TSchema>([['ProblemBody', ProblemBody]]);
  const names = new Map<TSchema, string>();
  for (const [name, schema] of namedSchemas) names.set(schema, name);
  const named = (schema: TSchema): Json => {
    const name = names.get(schema);
    if (name === undefined) return plain(schema);
    used.set(name, schema);
    return refTo('schemas', name);
  };
  const statuses = new Set<number>();
  const refused = (status: number): [number, Json] => {
    statuses.add(status);
    return [status, refTo('responses', `Problem${status}`)];
  };
  const paths: Record<string, Json> = {};
  for (const route of routes) {
    const path = route.path.replace(/(?<=.)\/$/, '').replace(/:(\w+)/g, '{$1}');
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operation(route, named, refused) };
  }
  return {
    openapi: '3.1.1',
    info: {
      title: 'Indelible API',
      version: '1.0.0',
      description: about,
      license: { name: 'Proprietary', identifier: 'LicenseRef-Proprietary' },
    },
    servers: [{ url: '/', description: 'Where this document was found' }],
    security: [{ apiKey: [] }],
    tags: Object.entries(tags).map(([name, description]) => ({ name, description })),
    paths,
    webhooks: describedWebhooks(plain),
    components: {
      securitySchemes: { apiKey: { type: 'http', scheme: 'bearer', bearerFormat: 'fdqr_live_sk_…' } },
      headers,
      parameters,
      responses: Object.fromEntries([...statuses].map(status => [`Problem${status}`, problemWith(status)])),
      schemas: Object.fromEntries([...used].map(([name, schema]) => [name, plain(schema)])),
    },
  };
}

function operation(
  { method, path, hooks }: DescribedRoute,
  named: (schema: TSchema) => Json,
  refused: (status: number) => [number, Json],
): Json {
  const { operationId = '' } = hooks.detail ?? {};
  const isWrite = method !== 'GET' && !reading.has(operationId);
  const isOne = path.includes(':');
  // Of these there is one for each organisation, so that no id is needed.
  const isMatched = isWrite && (isOne || /^\/v1\/(organization|blocklist)\b/.test(path));
  const isVersioned = versioned.has(operationId);
  const given: Json = {};
  for (const [status, schema] of Object.entries(hooks.response ?? { 200: {} as TSchema })) {
    const kinds = Object.entries({
      ...(media[operationId] ?? { 'application/json': schema }),
      ...alsoMedia[operationId],
    });
    given[status] = {
      description: status === '201' ? 'Created' : 'As asked for',
      headers: headerRefs(
        ...onEvery,
        ...(isVersioned ? ['ETag'] : []),
        ...(isWrite ? ['Idempotency-Replayed'] : []),
        ...(status === '201' && isVersioned ? ['Location'] : []),
      ),
      content: Object.fromEntries(kinds.map(([type, kind]) => [type, kind ? { schema: named(kind) } : {}])),
    };
  }
  if (isVersioned && !isWrite) given['304'] = { description: 'Unchanged', headers: headerRefs(...onEvery, 'ETag') };
  const failures = [400, 401, 403, 422, 429, 500, 503];
  if (isOne || seeking.has(operationId)) failures.push(404);
  if (isWrite) failures.push(409, 410);
  if (isMatched) failures.push(412);
  const form = forms[operationId];
  if (hooks.body || form) failures.push(413, 415);
  const example = hooks.body?.examples?.[0] as unknown;
  return {
    ...hooks.detail,
    parameters: [
      ...parametersOf(path).map(name => refTo('parameters', name)),
      ...queryOf(hooks.query),
      ...(isWrite ? [refTo('parameters', 'IdempotencyKey')] : []),
      ...(isMatched ? [refTo('parameters', 'IfMatch')] : []),
      ...(isVersioned && !isWrite ? [refTo('parameters', 'IfNoneMatch')] : []),
    ],
    ...((hooks.body || form) && {
      requestBody: {
        required: true,
        content: form ?? { 'application/json': { schema: named(hooks.body!), example } },
      },
    }),
    responses: { ...given, ...Object.fromEntries(failures.map(refused)) },
  };
}

/** What stands in a path, each told by the noun before it. */
function parametersOf(path: string): string[] {
  return [...path.matchAll(/([^/]+)\/:/g)].map(([, noun]) => {
    const name = pathParameters[noun!];
    if (!name) throw new Error(`src/http/openapi-parts.ts does not say what stands in ${path}`);
    return name;
  });
}

function queryOf(query: TSchema | undefined): Json[] {
  const { properties = {}, required = [] } = (query ?? {}) as {
    properties?: Record<string, TSchema>;
    required?: string[];
  };
  return Object.entries(properties).map(([name, property]) => {
    const { description, ...schema } = plain(property);
    return {
      name,
      in: 'query',
      required: required.includes(name),
      ...(description !== undefined && { description }),
      schema,
    };
  });
}

/** A refusal with this status, and the codes it can have. */
function problemWith(status: number): Json {
  const codes = Object.entries(problems).filter(([, [its]]) => its === status);
  return {
    description: codes.map(([code, [, title]]) => `\`${code}\`: ${title}`).join('. '),
    headers: headerRefs(
      'X-Request-Id',
      ...(status === 401 || status === 403 ? ['WWW-Authenticate'] : ['RateLimit', 'RateLimit-Policy']),
      ...(status === 429 || status === 503 ? ['Retry-After'] : []),
    ),
    content: { 'application/problem+json': { schema: refTo('schemas', 'ProblemBody') } },
  };
}

/** A schema without TypeBox's symbols; a choice of constants as the enum that generators of clients understand. */
function plain(schema: TSchema): Json {
  return JSON.parse(JSON.stringify(schema), (_, value) => {
    const choices = value?.anyOf as { const?: unknown }[] | undefined;
    if (!Array.isArray(choices) || choices.some(choice => choice.const === undefined)) return value;
    const { anyOf: _anyOf, ...rest } = value;
    const constants = choices.map(choice => choice.const);
    return { ...rest, type: constants.every(Number.isInteger) ? 'integer' : 'string', enum: constants };
  }) as Json;
}
