/**
 * Webhooks, deliveries and replays, for the table of events and read models in `catalogue.test.ts`. One webhook of the
 * organisation wants to be told of everything, so that nearly every event there is becomes a delivery.
 */
import type { DeliveryFact } from '../../events/delivery.ts';
import type { AnyEvent, EventType } from '../../events/index.ts';
import { toldTypes } from '../../events/names.ts';
import type { ReplayFact } from '../../events/replay.ts';
import type { WebhookFact } from '../../events/webhook.ts';
import { eventOf, type Rows } from '../support/read-models.ts';

const created = Date.UTC(2026, 3, 8);
const later = Date.UTC(2026, 4, 9);
const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const url = 'https://yourapp.com/hook';

/** Positions of its creation, of what is pending before, and of what happens then. */
const [hook, pending, then] = [30, 31, 40];
const next = { version: 3, at: later, position: then };

export const tellingBefore: readonly AnyEvent[] = [
  eventOf('webhook.created', 'wh_1', { url, events: ['*'], secret }, { at: created, position: hook }),
  eventOf('webhook.tested', 'wh_1', {}, { at: created, position: pending, version: 2 }),
  // Its position is that of the creation, of which nobody is told, so that it leaves no delivery here.
  eventOf('replay.requested', 'rep_1', { webhook: 'wh_1', after: 0, until: 20 }, { at: created, position: hook }),
];

type TellingType = (WebhookFact | DeliveryFact | ReplayFact)['type'];
const attempt = { position: pending, status: 503, latencyMs: 12, retryAt: later + 5_000 };
const attempts = { webhook: 'wh_1', attempts: [attempt], excerpts: { [pending]: 'down' }, about: 'qr_1' };

export const tellingAfter: { [T in TellingType]: AnyEvent } = {
  'webhook.created': eventOf(
    'webhook.created',
    'wh_2',
    { url, events: ['qr.*'], codes: ['qr_1'], tags: ['a "b"'], test: true, secret },
    { at: later, position: then },
  ),
  'webhook.retargeted': eventOf('webhook.retargeted', 'wh_1', { url: `${url}/2` }, next),
  'webhook.subscribed': eventOf('webhook.subscribed', 'wh_1', { events: ['webhook.subscribed'] }, next),
  'webhook.narrowed': eventOf('webhook.narrowed', 'wh_1', { codes: null, tags: ['menu'] }, next),
  'webhook.rotated': eventOf('webhook.rotated', 'wh_1', { secret, graceUntil: later + 9 }, next),
  'webhook.paused': eventOf('webhook.paused', 'wh_1', {}, next),
  'webhook.resumed': eventOf('webhook.resumed', 'wh_1', {}, next),
  'webhook.disabled': eventOf('webhook.disabled', 'wh_1', { reason: 'failing', failingSince: created }, next),
  'webhook.tested': eventOf('webhook.tested', 'wh_1', { example: 'scan.created' }, next),
  'webhook.deleted': eventOf('webhook.deleted', 'wh_1', {}, next),
  'webhook.erased': eventOf('webhook.erased', 'wh_1', {}, next),
  'delivery.attempted': eventOf('delivery.attempted', 'deliveries-1', attempts, next),
  'replay.requested': eventOf(
    'replay.requested',
    'rep_2',
    { webhook: 'wh_1', after: 5, until: 9 },
    { ...next, version: 1 },
  ),
  'replay.advanced': eventOf(
    'replay.advanced',
    'rep_1',
    { webhook: 'wh_1', through: 10, deliveries: { 'qr.created': [11] } },
    { ...next, version: 2 },
  ),
};

const webhook = {
  ...{ id: 'wh_1', org: 'org_1', url, events: ['*'], codes: null, tags: null, test: false, status: 'active' },
  ...{ disabled_reason: null, grace_ms: null, version: 3, created_ms: created, updated_ms: later },
};
const target = {
  ...{ hook, webhook: 'wh_1', org: 'org_1', events: ['*'], codes: null, tags: null, test: false, status: 'active' },
  ...{ failing_since: null, changed: then },
};
const delivery = {
  ...{ hook, position: then, name: '', status: 'pending', attempts: 0, due_ms: later, queued_ms: later },
  ...{ attempted_ms: null, answer: null, error: null, excerpt: null, about: null, latency_ms: null, tagged: null },
};
const tested = { ...delivery, position: pending, name: 'webhook.tested', due_ms: created, queued_ms: created };

/** Names that are broader than the event's own. */
const broader = (type: string): string => {
  if (type === 'scan.recorded') return 'scan.created';
  return /^qr\.(?!(created|deleted|restored|erased)$)/.test(type) ? 'qr.updated' : type;
};

/** The delivery that an event becomes. */
const toldOf = ({ type, position, at }: AnyEvent, name = broader(type)): Rows => ({
  deliveries: [{ ...delivery, position, name, due_ms: at, queued_ms: at }],
});

