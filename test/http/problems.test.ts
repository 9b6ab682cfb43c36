import { describe, expect, test } from 'bun:test';
import { ParseError } from 'elysia';
import { problemResponse, toProblem } from '../../src/http/problems.ts';
import { invalid, Problem } from '../../src/problem.ts';

const base = 'https://qr.example';
const ignore = () => {};

describe('a failure', () => {
  test('that is a problem stays what it is, also when the framework has wrapped it', () => {
    const problem = new Problem('malformed_json', 'no');
    expect(toProblem(problem, ignore)).toBe(problem);
    expect(toProblem(new ParseError(problem), ignore)).toBe(problem);
  });

  test('of ours is reported and shows nothing of itself', async () => {
    const heard: unknown[] = [];
    const secret = new Error('select * from secrets where password = geheim');
    const problem = toProblem(secret, error => heard.push(error));
    expect(problem).toMatchObject({ code: 'internal_error', status: 500 });
    expect(heard).toEqual([secret]);
    expect(await problemResponse(problem, 'req_1', base).text()).not.toMatch(/geheim|select|stack|\.ts/);
  });

  test.each(['ECONNREFUSED', 'CONNECTION_CLOSED', 'CONNECT_TIMEOUT', '57P01', '08006', '53300'])(
    'of the store with code %s is a 503 that says when to come back, and is reported',
    code => {
      const heard: unknown[] = [];
      const problem = toProblem(Object.assign(new Error('away'), { code }), error => heard.push(error));
      expect(problem).toMatchObject({ code: 'unavailable', status: 503, headers: { 'retry-after': '1' } });
      expect(heard).toHaveLength(1);
    },
  );
});

describe('the answer', () => {
  test('is a problem document', async () => {
    const fault = { pointer: '/a', code: 'required', detail: 'A is required.' };
    const response = problemResponse(invalid([fault]), 'req_1', base);
    expect(response.status).toBe(422);
    expect(response.headers.get('content-type')).toBe('application/problem+json');
    expect(response.headers.get('cache-control')).toBe('no-store');
    expect(await response.json()).toEqual({
      type: `${base}/docs/problems#validation_failed`,
      title: 'The input is not valid',
      status: 422,
      detail: 'A is required.',
      code: 'validation_failed',
      request_id: 'req_1',
      errors: [fault],
    });
  });

  test('has no list of errors where there are none, and the headers of its problem', async () => {
    const response = problemResponse(new Problem('not_found', 'no', { headers: { allow: 'GET' } }), 'req_1', base);
    expect(Object.keys((await response.json()) as object)).not.toContain('errors');
    expect(response.headers.get('allow')).toBe('GET');
  });
});
