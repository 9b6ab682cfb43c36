import { expect, test } from 'bun:test';
import type { Access } from '../../projections/keys.ts';
import { type Caller, callerOf, contextOf, setCaller } from '../../src/http/caller.ts';
import { faultsOf, problemOf } from '../support/problem-of.ts';

const access = { key: 'key_1', org: 'org_1', scope: 'write' } as Access;
const caller: Caller = { access, requestId: 'req_1', at: 5 };
const asked = (key?: string, method = 'POST', path = '/v1/qr/create') =>
  new Request(`http://localhost${path}`, { method, headers: key === undefined ? {} : { 'idempotency-key': key } });
const fingerprintOf = (body: unknown, method?: string, path?: string) =>
  contextOf(asked('k', method, path), caller, body).idempotency!.fingerprint;

test('a caller is known by its request alone, and only with the scope', async () => {
  const request = asked();
  expect(() => callerOf(request, 'read')).toThrow('not authenticated');
  setCaller(request, caller);
  expect(callerOf(request, 'read')).toBe(caller);
  expect(callerOf(request, 'write')).toBe(caller);
  expect((await problemOf(() => callerOf(request, 'admin'))).code).toBe('scope_missing');
  expect(() => callerOf(asked(), 'read')).toThrow('not authenticated');
});

test('a command is done for the organisation, by the key, at the time of the request', () => {
  expect(contextOf(asked(), caller, {})).toEqual({ at: 5, org: 'org_1', actor: 'key_1', request: 'req_1' });
});

test('requests are the same when method, path and body are', () => {
  const first = fingerprintOf({ a: 1, b: 2 });
  expect(fingerprintOf({ a: 1, b: 2 })).toBe(first);
  expect(fingerprintOf({ a: 1, b: 2 }, 'POST', '/v1/qr/create?x=1')).toBe(first);
  const others = [
    fingerprintOf({ a: 1, b: 3 }),
    fingerprintOf({ b: 2, a: 1 }),
    fingerprintOf([{ a: 1, b: 2 }]),
    fingerprintOf({ a: 1, b: 2 }, 'PATCH'),
    fingerprintOf({ a: 1, b: 2 }, 'POST', '/v1/qr/bulk'),
    fingerprintOf(null),
    fingerprintOf(undefined),
  ];
  expect(new Set([first, ...others]).size).toBe(others.length + 1);
});

test('a fingerprint does not tell the body', () => {
  expect(fingerprintOf({ destination: 'https://example.com' })).toMatch(/^[0-9a-f]{64}$/);
});

test.each(['k', 'a'.repeat(255), '8e03978e-40d5-43e8-bc93-6894a57f9324', '!"#$~'])(
  '%j may be an idempotency key',
  key => {
    expect(contextOf(asked(key), caller, {}).idempotency!.key).toBe(`key_1 ${key}`);
  },
);

test('an idempotency key of one API key says nothing under another one', () => {
  const other = { ...caller, access: { ...access, key: 'key_2' } };
  const [first, second] = [caller, other].map(asker => contextOf(asked('k'), asker, {}).idempotency!.key);
  expect(first).not.toBe(second);
});

test.each(['', 'a'.repeat(256), 'a b', 'tab\tin', 'ü'])('%j may not be an idempotency key', async key => {
  const problem = await problemOf(() => contextOf(asked(key), caller, {}));
  expect(faultsOf(problem)).toEqual(['header:Idempotency-Key pattern']);
});
