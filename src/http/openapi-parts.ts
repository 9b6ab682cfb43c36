/**
 * What the API's description says beside the routes and their schemas: groups, headers, parameters, and answers that
 * are no JSON. It stands apart from `openapi.ts`, which puts it together, because each new group of routes adds a line
 * or two here and nothing there.
 */
import type { TSchema } from '@sinclair/typebox';
import { EventList, StoredEvent } from './event-queries.ts';
import * as pictures from './picture-schemas.ts';
import { ShownScan } from './scan-queries.ts';

export type Json = Record<string, unknown>;
/** How a schema stands in the document. */
export type Telling = (schema: TSchema) => Json;

export const tags = {
  'QR codes': 'Codes and what they lead to',
  Pictures: 'Pictures for screens and for print, logos, saved looks, sheets of labels, exports',
  Domains: 'Host names of your own for short URLs, and hosts that codes must not lead to',
  Analytics: 'Who scanned, when and where, without anything personal',
  Organisation: 'Your organisation, its teams with quotas of their own, and who works for it',
  Jobs: 'Work on many codes in the background, row by row',
  Keys: 'API keys: what each may do, from where, for how long',
  Webhooks: 'Endpoints of yours that are told of events, and what they were told',
  Messages: 'What webhooks are told, name by name',
  Account: 'What the plan allows and what is used of it',
  Audit: 'The ledger itself: every fact in the order it happened',
};

/** Answers with a version: they carry an ETag, and GET takes it back in If-None-Match. */
export const versioned = new Set([
  ...['createQr', 'getQr', 'changeQr', 'restoreQr', 'getImage', 'uploadLogo', 'removeLogo'],
  ...['createStyle', 'getStyle', 'changeStyle', 'excludeTraffic', 'getExclusion'],
  ...['getOrganization', 'changeOrganization', 'createTeam', 'getTeam', 'changeTeam', 'moveQuota'],
  ...['addMember', 'getMember', 'changeMember', 'getJob', 'cancelJob', 'issueKey', 'getKey', 'changeKey', 'rotateKey'],
  ...['addDomain', 'getDomain', 'changeDomain', 'verifyDomain', 'setBlocklist'],
  ...['createWebhook', 'getWebhook', 'changeWebhook', 'pauseWebhook', 'resumeWebhook', 'rotateWebhook'],
]);

/** They take a body to describe a picture or a visitor, and store nothing. */
export const reading = new Set(['previewQr', 'printSheet', 'simulateScan']);

const pictureMedia = { 'image/png': null, 'image/svg+xml': null, 'application/pdf': null };

/** Answers that are not, or not only, JSON. */
export const media: Readonly<Record<string, Readonly<Record<string, TSchema | null>>>> = {
  getImage: { ...pictureMedia, 'application/json': pictures.ScanReport },
  previewQr: { ...pictureMedia, 'application/json': pictures.ScanReport },
  printSheet: { 'application/pdf': null },
  exportQrs: {
    'application/zip': null,
    'text/csv; charset=utf-8': null,
    'application/x-ndjson': pictures.ExportedCode,
  },
  exportScans: {
    'text/csv; charset=utf-8': null,
    'application/x-ndjson': ShownScan,
    'application/vnd.apache.parquet': null,
  },
  watchScans: { 'text/event-stream': null },
  listEvents: {
    'application/json': EventList,
    'application/x-ndjson': StoredEvent,
    'text/event-stream': null,
    'text/plain; charset=utf-8': null,
  },
};

const asText = { 'text/plain; charset=utf-8': null };

/** Answers that there are besides JSON, where its schema is the route's own. */
export const alsoMedia: Readonly<Record<string, Readonly<Record<string, null>>>> = {
  getCheckpoint: asText,
  proveInclusion: asText,
  proveConsistency: asText,
};

/** Operations that may find nothing, although no id stands in their path. */
export const seeking = new Set([
  'printSheet',
  'exportQrs',
  'proveInclusion',
  'getSetAnalytics',
  'listScans',
  'exportScans',
  'watchScans',
  'excludeTraffic',
  'createWebhook',
]);