/** What an event about the webhook leaves besides its own delivery. */
const changed = (event: AnyEvent, to: object): Rows => ({
  delivery_targets: [{ ...target, ...to }],
  ...toldOf(event),
});
const narrowed = {
  ...target,
  hook: then,
  webhook: 'wh_2',
  events: ['qr.*'],
  codes: ['qr_1'],
  tags: ['a "b"'],
  test: true,
};
const code = { tags: ['a'], test: false };

/** Rows that are new or changed after the event; `after` is what happens, of every type. */
export function tellingRows(
  after: { readonly [T in EventType]: AnyEvent },
): Record<string, { [T in EventType]?: Rows }> {
  const told = Object.fromEntries(toldTypes.map(type => [type, toldOf(after[type])]));
  const erased = (event: AnyEvent): Rows => ({ ...toldOf(event), delivery_erased: [{ about: event.stream }] });
  const erasures = toldTypes.filter(type => type.endsWith('.erased')).map(type => [type, erased(after[type])]);
  return {
    webhooks: {
      'webhook.created': {
        webhooks: [
          {
            ...{ ...webhook, id: 'wh_2', events: ['qr.*'], codes: ['qr_1'], tags: ['a "b"'], test: true, version: 1 },
            created_ms: later,
          },
        ],
      },
      'webhook.retargeted': { webhooks: [{ ...webhook, url: `${url}/2` }] },
      'webhook.subscribed': { webhooks: [{ ...webhook, events: ['webhook.subscribed'] }] },
      'webhook.narrowed': { webhooks: [{ ...webhook, tags: ['menu'] }] },
      'webhook.rotated': { webhooks: [{ ...webhook, grace_ms: later + 9 }] },
      'webhook.paused': { webhooks: [{ ...webhook, status: 'paused' }] },
      'webhook.resumed': { webhooks: [webhook] },
      'webhook.disabled': { webhooks: [{ ...webhook, status: 'disabled', disabled_reason: 'failing' }] },
      'webhook.tested': { webhooks: [webhook] },
      'webhook.deleted': { webhooks: [{ ...webhook, status: 'deleted' }] },
      'webhook.erased': { webhooks: [{ ...webhook, status: 'deleted', url: '' }] },
    },
    deliveries: {
      ...told,
      ...Object.fromEntries(erasures),
      // Of a code that was made with a test key.
      'qr.restored': {},
      'qr.created': { ...toldOf(after['qr.created']), delivery_codes: [{ qr: 'qr_2', ...code }] },
      'qr.tagged': {
        ...toldOf(after['qr.tagged']),
        delivery_codes: [{ qr: 'qr_1', tags: ['summer', 'a "b", c\\'], test: false }],
      },
      'webhook.created': { ...toldOf(after['webhook.created']), delivery_targets: [narrowed] },
      'webhook.retargeted': changed(after['webhook.retargeted'], {}),
      'webhook.subscribed': changed(after['webhook.subscribed'], { events: ['webhook.subscribed'] }),
      'webhook.narrowed': { delivery_targets: [{ ...target, tags: ['menu'] }] },
      'webhook.rotated': changed(after['webhook.rotated'], {}),
      'webhook.paused': changed(after['webhook.paused'], { status: 'paused' }),
      'webhook.resumed': changed(after['webhook.resumed'], {}),
      'webhook.tested': changed(after['webhook.tested'], {}),
      'webhook.disabled': {
        delivery_targets: [{ ...target, status: 'disabled' }],
        deliveries: [{ ...tested, status: 'exhausted', due_ms: null, error: 'The webhook was disabled.' }],
      },
      'webhook.deleted': { delivery_targets: [{ ...target, status: 'deleted' }] },
      'webhook.erased': {
        delivery_targets: [{ ...target, status: 'deleted' }],
        delivery_erased: [{ about: 'wh_1' }],
      },
      'delivery.attempted': {
        delivery_targets: [{ ...target, failing_since: later, changed: pending }],
        deliveries: [
          {
            ...{ ...tested, attempts: 1, due_ms: later + 5_000, attempted_ms: later, answer: 503 },
            ...{ excerpt: 'down', about: 'qr_1', latency_ms: 12 },
          },
        ],
        delivery_horizon: [{ kept_ms: Math.floor((later - 30 * 86_400_000) / 3_600_000) * 3_600_000 }],
      },
      'replay.requested': {
        ...toldOf(after['replay.requested']),
        replays: [
          { ...{ id: 'rep_2', webhook: 'wh_1', org: 'org_1', after: 5, until: 9, through: 5 }, requested_ms: later },
        ],
      },
      'replay.advanced': {
        replays: [
          {
            ...{ id: 'rep_1', webhook: 'wh_1', org: 'org_1', after: 0, until: 20, through: 10 },
            requested_ms: created,
          },
        ],
        deliveries: [{ ...delivery, position: 11, name: 'qr.created' }],
      },
    },
  };
}
