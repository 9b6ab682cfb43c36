/**
 * The messages as the API's description tells them: one entry for each name that can be asked for, with what it holds
 * and an example. All of it comes from the catalogue of events, so that an event that is new is described as it is told.
 * What a message holds stands in its place instead of under a name: some generators of clients leave out what only
 * messages refer to.
 */
import type { TObject } from '@sinclair/typebox';
import { catalogue, type EventType } from '../../events/index.ts';
import { toldNames, typesOf } from '../../events/names.ts';
import { exampleOf } from '../webhooks/examples.ts';
import { inner } from '../webhooks/message.ts';
import type { Json, Telling } from './openapi-parts.ts';

const text = { type: 'string' };
const orNull = (schema: Json): Json => ({ anyOf: [schema, { type: 'null' }] });

/** `QrRulesChangedMessage` of `qr.rules_changed` and `Message`. */
const titleOf = (name: string, noun = ''): string =>
  `.${name}${noun}`.replace(/[._](\w)/g, (_, letter: string) => letter.toUpperCase());

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
export function describedWebhooks(told: Telling): Json {
  return Object.fromEntries(toldNames.map(name => [name, { post: operationOf(name, told) }]));
}

function operationOf(name: string, told: Telling): Json {
  const types = typesOf(name);
  const data = types.map(type => dataOf(type, told));
  return {
    operationId: `told${titleOf(name)}`,
    summary: types[0] === name && types.length === 1 ? `It happened: ${name}` : `${name}: ${types.join(', ')}`,
    tags: ['Messages'],
    security: [],
    parameters,
    requestBody: {
      required: true,
      content: {
        'application/json': {
          schema: {
            title: titleOf(name, 'Message'),
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

function dataOf(type: EventType, told: Telling): Json {
  const schema = (catalogue as unknown as Readonly<Record<string, TObject>>)[type]!;
  const isShown = (field: string) =>
    schema.properties[field]?.['x-withheld'] !== true && !(type === 'scan.recorded' && inner.has(field));
  const { properties, required = [] } = told(schema) as { properties: Json; required?: string[] };
  return {
    title: titleOf(type, 'Data'),
    type: 'object',
    required: [...required.filter(isShown), 'event'],
    properties: {
      id: { type: 'string', description: 'What it happened to' },
      ...Object.fromEntries(Object.entries(properties).filter(([field]) => isShown(field))),
      event: placeOf(type),
    },
  };
}
