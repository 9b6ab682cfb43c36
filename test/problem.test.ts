import { expect, test } from 'bun:test';
import { invalid, Problem, type ProblemCode, problems } from '../src/problem.ts';

/** The contract: a client branches on these, so that none may go, change its status or its meaning. */
const released: Record<string, number> = {
  malformed_json: 400,
  bad_request: 400,
  missing_key: 401,
  invalid_key: 401,
  scope_missing: 403,
  plan_upgrade_required: 403,
  quota_exceeded: 403,
  not_found: 404,
  method_not_allowed: 405,
  slug_taken: 409,
  conflict: 409,
  gone: 410,
  precondition_failed: 412,
  payload_too_large: 413,
  unsupported_media_type: 415,
  validation_failed: 422,
  idempotency_key_reused: 422,
  rate_limited: 429,
  internal_error: 500,
  unavailable: 503,
};

test('every code has the status it was released with', () => {
  const known = Object.entries(problems).map(([code, [status]]) => [code, status]);
  expect(Object.fromEntries(known)).toMatchObject(released);
});

test('a problem has the status and title of its code', () => {
  for (const [code, [status, title]] of Object.entries(problems)) {
    const problem = new Problem(code as ProblemCode, 'why');
    expect({ ...problem, message: problem.message }).toMatchObject({ code, status, title, message: 'why', errors: [] });
  }
});

test('one fault is told in its own words, several are counted', () => {
  const fault = { pointer: '/a', code: 'required', detail: 'A is required.' };
  expect(invalid([fault])).toMatchObject({ message: 'A is required.', status: 422, errors: [fault] });
  expect(invalid([fault, fault])).toMatchObject({ message: '2 faults were found in the input.' });
});
