/**
 * A picture of a code that is not there: nothing is stored, no slug is taken. A dynamic code is drawn with a stand-in
 * for its short URL that has the usual length and can never be a slug, so that a preview that somebody prints leads to
 * nobody else's page.
 */
import { type Static, Type } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';
import { Elysia } from 'elysia';
import { payloadOf } from '../content/encoded.ts';
import { qr } from '../deciders/qr.ts';
import { compose } from '../pictures/composition.ts';
import { sanitizeLogo } from '../pictures/logo.ts';
import { type Fault, invalid, Problem } from '../problem.ts';
import { callerOf } from './caller.ts';
import type { ApiDeps } from './deps.ts';
import { accepts } from './input.ts';
import * as schemas from './picture-schemas.ts';
import { pictureResponse, styleWith } from './pictures.ts';
import { NoQuery } from './schemas.ts';

/** As long as a slug that is drawn, and none: a slug does not end in a hyphen. */
const standIn = 'preview-';

type Asked = Pick<
  Static<typeof schemas.Preview>,
  'type' | 'destination' | 'content' | 'static' | 'errorCorrection' | 'style'
>;

const shape = Type.Pick(schemas.Preview, ['type', 'destination', 'content', 'errorCorrection', 'style']);

/** What the rules of a code have against this one. */
function faultsIn(deps: ApiDeps, body: unknown): readonly Fault[] {
  const asked = (body ?? {}) as Asked;
  const { type = 'url', destination, content, errorCorrection, style } = asked;
  if (destination === undefined && content === undefined && !asked.static) return [];
  // What the schema refuses anyway is passed over.
  if (!Value.Check(shape, { type, destination, content, errorCorrection, style })) return [];
  const holding = { ...(destination !== undefined && { destination }), ...(content != null && { content }) };
  const slug = asked.static ? null : 'preview';
  const looks = { style: styleWith(style ?? {}, errorCorrection === undefined ? {} : { errorCorrection }) };
  try {
    const own = { type, slug, ...holding, ...looks, static: asked.static === true, hosts: deps.hosts() };
    qr.decide({ do: 'create', ...own }, qr.initial);
    return [];
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    const there = errorCorrection === undefined ? '/style/errorCorrection' : '/errorCorrection';
    return error.errors.map(fault =>
      fault.pointer === '/style/errorCorrection' ? { ...fault, pointer: there } : fault,
    );
  }
}

async function logoFrom(base64: string | undefined) {
  if (base64 === undefined) return undefined;
  if (!/^[A-Za-z0-9+/\s]+(?:=\s*){0,2}$/.test(base64)) {
    throw invalid([{ pointer: '/logo', code: 'format', detail: 'A logo is the base64 of a PNG or an SVG.' }]);
  }
  try {
    return await sanitizeLogo(new Uint8Array(Buffer.from(base64, 'base64')));
  } catch (error) {
    if (!(error instanceof Problem) || error.code === 'unavailable') throw error;
    const [first] = error.errors;
    throw invalid([{ pointer: '/logo', code: first?.code ?? 'format', detail: error.message }]);
  }
}

export function previews(deps: ApiDeps) {
  return new Elysia({ name: 'previews', prefix: '/v1/qr', tags: ['Pictures'] }).post(
    '/preview',
    async ({ body, request }) => {
      callerOf(request, 'read');
      const { type = 'url', destination = null, content = null } = body;
      const text = body.static
        ? payloadOf({ type, slug: null, destination, content }, deps.baseUrl())
        : `${deps.baseUrl()}/${standIn}`;
      const composition = await compose(text, styleWith(body.style ?? {}, body), await logoFrom(body.logo));
      return pictureResponse(request, composition, body, { name: 'preview', prefix: '/' });
    },
    {
      ...accepts(schemas.Preview, body => faultsIn(deps, body)),
      query: NoQuery,
      detail: { operationId: 'previewQr', summary: 'Picture of a code that is not there; nothing is stored' },
    },
  );
}
