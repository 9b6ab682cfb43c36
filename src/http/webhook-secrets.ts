/**
 * Secrets of webhooks that are made here and shown once. Like the texts of keys they are in no stored answer: asked again
 * under the same idempotency key, the secret is worked out anew from the key that asks, see `shown-once.ts`.
 */
import { createHmac, randomBytes } from 'node:crypto';
import type { WebhookFact } from '../../events/webhook.ts';
import { fold } from '../decider.ts';
import { webhook } from '../deciders/webhook.ts';
import type { Context, Reply } from '../execute.ts';
import { type Fault, invalid } from '../problem.ts';
import { keyOf } from '../webhooks/signature.ts';
import type { ApiDeps } from './deps.ts';
import { replyResponse } from './replies.ts';
import { secretPlaceholder } from './webhook-schemas.ts';

/** As many bytes as the specification recommends at least; SHA-256 gains nothing from more. */
const madeBytes = 32;
const [bytesMin, bytesMax] = [24, 64];

/** The secret that a request gives a webhook, and whether it was made here. */
export function secretFor(request: Request, { idempotency }: Context, given: string | undefined) {
  if (given !== undefined && given !== secretPlaceholder) return { secret: given, isMade: false };
  const own = request.headers.get('authorization')!.replace(/^\S+\s+/, '');
  const bytes = idempotency
    ? createHmac('sha256', own).update(`webhook ${idempotency.fingerprint} ${idempotency.key}`).digest()
    : randomBytes(madeBytes);
  return { secret: `whsec_${bytes.toString('base64')}`, isMade: true };
}

/** What no pattern says about a secret: how many bytes it has, and whether every receiver reads the same ones. */
export function secretFaults(secret: unknown): Fault[] {
  if (typeof secret !== 'string' || secret === secretPlaceholder) return [];
  const key = keyOf(secret);
  const { length } = key;
  const fault = (detail: string): Fault[] => [{ pointer: '/secret', code: 'format', detail }];
  if (`whsec_${Buffer.from(key).toString('base64')}` !== secret) {
    return fault('A secret is whsec_ and base64 with its padding (RFC 4648 §4).');
  }
  if (length >= bytesMin && length <= bytesMax) return [];
  return fault(`A secret has ${bytesMin} to ${bytesMax} bytes behind whsec_; this one has ${length}.`);
}

/** Throws when the secret can't be used. */
export function refuseWeak(secret: unknown): void {
  const faults = secretFaults(secret);
  if (faults.length > 0) throw invalid(faults);
}

/** An answer with the secret in it, if it was made here; given again, only to the same key. */
export async function withSecret(
  { readStream }: Pick<ApiDeps, 'readStream'>,
  reply: Reply,
  { secret, isMade }: ReturnType<typeof secretFor>,
): Promise<Response> {
  const body = reply.body as { readonly id: string };
  const isIts = async () => {
    const { secrets } = fold(webhook, (await readStream(body.id)) as Iterable<WebhookFact>);
    return secrets.some(its => its.secret === secret);
  };
  const isShown = isMade && (!reply.replayed || (await isIts()));
  return replyResponse({ ...reply, body: { ...body, secret: isShown ? secret : null } });
}
