/**
 * Texts of keys that are shown once. An answer is stored without the text; when it is asked for again under the same
 * idempotency key, the text is worked out anew from the key that asks, which is stored nowhere either. So a lost answer
 * costs nobody a key, and a copy of the database holds none.
 */
import type { KeyMode } from '../../events/key.ts';
import type { Context, Reply } from '../execute.ts';
import type { ApiDeps } from './deps.ts';
import { replyResponse } from './replies.ts';
import { derivedSecret, hashSecret, newSecret } from './secret.ts';

/** The text that this request gives to a key. */
export function textFor(request: Request, { idempotency }: Context, mode: KeyMode): string {
  if (!idempotency) return newSecret(mode);
  const own = request.headers.get('authorization')!.replace(/^\S+\s+/, '');
  return derivedSecret(mode, own, `${idempotency.fingerprint} ${idempotency.key}`);
}

interface Body {
  readonly id: string;
  readonly mode: KeyMode;
}

/** An answer with the text in it; one that was given before has it only if it was given to the same key. */
export async function withText(
  deps: Pick<ApiDeps, 'readStream'>,
  request: Request,
  context: Context,
  reply: Reply,
  text?: string,
): Promise<Response> {
  const body = reply.body as Body;
  const shown = reply.replayed || text === undefined ? await again(deps, request, context, body) : text;
  return replyResponse({ ...reply, body: { ...body, key: shown } });
}

async function again(
  { readStream }: Pick<ApiDeps, 'readStream'>,
  request: Request,
  context: Context,
  { id, mode }: Body,
): Promise<string | null> {
  const text = textFor(request, context, mode);
  const hash = hashSecret(text);
  const isIts = (await readStream(id)).some(({ data }) => 'hash' in data && data.hash === hash);
  return isIts ? text : null;
}
