import { describe, expect, test } from 'bun:test';
import {
  etagOf,
  isKnown,
  json,
  noSuchCode,
  notModified,
  replyResponse,
  timeOf,
  versionsOf,
} from '../../src/http/replies.ts';
import { faultsOf, problemOf } from '../support/problem-of.ts';

const asked = (headers: Record<string, string>) => new Request('http://localhost/', { headers });

test('times are RFC 3339 in UTC with whole seconds, cut and not rounded', () => {
  expect(timeOf(Date.UTC(2026, 3, 8, 12))).toBe('2026-04-08T12:00:00Z');
  expect(timeOf(Date.UTC(2026, 3, 8, 12, 0, 0, 999))).toBe('2026-04-08T12:00:00Z');
});

test('an answer is JSON that nobody keeps', async () => {
  const response = json({ a: 'ü' }, { status: 201, headers: { location: '/x' } });
  expect(response.status).toBe(201);
  expect(Object.fromEntries(response.headers)).toMatchObject({
    'content-type': 'application/json',
    'cache-control': 'private, no-store',
    location: '/x',
  });
  expect(await response.json()).toEqual({ a: 'ü' });
});

test('an answer that was given before says so', () => {
  const reply = { status: 201, headers: { etag: '"1"' }, body: { a: 1 } };
  expect(replyResponse(reply).headers.get('idempotency-replayed')).toBeNull();
  const again = replyResponse({ ...reply, replayed: true });
  expect([again.status, again.headers.get('etag'), again.headers.get('idempotency-replayed')]).toEqual([
    201,
    '"1"',
    'true',
  ]);
});

describe('If-Match', () => {
  test('that is absent or a star lets any version through', () => {
    expect(versionsOf(asked({}))).toBeUndefined();
    expect(versionsOf(asked({ 'if-match': '*' }))).toBeUndefined();
  });

  test.each([
    ['"3"', [3]],
    [' "3" , "14" ', [3, 14]],
    [etagOf(7), [7]],
    ['W/"3"', []],
    ['"abc"', []],
    ['"3", W/"4", "x"', [3]],
    ['"-1"', []],
    ['"9999999999"', []],
    ['""', []],
  ])('%j accepts the versions %j', (header, versions) => {
    expect(versionsOf(asked({ 'if-match': header }))).toEqual(versions);
  });

  test.each(['3', 'abc', '3, 4', '"1"x', '"1" "2"', '"1", 2'])('%j is not a tag', async header => {
    expect(faultsOf(await problemOf(() => versionsOf(asked({ 'if-match': header }))))).toEqual([
      'header:If-Match pattern',
    ]);
  });
});

describe('If-None-Match', () => {
  test.each(['"3"', 'W/"3"', '"1", "3"', ' "1" ,W/"3" ', '*'])('%j knows version 3', header => {
    expect(isKnown(asked({ 'if-none-match': header }), '"3"')).toBe(true);
  });

  test.each(['"4"', '3', '"33"', ''])('%j does not', header => {
    expect(isKnown(asked({ 'if-none-match': header }), '"3"')).toBe(false);
  });

  test('that is absent knows nothing', () => {
    expect(isKnown(asked({}), '"3"')).toBe(false);
  });

  test('that knows is answered without a body', async () => {
    const response = notModified('"3"');
    expect([response.status, response.headers.get('etag'), await response.text()]).toEqual([304, '"3"', '']);
    expect(response.headers.get('cache-control')).toBe('private, no-store');
  });
});

test('a code that is not there is a 404', () => {
  expect(noSuchCode()).toMatchObject({ code: 'not_found', status: 404 });
});