/** Operations on many codes that are done at once, or as a job for who would rather not wait. */
export const deferrable = new Set(['createQrs', 'changeQrs', 'deleteQrs']);

const text = { type: 'string' };

/** Bodies that are no JSON. */
export const forms: Readonly<Record<string, Json>> = {
  importQrs: {
    'text/csv': { schema: text, example: 'destination,label,tags\nhttps://example.com/1,Table 1,"menu,summer"\n' },
    'application/x-ndjson': { schema: text, example: '{"destination":"https://example.com/1","label":"Table 1"}\n' },
  },
  uploadLogo: {
    'multipart/form-data': {
      schema: {
        type: 'object',
        required: ['file'],
        properties: { file: { type: 'string', contentMediaType: 'application/octet-stream' } },
      },
      encoding: { file: { contentType: 'image/png, image/svg+xml' } },
    },
  },
};
export const headers: Readonly<Record<string, Json>> = {
  ETag: { description: 'Version of the object', schema: text },
  'Idempotency-Replayed': { description: 'true when the answer was given before', schema: { const: 'true' } },
  Location: { description: 'Address of what was created', schema: { type: 'string', format: 'uri' } },
  RateLimit: { description: 'Requests left and seconds until all are back', schema: text },
  'RateLimit-Policy': { description: 'Requests a minute for this key', schema: text },
  'Retry-After': { description: 'Seconds to wait', schema: { type: 'integer', minimum: 1 } },
  'WWW-Authenticate': { description: 'Bearer, and what is wrong with the key', schema: text },
  'X-Request-Id': { description: 'Names this request in logs and in the ledger', schema: text },
};
const idOf = (description: string, name = 'id'): Json => ({
  name,
  in: 'path',
  required: true,
  description,
  schema: text,
});
const inPath = {
  Id: idOf('Id of the code, qr_…'),
  StyleId: idOf('Id of the saved looks, sty_…'),
  TeamId: idOf('Id of the team, team_…'),
  JobId: idOf('Id of the job, job_…'),
  MemberId: idOf('Id of the member, mem_…'),
  KeyId: idOf('Id of the key, key_…'),
  ExclusionId: idOf('Id of the exclusion, exc_…'),
  DomainId: idOf('Id of the domain, dom_…'),
  WebhookId: idOf('Id of the webhook, wh_…'),
  MessageId: idOf('Id of the message, msg_…', 'message'),
  ReplayId: idOf('Id of the replay, rep_…', 'replay'),
  Position: idOf('Place in the ledger', 'position'),
} as const;
/** What stands in a path, by the noun before it. */
export const pathParameters: Readonly<Record<string, keyof typeof inPath>> = {
  qr: 'Id',
  styles: 'StyleId',
  teams: 'TeamId',
  jobs: 'JobId',
  members: 'MemberId',
  keys: 'KeyId',
  exclusions: 'ExclusionId',
  domains: 'DomainId',
  webhooks: 'WebhookId',
  deliveries: 'MessageId',
  replays: 'ReplayId',
  scans: 'Position',
};
export const parameters: Readonly<Record<string, Json>> = {
  ...inPath,
  IdempotencyKey: {
    name: 'Idempotency-Key',
    in: 'header',
    description: 'The same key and body get the same answer again, done once. Each API key has its own',
    schema: { type: 'string', pattern: '^[\\x21-\\x7e]{1,255}$' },
  },
  Prefer: {
    name: 'Prefer',
    in: 'header',
    description: 'respond-async: as a job, which is answered with 202 (RFC 7240)',
    schema: { type: 'string', examples: ['respond-async'] },
  },
  IfMatch: {
    name: 'If-Match',
    in: 'header',
    description: 'ETag of the version to change; any other is a 412',
    schema: text,
  },
  IfNoneMatch: {
    name: 'If-None-Match',
    in: 'header',
    description: 'ETag of the version that is known already; a 304 says that it still stands',
    schema: text,
  },
};
