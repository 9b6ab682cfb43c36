/**
 * The logo of a code: uploaded as a form, taken apart and drawn anew by `pictures/logo.ts`, stored by the hash of what
 * came out of that before the event that names it, and served to everybody under that hash for ever. Nothing of the
 * uploaded file itself is kept or shown.
 */
import { createHash } from 'node:crypto';
import { Elysia } from 'elysia';
import type { QrCommand } from '../deciders/qr.ts';
import { execute, replay } from '../execute.ts';
import { assertScannable } from '../pictures/check.ts';
import { sanitizeLogo } from '../pictures/logo.ts';
import { callerOf, contextOf } from './caller.ts';
import type { ApiDeps, StoredBytes } from './deps.ts';
import { accepts } from './input.ts';
import * as schemas from './picture-schemas.ts';
import { textOf } from './pictures.ts';
import { reachedQr, rulesFor } from './qr-reach.ts';
import { logoUrlOf } from './qr-view.ts';
import { saving } from './query.ts';
import { etagOf, isKnown, notModified, replyResponse, timeOf, versionsOf } from './replies.ts';
import { NoQuery } from './schemas.ts';

/** The answer to `/logos/…`, which anybody may ask: a hash can't be guessed, and what stands there never changes. */
export async function servedLogo(deps: ApiDeps, request: Request, path: string): Promise<Response | undefined> {
  const sha256 = /^\/logos\/([0-9a-f]{64})\.png$/.exec(path)?.[1];
  if (sha256 === undefined) return undefined;
  const etag = `"${sha256}"`;
  const blob = await deps.blobs.find(sha256);
  if (!blob) return undefined;
  const forEver = 'public, max-age=31536000, immutable';
  if (isKnown(request, etag)) return notModified(etag, forEver);
  return new Response(request.method === 'HEAD' ? null : blob.bytes, {
    headers: {
      'content-type': blob.type,
      'content-length': String(blob.bytes.length),
      'cache-control': forEver,
      'x-content-type-options': 'nosniff',
      'content-security-policy': "default-src 'none'; sandbox",
      'cross-origin-resource-policy': 'cross-origin',
      etag,
    },
  });
}

/** A command on the logo of a code, and the picture it names. */
interface Order {
  readonly command: QrCommand;
  readonly blob?: StoredBytes;
}

/** One command on the logo of a code. */
async function run(deps: ApiDeps, request: Request, id: string, body: unknown, make: () => Promise<Order>) {
  const caller = callerOf(request, 'write');
  const context = contextOf(request, caller, body);
  const earlier = await replay(deps.execution, context);
  if (earlier) return replyResponse(earlier);
  const { command, blob } = await make();
  const order = { decider: rulesFor(caller.access), stream: id, command, expected: versionsOf(request) };
  // Before the event that names it, and again behind it: another code that had it may have been erased in between.
  if (blob) await deps.blobs.put(blob);
  const reply = await execute(
    deps.execution,
    context,
    () => [order],
    ([outcome]) => {
      const { state, version, changedAt } = outcome!;
      return {
        status: 200,
        headers: { etag: etagOf(version) },
        body: {
          logoUrl: logoUrlOf(deps.baseUrl(), state.logo),
          updatedAt: timeOf(changedAt),
          ...(state.forced && { forced: true }),
        },
      };
    },
  );
  if (blob) await deps.blobs.put(blob);
  return replyResponse(reply);
}

async function attach(deps: ApiDeps, request: Request, id: string, file: Uint8Array, force = false): Promise<Order> {
  const { access } = callerOf(request, 'write');
  await deps.fresh(['qrs']);
  // Before the file is looked at, which costs more than all the rest.
  const row = await reachedQr(deps, access, id);
  const logo = await sanitizeLogo(file);
  const { sha256, width, height, png } = logo;
  const forced = await assertScannable(row.style, { logo, force, text: textOf(deps, row) });
  return {
    command: { do: 'attach_logo', logo: { sha256, width, height }, ...(forced && { forced }) },
    blob: { sha256, type: 'image/png', bytes: png },
  };
}

export function logos(deps: ApiDeps) {
  return new Elysia({ name: 'logos', prefix: '/v1/qr', tags: ['Pictures'] })
    .post(
      '/:id/logo',
      ({ params, body: { file }, query: { force }, request }) => {
        const body = { file: createHash('sha256').update(file).digest('hex'), ...(force && { force }) };
        return run(deps, request, params.id, body, () => attach(deps, request, params.id, file, force));
      },
      {
        ...saving(accepts(schemas.LogoUpload)),
        response: { 200: schemas.LogoUploaded },
        detail: { operationId: 'uploadLogo', summary: 'Put a logo into a code: PNG or SVG, at most 2 MB' },
      },
    )
    .delete(
      '/:id/logo',
      ({ params, request }) => run(deps, request, params.id, null, async () => ({ command: { do: 'remove_logo' } })),
      {
        query: NoQuery,
        response: { 200: schemas.LogoRemoved },
        detail: { operationId: 'removeLogo', summary: 'Take the logo out of a code' },
      },
    );
}
