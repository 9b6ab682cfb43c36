/**
 * The life of a webhook: an address of a customer's that is told of events as they happen. Its secrets sign what is sent
 * and are of no use to anybody but its owner and the sender, so they are withheld wherever events are shown. A webhook
 * that fails for days, or is told that it is gone, is disabled by the system; what it was not told can be replayed.
 */
import { type Static, Type } from '@sinclair/typebox';
import { Data, type FactOf, personal, withheld } from './envelope.ts';

/** Names of events as `names.ts` has them, or patterns of such: `qr.*`, `*`. */
const Subscription = Type.Array(Type.String(), { minItems: 1 });

/** Only events about these codes, or about codes with one of these tags; null for all events. */
const Codes = Type.Array(Type.String(), { minItems: 1 });
const Tags = Type.Array(personal(Type.String()), { minItems: 1 });

/** `whsec_` and base64, as Standard Webhooks writes it. */
const Secret = withheld(personal(Type.String()));

/** Nothing has succeeded there for days, or it answered 410. */
export const DisabledReason = Type.Union([Type.Literal('failing'), Type.Literal('gone')]);
export type DisabledReason = Static<typeof DisabledReason>;

export const webhookEvents = {
  'webhook.created': Data({
    /** People put tokens into it. */
    url: personal(Type.String()),
    events: Subscription,
    codes: Type.Optional(Codes),
    tags: Type.Optional(Tags),
    /** It is told of what happens to test codes, and of nothing else. */
    test: Type.Optional(Type.Literal(true)),
    secret: Secret,
  }),
  'webhook.retargeted': Data({ url: personal(Type.String()) }),
  /** The whole new list. */
  'webhook.subscribed': Data({ events: Subscription }),
  /** The whole new narrowing. */
  'webhook.narrowed': Data({ codes: Type.Union([Codes, Type.Null()]), tags: Type.Union([Tags, Type.Null()]) }),
  /** Both secrets sign until the grace period ends, in milliseconds since 1970. */
  'webhook.rotated': Data({ secret: Secret, graceUntil: Type.Integer() }),
  /** What happens meanwhile is kept for it. */
  'webhook.paused': Data({}),
  /** It works again, whether it was paused or disabled. */
  'webhook.resumed': Data({}),
  /** What was due is given up, and nothing more is kept for it. */
  'webhook.disabled': Data({
    reason: DisabledReason,
    /** Since when nothing had succeeded, in milliseconds since 1970. */
    failingSince: Type.Optional(Type.Integer()),
  }),
  /** It is to be told of this very event, or of an example of the one that is named. */
  'webhook.tested': Data({ example: Type.Optional(Type.String()) }),
  'webhook.deleted': Data({}),
  /** Gone as a deleted one is, and its addresses, tags and secrets can not be read any more. */
  'webhook.erased': Data({}),
} as const;

export type WebhookFact = FactOf<typeof webhookEvents>;
