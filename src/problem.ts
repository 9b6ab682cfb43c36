/**
 * Everything that can go wrong for a caller, as a closed list of codes. A problem is thrown where it is found and
 * turned into `application/problem+json` (RFC 9457) in one place, so that no error is worded twice and no stack, SQL
 * or secret can reach the outside.
 */

/** Code → HTTP status and title. The code is the contract: it never changes its meaning. */
export const problems = {
  malformed_json: [400, 'The body is not valid JSON'],
  bad_request: [400, 'The request can not be understood'],
  missing_key: [401, 'An API key is required'],
  invalid_key: [401, 'The API key is not valid'],
  scope_missing: [403, 'The API key lacks a scope'],
  not_permitted: [403, 'The API key may not do this'],
  plan_upgrade_required: [403, 'The plan does not include API access'],
  quota_exceeded: [403, 'The quota of the period is used up'],
  not_found: [404, 'Not found'],
  method_not_allowed: [405, 'The method is not allowed here'],
  slug_taken: [409, 'The slug is taken'],
  conflict: [409, 'The object was changed by somebody else meanwhile'],
  gone: [410, 'Deleted'],
  precondition_failed: [412, 'The object has another version'],
  payload_too_large: [413, 'The body is too large'],
  unsupported_media_type: [415, 'The content type is not supported'],
  validation_failed: [422, 'The input is not valid'],
  idempotency_key_reused: [422, 'The idempotency key was used for another request'],
  rate_limited: [429, 'Too many requests'],
  internal_error: [500, 'Something went wrong on our side'],
  unavailable: [503, 'Not available at the moment'],
} as const satisfies Record<string, readonly [number, string]>;

export type ProblemCode = keyof typeof problems;

/** One fault in the input: where (JSON Pointer, RFC 6901; `?name` for a query parameter), which rule, and a sentence. */
export interface Fault {
  readonly pointer: string;
  readonly code: string;
  readonly detail: string;
}

export interface ProblemOptions {
  readonly errors?: readonly Fault[];
  readonly headers?: Readonly<Record<string, string>>;
  readonly cause?: unknown;
}

/** A failure the caller can understand. `detail` is shown to the caller: never put a secret or an internal name in it. */
export class Problem extends Error {
  readonly code: ProblemCode;
  readonly status: number;
  readonly title: string;
  readonly errors: readonly Fault[];
  readonly headers: Readonly<Record<string, string>>;

  constructor(code: ProblemCode, detail: string, options: ProblemOptions = {}) {
    super(detail, { cause: options.cause });
    this.name = 'Problem';
    this.code = code;
    [this.status, this.title] = problems[code];
    this.errors = options.errors ?? [];
    this.headers = options.headers ?? {};
  }
}

/** Bad input with every fault that was found; the detail counts them. */
export function invalid(errors: readonly Fault[]): Problem {
  const [first] = errors;
  const detail = errors.length === 1 && first ? first.detail : `${errors.length} faults were found in the input.`;
  return new Problem('validation_failed', detail, { errors });
}
