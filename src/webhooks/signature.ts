/**
 * Standard Webhooks 1.0 (standardwebhooks.com, `spec/standard-webhooks.md`): what is signed is `id.timestamp.body`, byte
 * by byte as it is sent, with HMAC-SHA256. The id stays over all attempts so that the receiver can pass over what it
 * has; the timestamp is the attempt's own, so that it can refuse what is old. While a secret is being changed both the
 * old and the new one sign, and a receiver needs only one of them.
 */
import { createHmac, hash } from 'node:crypto';
import type { AnyEvent } from '../../events/index.ts';

const secretPrefix = 'whsec_';

/** The key in a secret: base64 behind the prefix. */
export const keyOf = (secret: string): Uint8Array =>
  Buffer.from(secret.startsWith(secretPrefix) ? secret.slice(secretPrefix.length) : secret, 'base64');

/** The three headers of a delivery. */
export interface SignatureHeaders {
  readonly 'webhook-id': string;
  readonly 'webhook-timestamp': string;
  readonly 'webhook-signature': string;
}

/**
 * Signs a delivery.
 * @param secrets `whsec_…` each, newest first; at least one
 * @param at of the attempt, in milliseconds since 1970
 * @param body exactly the bytes that are sent
 */
export function signed(secrets: readonly string[], id: string, at: number, body: Uint8Array): SignatureHeaders {
  const timestamp = String(Math.floor(at / 1_000));
  const signatures = secrets.map(secret => {
    const hmac = createHmac('sha256', keyOf(secret)).update(`${id}.${timestamp}.`).update(body);
    return `v1,${hmac.digest('base64')}`;
  });
  return { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signatures.join(' ') };
}

/** What an event is told apart by. */
export type Place = Pick<AnyEvent, 'position' | 'stream' | 'version' | 'at'>;

/**
 * The id of a delivery: made of the webhook's id and of the event, so that it is the same for every attempt, after a
 * rebuild, and when the event is sent again on request. Behind the position stands a little of a hash of what stands there:
 * in a ledger that was taken back to an older state, other events get the same positions, and a receiver must not take
 * them for what it has.
 */
export const messageIdOf = (webhook: string, { position, stream, version, at }: Place): string =>
  `msg_${webhook.slice(webhook.indexOf('_') + 1)}_${position}_${hash('sha256', `${stream} ${version} ${at}`, 'hex').slice(0, 8)}`;

/** The position in the message id of a webhook, whatever stands there; undefined for any other text. */
export function positionIn(message: string, webhook: string): number | undefined {
  const [, own, digits] = /^msg_(.+)_([1-9]\d{0,14})_[0-9a-f]{8}$/.exec(message) ?? [];
  return own !== undefined && webhook.endsWith(`_${own}`) ? Number(digits) : undefined;
}
