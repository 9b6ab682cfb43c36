/**
 * Reading a body: only JSON, or a form where a file is uploaded, only as much as the route can need, and malformed JSON
 * is told apart from JSON that is not what the route takes.
 */
import { logoBytesMax } from '../pictures/logo.ts';
import { invalid, Problem } from '../problem.ts';
import { bodyBytesMax } from '../runtime.ts';
import { inPointer, lookAtTexts } from './text-faults.ts';

/** Bodies of all routes but the bulk ones, in bytes. */
export const plainBytesMax = 1024 * 1024;

/** Nothing means there what is meant mostly: the version before it was deleted, a day of grace, a plain yes. */
const optional =
  /^\/v1\/(qr\/[^/]+\/restore|[a-z]+\/([^/]+\/)?erase|domains\/[^/]+\/verify|keys\/[^/]+\/rotate|jobs\/[^/]+\/cancel|webhooks\/[^/]+\/(pause|resume|rotate|test|replays|deliveries\/[^/]+\/resend))\/?$/;

/** A logo and the form around it: boundaries, names, what a client adds to them. */
export const formBytesMax = logoBytesMax + 64 * 1024;

/** The parsed body of a request; undefined when it has none. Throws 400, 413 or 415. */
export async function bodyOf(request: Request): Promise<unknown> {
  const { pathname } = new URL(request.url);
  const encoding = request.headers.get('content-encoding') ?? 'identity';
  if (encoding !== 'identity') {
    const detail = `Send the body as it is, without Content-Encoding: ${encoding.slice(0, 100)}.`;
    throw new Problem('unsupported_media_type', detail, { headers: { 'accept-encoding': 'identity' } });
  }
  if (request.method === 'POST' && /^\/v1\/qr\/[^/]+\/logo\/?$/.test(pathname)) return formOf(request);
  const isFile = /^\/v1\/qr\/import\/?$/.test(pathname);
  const limit = isFile || pathname.endsWith('/bulk') ? bodyBytesMax : plainBytesMax;
  if (Number(request.headers.get('content-length') ?? 0) > limit) throw tooLarge(limit);
  const type = request.headers.get('content-type');
  if (isFile) {
    if (/^(text\/csv|application\/x-ndjson) *(;|$)/i.test(type ?? ''))
      return textOf(await bytesOf(request, limit), 'bad_request');
    throw new Problem(
      'unsupported_media_type',
      `Send text/csv or application/x-ndjson; this is ${type?.slice(0, 100)}.`,
    );
  }
  if (type !== null && !/^application\/([a-z0-9.+-]+\+)?json *(;|$)/i.test(type)) {
    throw new Problem('unsupported_media_type', `Send application/json; this is ${type.slice(0, 100)}.`);
  }
  const text = textOf(await bytesOf(request, limit));
  if (type === null && text !== '') {
    throw new Problem('unsupported_media_type', 'Send the body with Content-Type: application/json.');
  }
  if (text === '' && request.method === 'DELETE' && !pathname.endsWith('/bulk')) return undefined;
  if (text === '' && optional.test(pathname)) return {};
  if (text.trim() === '') throw new Problem('malformed_json', 'The body is empty; a JSON object is needed.');
  const body = parsed(text);
  if (request.method === 'DELETE' && !pathname.endsWith('/bulk')) refuseProperties(body);
  return body;
}

function parsed(text: string): unknown {
  try {
    const body: unknown = JSON.parse(text);
    lookAtTexts(body, text);
    return body;
  } catch (error) {
    throw new Problem('malformed_json', `The body is not JSON: ${(error as Error).message.slice(0, 200)}.`);
  }
}

/** Who names a property where none is known means something that would not happen. */
function refuseProperties(body: unknown): void {
  const names = Object.keys(Object(body) as object).slice(0, 100);
  if (names.length === 0) return;
  throw invalid(
    names.map(name => ({
      pointer: `/${inPointer(name.slice(0, 64))}`,
      code: 'unknown_property',
      detail: `"${name.slice(0, 64)}" is not known here: what is deleted is deleted as a whole.`,
    })),
  );
}

/** The fields of a form, files as their bytes; a field that comes twice is what nobody means. */
async function formOf(request: Request): Promise<Record<string, unknown>> {
  if (Number(request.headers.get('content-length') ?? 0) > formBytesMax) throw tooLarge(formBytesMax);
  const type = request.headers.get('content-type') ?? 'nothing';
  if (!/^multipart\/form-data *;/i.test(type)) {
    const detail = `Send multipart/form-data with a field "file"; this is ${type.slice(0, 100)}.`;
    throw new Problem('unsupported_media_type', detail);
  }
  const bytes = await bytesOf(request, formBytesMax);
  const form = await new Response(bytes, { headers: { 'content-type': type } }).formData().catch(() => {
    throw new Problem('bad_request', 'The body is not a form as its Content-Type describes it (RFC 7578).');
  });
  const fields: Record<string, unknown> = {};
  for (const [name, value] of form) {
    if (Object.hasOwn(fields, name)) {
      const pointer = `/${name.slice(0, 64)}`;
      throw invalid([{ pointer, code: 'duplicate', detail: 'A field is given more than once.' }]);
    }
    fields[name] = typeof value === 'string' ? value : new Uint8Array(await value.arrayBuffer());
  }
  return fields;
}

/** The bytes as text. JSON is UTF-8 (RFC 8259 §8.1); guessing would store something else than what was meant. */
function textOf(bytes: Uint8Array, fault: 'malformed_json' | 'bad_request' = 'malformed_json'): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new Problem(fault, 'The body is not UTF-8.');
  }
}

/** The body's bytes, not more than the limit even when no length was announced. */
async function bytesOf(request: Request, limit: number): Promise<Uint8Array<ArrayBuffer>> {
  // As long as announced, which was looked at: read at once, in 2 us; going through its stream takes 10.
  if (request.headers.has('content-length')) {
    const bytes = new Uint8Array(await request.arrayBuffer());
    if (bytes.byteLength > limit) throw tooLarge(limit);
    return bytes;
  }
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let length = 0;
  for await (const chunk of request.body ?? []) {
    length += chunk.byteLength;
    if (length > limit) throw tooLarge(limit);
    chunks.push(chunk);
  }
  if (chunks.length === 1) return chunks[0]!;
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.byteLength;
  }
  return bytes;
}

const tooLarge = (limit: number): Problem =>
  new Problem('payload_too_large', `The body may have at most ${limit.toLocaleString('en')} bytes here.`);
