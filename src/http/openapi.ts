/**
 * The API's description of itself: an OpenAPI 3.1 document, made from the routes as the framework knows them, so that
 * it can't promise what is not checked. A schema with a title stands under that name, so that clients which are made
 * from the document have one type for it.
 */
import type { TSchema } from '@sinclair/typebox';
import { problems } from '../problem.ts';
import {
  alsoMedia,
  deferrable,
  forms,
  headers,
  type Json,
  media,
  parameters,
  pathParameters,
  reading,
  seeking,
  type Telling,
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
  const { told, components } = dictionary();
  told(ProblemBody);
  const statuses = new Set<number>();
  const refused = (status: number): [number, Json] => {
    statuses.add(status);
    return [status, refTo('responses', `Problem${status}`)];
  };
  const paths: Record<string, Json> = {};
  for (const route of routes) {
    const path = route.path.replace(/(?<=.)\/$/, '').replace(/:(\w+)/g, '{$1}');
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operation(route, told, refused) };
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
    webhooks: describedWebhooks(told),
    components: {
      securitySchemes: { apiKey: { type: 'http', scheme: 'bearer', bearerFormat: 'fdqr_live_sk_…' } },
      headers,
      parameters,
      responses: Object.fromEntries([...statuses].map(status => [`Problem${status}`, problemWith(status)])),
      schemas: components(),
    },
  };
}

function operation(
  { method, path, hooks }: DescribedRoute,
  told: Telling,
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
      content: Object.fromEntries(kinds.map(([type, kind]) => [type, kind ? { schema: told(kind) } : {}])),
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
      ...queryOf(hooks.query, told),
      ...(isWrite ? [refTo('parameters', 'IdempotencyKey')] : []),
      ...(deferrable.has(operationId) ? [refTo('parameters', 'Prefer')] : []),
      ...(isMatched ? [refTo('parameters', 'IfMatch')] : []),
      ...(isVersioned && !isWrite ? [refTo('parameters', 'IfNoneMatch')] : []),
    ],
    ...((hooks.body || form) && {
      requestBody: {
        required: true,
        content: form ?? { 'application/json': { schema: told(hooks.body!), example } },
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

function queryOf(query: TSchema | undefined, told: Telling): Json[] {
  const { properties = {}, required = [] } = (query ?? {}) as {
    properties?: Record<string, TSchema>;
    required?: string[];
  };
  return Object.entries(properties).map(([name, property]) => {
    const { description, ...schema } = told(property);
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

/** Words behind which there are schemas by name, and those behind which there is one, or a list of them. */
const byName = new Set(['properties', 'patternProperties']);
const within = new Set(['items', 'additionalProperties', 'anyOf', 'oneOf', 'allOf', 'not']);

/** Tells schemas: what has a title once, under that name. Throws when two that are not the same have one title. */
function dictionary(): { told: Telling; components(): Json } {
  const named = new Map<string, { readonly core: string; readonly schema: Json }>();

  const each = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(each);
    return typeof value === 'object' && value !== null ? schemaOf(value as Json) : value;
  };
  const schemaOf = (schema: Json): Json => {
    const { title, description, examples, ...core } = generated(
      Object.fromEntries(
        Object.entries(schema).map(([word, value]) => {
          if (within.has(word)) return [word, each(value)];
          if (!byName.has(word)) return [word, value];
          return [word, Object.fromEntries(Object.entries(value as Json).map(([name, of]) => [name, each(of)]))];
        }),
      ),
    );
    const said = { ...(description !== undefined && { description }), ...(examples !== undefined && { examples }) };
    if (typeof title !== 'string') return { ...said, ...core };
    const text = JSON.stringify(core);
    const known = named.get(title);
    if (known && known.core !== text) throw new Error(`two schemas have the title ${title}`);
    if (!known) named.set(title, { core: text, schema: { ...said, ...core } });
    const isOther = known && description !== known.schema['description'];
    return { ...refTo('schemas', title), ...(isOther && { description }) };
  };
  return {
    told: schema => schemaOf(JSON.parse(JSON.stringify(schema))),
    components: () => Object.fromEntries([...named].sort().map(([name, { schema }]) => [name, schema])),
  };
}

/**
 * In words that generators of clients understand: a choice of constants is an enum, and numbers say how large they are,
 * because without that Go and Java get 32 bits, which positions outgrow.
 */
function generated(schema: Json): Json {
  const { type, maximum } = schema as { type?: unknown; maximum?: number };
  if (type === 'number') return { ...schema, format: 'double' };
  if (type === 'integer' && !(maximum! < 2 ** 31)) return { ...schema, format: 'int64' };

  const { anyOf, ...rest } = schema as { anyOf?: { const?: unknown }[] };
  if (!anyOf || anyOf.some(option => option.const === undefined)) return schema;
  const constants = anyOf.map(option => option.const);
  return { ...rest, type: constants.every(Number.isInteger) ? 'integer' : 'string', enum: constants };
}
