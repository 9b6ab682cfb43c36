/**
 * The messages as the API's description tells them: one entry for each name that can be asked for, with what it holds
 * and an example. All of it comes from the catalogue of events, so that an event that is new is described as it is told.
 */
import type { TObject, TSchema } from '@sinclair/typebox';
import { catalogue, type EventType } from '../../events/index.ts';
import { toldNames, typesOf } from '../../events/names.ts';
import { exampleOf } from '../webhooks/examples.ts';
import { inner } from '../webhooks/message.ts';
import type { Json } from './openapi-parts.ts';

const text = { type: 'string' };
const orNull = (schema: Json): Json => ({ anyOf: [schema, { type: 'null' }] });

/** Where an event stands, as every message says. */
const placeOf = (type: EventType): Json => ({
  type: 'object',
  description: 'The event itself: its own name and its place in the ledger, see /v1/events',
  required: ['name', 'position'],
  properties: {
    name: { ...text, const: type },
    position: { type: 'integer' },
    version: { type: 'integer' },
    actor: text,
    request: orNull(text),
  },
});

const header = (name: string, description: string): Json => ({
  ...{ name, in: 'header', required: true, description, schema: text },
});
const parameters = [
  header('webhook-id', 'Names the message: the same at each attempt and whenever it is sent again'),
  header('webhook-timestamp', 'When this attempt was signed, in seconds since 1970'),
  header('webhook-signature', 'v1, and a base64 HMAC-SHA256 over id.timestamp.body; several with spaces between'),
];

/** The `webhooks` of the document. */
export function describedWebhooks(plain: (schema: TSchema) => Json): Json {
  return Object.fromEntries(toldNames.map(name => [name, { post: operationOf(name, plain) }]));
}

function operationOf(name: string, plain: (schema: TSchema) => Json): Json {
  const types = typesOf(name);
  const data = types.map(type => dataOf(type, plain));
  return {
    operationId: `told ${name}`.replace(/\W+(\w)/g, (_, letter: string) => letter.toUpperCase()),
    summary: types[0] === name && types.length === 1 ? `It happened: ${name}` : `${name}: ${types.join(', ')}`,
    tags: ['Webhooks'],
    security: [],
    parameters,
    requestBody: {
      required: true,
      content: {
        'application/json': {
          schema: {
            type: 'object',
            required: ['type', 'timestamp', 'data'],
            properties: {
              type: { type: 'string', const: name },
              timestamp: { type: 'string', format: 'date-time', description: 'When it happened' },
              data: data.length === 1 ? data[0] : { anyOf: data },
            },
          },
          example: exampleOf(name),
        },
      },
    },
    responses: {
      '2XX': { description: 'It was taken; anything else is a failure, and it is tried again' },
      '410': { description: 'The endpoint is gone for good: the webhook is disabled' },
    },
  };
}

function dataOf(type: EventType, plain: (schema: TSchema) => Json): Json {
  const schema = (catalogue as unknown as Readonly<Record<string, TObject>>)[type]!;
  const isShown = (field: string) =>
    schema.properties[field]?.['x-withheld'] !== true && !(type === 'scan.recorded' && inner.has(field));
  const { properties, required = [] } = plain(schema) as { properties: Json; required?: string[] };
  return {
    type: 'object',
    required: [...required.filter(isShown), 'event'],
    properties: {
      id: { type: 'string', description: 'What it happened to' },
      ...Object.fromEntries(Object.entries(properties).filter(([field]) => isShown(field))),
      event: placeOf(type),
    },
  };
}
