/**
 * What the routes of webhooks take and give. The first fields of a webhook are those of the reference; a secret is in an
 * answer only when it was made here, and only in the one that tells of its making.
 */
import { type Static, Type } from '@sinclair/typebox';
import { tagLengthMax, tagsMax } from '../deciders/filing.ts';
import { listOf, PageQuery } from './pages.ts';
import { Closed, OneOf, OrNull, Time } from './shapes.ts';

const urlLengthMax = 2_048;
const patternsMax = 100;
const codesMax = 100;
const MessageId = Type.String({ examples: ['msg_01J3K9M2P8ZABCDEFGHJKMNPQR_1042_5f1d09b2'] });

const Url = Type.String({
  minLength: 1,
  maxLength: urlLengthMax,
  description: 'Where messages are sent: an https URL of a public host, without user name and password',
  examples: ['https://yourapp.com/webhooks/qr-scans'],
});
const Events = Type.Array(Type.String({ minLength: 1, maxLength: 64 }), {
  minItems: 1,
  maxItems: patternsMax,
  description: 'Names of events; qr.* for all of a noun, * for all. The list of names is that of the webhooks below',
  examples: [['scan.created', 'qr.updated']],
});
const Codes = Type.Array(Type.String({ pattern: '^qr_[0-9A-HJKMNP-TV-Z]{26}$', description: 'Id of a code, qr_…' }), {
  maxItems: codesMax,
});
const Tags = Type.Array(Type.String({ minLength: 1, maxLength: tagLengthMax }), { maxItems: tagsMax });
const narrowing = {
  codes: Type.Optional(OrNull(Codes, 'Only events about these codes; null or none for all events')),
  tags: Type.Optional(OrNull(Tags, 'Only events about codes that have one of these tags then')),
};

/** The reference shows its secret as `whsec_...`: sent as it stands, it asks for one of ours. */
export const secretPlaceholder = 'whsec_...';
const Secret = Type.String({
  pattern: '^whsec_([A-Za-z0-9+/]{32,88}={0,2}|\\.\\.\\.)$',
  description: 'whsec_ and 24 to 64 random bytes in base64. When absent, one is made and shown in this answer alone',
  examples: ['whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'],
});

export const WebhookCreate = Closed(
  {
    url: Url,
    events: Events,
    secret: Type.Optional(Secret),
    ...narrowing,
    test: Type.Optional(Type.Boolean({ description: 'Whether it is told of test codes and of nothing else' })),
  },
  {
    title: 'WebhookCreate',
    examples: [
      {
        url: 'https://yourapp.com/webhooks/qr-scans',
        events: ['scan.created', 'qr.updated'],
        secret: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
      },
    ],
  },
);
export type WebhookCreate = Static<typeof WebhookCreate>;

export const WebhookPatch = Closed(
  {
    url: Type.Optional(Url),
    events: Type.Optional(Events),
    ...narrowing,
    status: Type.Optional(OneOf(['active', 'paused'], 'paused keeps what happens; active goes on')),
  },
  { title: 'WebhookPatch', minProperties: 1, examples: [{ events: ['qr.*'], tags: ['menu'] }] },
);
export type WebhookPatch = Static<typeof WebhookPatch>;

const webhookFields = {
  id: Type.String({ examples: ['wh_01J3K9M2P8ZABCDEFGHJKMNPQR'] }),
  url: Type.String(),
  events: Type.Array(Type.String()),
  status: OneOf(['active', 'paused', 'disabled'], 'disabled: nothing is sent and nothing is kept for it'),
  disabledReason: OrNull(OneOf(['failing', 'gone'], 'failing: nothing succeeded for 5 days; gone: it answered 410')),
  codes: OrNull(Type.Array(Type.String())),
  tags: OrNull(Type.Array(Type.String())),
  test: Type.Boolean(),
  previousSecretUntil: OrNull(Time, 'Until then the secret before signs as well'),
  createdAt: Time,
  updatedAt: Time,
};
export const Webhook = Type.Object(webhookFields, { title: 'Webhook' });
/** Where a secret was made or changed; null when it was given, or when it is not shown again. */
export const WebhookWithSecret = Type.Object(
  {
    ...webhookFields,
    secret: OrNull(Type.String(), 'The secret that was made; never shown again. Null when it was given'),
  },
  { title: 'WebhookWithSecret' },
);
export const WebhookList = listOf(Webhook);
export const WebhookQuery = PageQuery({});
export const WebhookDeleted = Type.Object(
  { deleted: Type.Literal(true), id: Type.String() },
  { title: 'WebhookDeleted' },
);

