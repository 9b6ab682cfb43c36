/**
 * The one place where failures become answers: `application/problem+json` after RFC 9457, every fault of the input at
 * once, each with a pointer, a code and a sentence. What is not a `Problem` is ours to mend: it is logged and shown as
 * nothing but a request id.
 */
import type { ValueError } from '@sinclair/typebox/errors';
import { ParseError, ValidationError } from 'elysia';
import { outageProblem } from '../execute.ts';
import { invalid, Problem } from '../problem.ts';
import { faultsOf } from '../schema-faults.ts';

/** A problem as a response. */
export function problemResponse(problem: Problem, requestId: string, baseUrl: string): Response {
  const body = {
    type: `${baseUrl}/docs/problems#${problem.code}`,
    title: problem.title,
    status: problem.status,
    detail: problem.message,
    code: problem.code,
    request_id: requestId,
    ...(problem.errors.length > 0 && { errors: problem.errors }),
  };
  return new Response(JSON.stringify(body), {
    status: problem.status,
    headers: { 'content-type': 'application/problem+json', 'cache-control': 'no-store', ...problem.headers },
  });
}

/** Any failure as a problem. `onUnknown` hears of those that are not the caller's fault. */
export function toProblem(error: unknown, onUnknown: (error: unknown) => void): Problem {
  if (error instanceof Problem) return error;
  // The framework wraps what its parser throws.
  if (error instanceof ParseError && error.cause instanceof Problem) return error.cause;
  if (error instanceof ValidationError) {
    const where = error.type === 'query' ? '?' : '/';
    const validator = error.validator as unknown as { Errors(value: unknown): Iterable<ValueError> };
    return invalid(faultsOf(validator.Errors(error.value), where));
  }
  onUnknown(error);
  const outage = outageProblem(error);
  if (outage instanceof Problem) return outage;
  return new Problem(
    'internal_error',
    'The request failed on our side; nothing of it was kept. Quote the request id.',
    {
      cause: error,
    },
  );
}
