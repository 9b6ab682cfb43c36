/**
 * How answers are written: JSON with the right headers, times as in the reference, versions as entity tags. A version
 * is a strong tag, since the same version of a stream always gives the same object.
 */
import type { Reply } from '../execute.ts';
import { invalid, Problem } from '../problem.ts';

/** RFC 3339 in UTC with whole seconds, as the reference shows it. */
export const timeOf = (ms: number): string => `${new Date(ms).toISOString().slice(0, 19)}Z`;

/** A stream version as a strong entity tag. */
export const etagOf = (version: number): string => `"${version}"`;

export function json(
  body: unknown,
  init: { status?: number; headers?: Readonly<Record<string, string>> } = {},
): Response {
  return new Response(JSON.stringify(body), {
    status: init.status ?? 200,
    headers: { 'content-type': 'application/json', 'cache-control': 'private, no-store', ...init.headers },
  });
}

/** A command's answer; one that was given before says so. */
export const replyResponse = ({ status, headers, body, replayed }: Reply): Response =>
  json(body, { status, headers: { ...headers, ...(replayed && { 'idempotency-replayed': 'true' }) } });

/** Versions a caller accepts (`If-Match`, RFC 9110 §13.1.1); undefined when any will do. */
export function versionsOf(request: Request): readonly number[] | undefined {
  const header = request.headers.get('if-match');
  if (header === null || header.trim() === '*') return undefined;
  const tags = header.split(',').map(tag => /^"(\d{1,9})"$/.exec(tag.trim())?.[1]);
  if (!/^(\s*(W\/)?"[^"]*"\s*(,|$))+$/.test(header)) {
    const detail = 'If-Match takes the ETag of the object, quotes included, e.g. "3".';
    throw invalid([{ pointer: 'header:If-Match', code: 'pattern', detail }]);
  }
  // A tag of another kind matches nothing we have.
  return tags.filter(tag => tag !== undefined).map(Number);
}

/** Whether the caller has this tag already (`If-None-Match`, weak comparison). */
export function isKnown(request: Request, etag: string): boolean {
  const header = request.headers.get('if-none-match');
  if (header === null) return false;
  return header.split(',').some(tag => tag.trim() === '*' || tag.trim().replace(/^W\//, '') === etag);
}

/** It says how long the answer may be kept, as the answer itself would (RFC 9110 §15.4.5). */
export const notModified = (etag: string, cacheControl = 'private, no-store'): Response =>
  new Response(null, { status: 304, headers: { etag, 'cache-control': cacheControl } });

export const noSuchCode = (): Problem => new Problem('not_found', 'There is no such code.');