/** A week: longer than any release of a receiver takes. */
const graceMaxSeconds = 7 * 24 * 3_600;
export const WebhookRotate = Closed(
  {
    secret: Type.Optional(Secret),
    graceSeconds: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: graceMaxSeconds,
        default: 24 * 3_600,
        description: 'How long both secrets sign, so that receivers can be given the new one without haste',
      }),
    ),
  },
  { title: 'WebhookRotate', examples: [{ graceSeconds: 3_600 }] },
);

export const WebhookTest = Closed(
  {
    type: Type.Optional(
      Type.String({
        maxLength: 64,
        description: 'Name of the event whose example is sent; webhook.tested when absent',
      }),
    ),
  },
  { title: 'WebhookTest', examples: [{ type: 'scan.created' }] },
);

/** What was asked for is in the log of deliveries at once. */
export const DeliveryQueued = Type.Object(
  { id: MessageId, type: Type.String(), status: Type.Literal('pending') },
  { title: 'DeliveryQueued' },
);

const statuses = ['pending', 'delivered', 'exhausted'] as const;
const deliveryFields = {
  id: MessageId,
  type: Type.String({ description: 'The name it is told under', examples: ['scan.created'] }),
  position: Type.Integer({ description: 'Place of the event in the ledger' }),
  status: OneOf(statuses, 'exhausted: all attempts are used up, or the webhook was disabled'),
  attempts: Type.Integer({ description: 'Since it was queued' }),
  queuedAt: Time,
  nextAttemptAt: OrNull(Time),
  lastAttemptAt: OrNull(Time),
  responseStatus: OrNull(Type.Integer(), 'Of the last attempt; null when there was no answer'),
  latencyMs: OrNull(Type.Integer(), 'Until the first byte of the last answer'),
  error: OrNull(Type.String(), 'Why there was no answer'),
  responseExcerpt: OrNull(Type.String(), 'Beginning of the last answer to a failure, secrets blacked out'),
};
export const Delivery = Type.Object(deliveryFields, { title: 'Delivery' });
export const DeliveryDetail = Type.Object(
  {
    ...deliveryFields,
    payload: Type.Object(
      { type: Type.String(), timestamp: Time, data: Type.Record(Type.String(), Type.Unknown()) },
      { description: 'What is sent' },
    ),
  },
  { title: 'DeliveryDetail' },
);
export const DeliveryList = Type.Object(
  {
    data: Type.Array(Delivery),
    limit: Type.Integer(),
    has_more: Type.Boolean(),
    next_cursor: OrNull(Type.String()),
  },
  { title: 'DeliveryList' },
);
export const DeliveryQuery = Closed({
  status: Type.Optional(OneOf(statuses, 'Only those that are')),
  type: Type.Optional(Type.String({ maxLength: 64, description: 'Only those told under this name' })),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 100, default: 20 })),
  cursor: Type.Optional(Type.String({ maxLength: 16, description: 'next_cursor of the page before' })),
});

const Moment = (description: string) =>
  Type.Optional(
    Type.Union([Type.String({ maxLength: 40 }), Type.Integer({ minimum: 0 })], {
      description: `${description}: a position, an RFC 3339 time, or a day, which begins in UTC`,
    }),
  );
export const ReplayCreate = Closed(
  {
    from: Moment('First that is told; the first there ever was when absent'),
    to: Moment('Last that is told; the last there is when absent'),
  },
  { title: 'ReplayCreate', examples: [{ from: '2026-04-01T00:00:00Z' }] },
);
export type ReplayCreate = Static<typeof ReplayCreate>;

export const Replay = Type.Object(
  {
    id: Type.String({ examples: ['rep_01J3K9M2P8ZABCDEFGHJKMNPQR'] }),
    webhook: Type.String(),
    from: Type.Integer({ description: 'Position of the first event that is looked at' }),
    to: Type.Integer({ description: 'Position of the last' }),
    through: Type.Integer({ description: 'Everything up to this position was looked at' }),
    status: OneOf(['running', 'done'], 'done: everything that was found is in the log of deliveries'),
    requestedAt: Time,
  },
  { title: 'Replay' },
);
export const ReplayList = listOf(Replay);
export const ReplayQuery = PageQuery({});
