/**
 * What every refusal has in common, looked at wherever one is expected: a problem document after RFC 9457 that names
 * its code and its request, and gives away nothing of the inside.
 */
import { expect } from 'bun:test';
import type { Fault } from '../../src/problem.ts';
import type { Answer } from './client.ts';

/** Asserts that the answer is a problem of this status and code; returns the faults it lists. */
export function refusal({ status, headers, body }: Answer, expected: number, code: string): Fault[] {
  expect({ status, code: body.code }).toEqual({ status: expected, code });
  expect(headers.get('content-type')).toBe('application/problem+json');
  expect(headers.get('cache-control')).toContain('no-store');
  expect(body.type).toEndWith(`/docs/problems#${code}`);
  expect(body.title).not.toBeEmpty();
  expect(body.status).toBe(expected);
  expect(body.detail).not.toBeEmpty();
  expect(body.request_id).toMatch(/^req_[0-9A-HJKMNP-TV-Z]{26}$/);
  expect(headers.get('x-request-id')).toBe(body.request_id);
  expect(Object.keys(body).filter(name => !known.has(name))).toEqual([]);
  return body.errors ?? [];
}

const known = new Set(['type', 'title', 'status', 'detail', 'code', 'request_id', 'errors']);

/** The faults as `pointer code`, for comparing a whole list at once. */
export const places = (faults: readonly Fault[]): string[] => faults.map(({ pointer, code }) => `${pointer} ${code}`);
