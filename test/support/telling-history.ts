/**
 * What happens to webhooks in random histories: a few of them, each told of something else, that are tried, fail, rest
 * and end, and replays of what was before.
 */
import fc from 'fast-check';
import type { AnyEvent } from '../../events/index.ts';
import { eventOf } from './read-models.ts';

const start = Date.UTC(2026, 0, 30);
const at = fc.nat({ max: 3 * 86_400_000 }).map(ms => start + ms);
const webhook = fc.nat({ max: 3 }).map(n => `wh_${n}`);
const position = fc.integer({ min: 1, max: 80 });
const step = (stream: fc.Arbitrary<string>, change: AnyEvent['type'], data: fc.Arbitrary<object>) =>
  fc.record({ stream, at, change: fc.constant(change), data });

const attempt = fc.oneof(
  fc.record({ position, status: fc.constantFrom(200, 204), latencyMs: fc.nat({ max: 99 }) }),
  fc.record(
    {
      ...{ position, status: fc.constantFrom(null, 302, 410, 500), latencyMs: fc.nat({ max: 99 }) },
      ...{ error: fc.constant('There was no connection.'), retryAt: at },
    },
    { requiredKeys: ['position', 'status', 'latencyMs'] },
  ),
);

/** Steps of `history.ts` that are about telling. */
export const tellingSteps = [
  step(webhook, 'webhook.retargeted', fc.constant({ url: 'https://example.com/2' })),
  step(
    webhook,
    'webhook.subscribed',
    fc.record({ events: fc.subarray(['*', 'qr.*', 'scan.recorded'], { minLength: 1 }) }),
  ),
  step(
    webhook,
    'webhook.narrowed',
    fc.record({ codes: fc.constantFrom(null, ['qr_0', 'qr_1']), tags: fc.constantFrom(null, ['a']) }),
  ),
  step(webhook, 'webhook.rotated', fc.constant({ secret: 'whsec_b3RoZXI=', graceUntil: start })),
  step(webhook, 'webhook.paused', fc.constant({})),
  step(webhook, 'webhook.resumed', fc.constant({})),
  step(webhook, 'webhook.disabled', fc.constant({ reason: 'gone' })),
  step(webhook, 'webhook.tested', fc.constant({})),
  step(webhook, 'webhook.deleted', fc.constant({})),
  step(webhook, 'webhook.erased', fc.constant({})),
  step(
    fc.constant('deliveries'),
    'delivery.attempted',
    fc.record(
      {
        webhook,
        attempts: fc.array(attempt, { minLength: 1, maxLength: 9, size: 'max' }),
        excerpts: fc.dictionary(position.map(String), fc.constant('down "now"')),
        about: fc.constantFrom('qr_0', 'qr_1', 'org_0', 'wh_1'),
      },
      { requiredKeys: ['webhook', 'attempts'] },
    ),
  ),
  step(
    fc.constantFrom('rep_0', 'rep_1'),
    'replay.advanced',
    fc.record({
      webhook,
      through: position,
      deliveries: fc.dictionary(fc.constantFrom('qr.created', 'scan.created'), fc.array(position, { minLength: 1 })),
    }),
  ),
] as const;

/** The first event of a webhook: each wants something else, one of them events about test codes. */
export const webhookOf = (stream: string): AnyEvent => {
  const n = Number(stream.at(-1));
  const data = {
    ...{ url: 'https://example.com/', events: n === 1 ? ['*'] : ['qr.*', 'scan.created'], secret: 'whsec_c2VjcmV0' },
    ...(n === 2 && { tags: ['a'] }),
    ...(n === 3 && { test: true as const }),
  };
  return eventOf('webhook.created', stream, data, { at: start });
};

/** The first event of a replay. */
export const replayOf = (stream: string): AnyEvent =>
  eventOf(
    'replay.requested',
    stream,
    { webhook: `wh_${Number(stream.at(-1)) + 1}`, after: 0, until: 80 },
    { at: start },
  );
