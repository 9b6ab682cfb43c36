/**
 * From a command to facts on record. Every change goes through here: load the stream, fold it, decide, append at the
 * version that was decided on, and decide anew when somebody else was faster. With an idempotency key the answer is
 * written in the same transaction as the facts, so that it is given exactly once.
 */
import type { AnyEvent, AnyFact } from '../events/index.ts';
import { type Decider, fold } from './decider.ts';
import { Problem } from './problem.ts';
import { inSlices } from './slices.ts';
import type { Spend } from './store/allowances.ts';
import type { Answer, AppendRequest } from './store/batch.ts';
import { isOutage, type Sql } from './store/connect.ts';
import { type Ledger, Refused } from './store/ledger.ts';
import { readAnswer, readStream } from './store/read.ts';

/** Of callers who change one object at once each attempt lets one through, so this many are served without a 409. */
const attemptsMax = 32;

/** Who asks, when, for which organisation, and under which idempotency key. */
export interface Context {
  readonly at: number;
  readonly org: string;
  readonly actor: string;
  readonly request: string | null;
  readonly idempotency?: { readonly key: string; readonly fingerprint: string } | undefined;
  /** What the command uses of allowances; `Overdrawn` when there is not enough. */
  readonly spends?: readonly Spend[] | undefined;
}

/** An answer as it is sent and, with an idempotency key, stored. */
export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: unknown;
  readonly replayed?: boolean;
}

/** One command on one stream. */
export interface Order<State, Command, F extends AnyFact> {
  readonly decider: Decider<State, Command, F>;
  readonly stream: string;
  readonly command: Command;
  /** The caller knows that the stream is new, so it need not be read. */
  readonly fresh?: boolean;
  /** Versions the caller has seen (`If-Match`); another one is a 412. */
  readonly expected?: readonly number[] | undefined;
  /** Names that must still be free, such as `slug:abc`. */
  readonly claims?: readonly string[];
}

/** Where a stream stands after a command. */
export interface Outcome<State> {
  readonly state: State;
  readonly version: number;
  /** Time of its last event, in milliseconds. */
  readonly changedAt: number;
  readonly facts: readonly AnyFact[];
}

/** An allowance has not enough left; nothing was written. */
export class Overdrawn extends Error {
  readonly allowance: string;
  readonly used: number;

  constructor(allowance: string, used: number) {
    super(`${allowance} is used up: ${used}`);
    this.allowance = allowance;
    this.used = used;
  }
}

export interface Deps {
  readonly ledger: Ledger;
  readonly sql: Sql;
}

/** The answer already given to this idempotency key; throws when it was given to another request. */
export async function replay({ sql }: Deps, context: Context): Promise<Reply | undefined> {
  if (!context.idempotency) return undefined;
  const answer = await readAnswer(sql, context.org, context.idempotency.key).catch(refuse);
  if (!answer) return undefined;
  if (answer.body === null) throw new Problem('gone', 'What was answered to this Idempotency-Key was erased.');
  if (answer.fingerprint !== context.idempotency.fingerprint) {
    throw new Problem('idempotency_key_reused', 'This Idempotency-Key was used for a request with other content.');
  }
  return { status: answer.status, headers: answer.headers, body: JSON.parse(answer.body), replayed: true };
}

/**
 * Decides orders together and writes all of their facts or none.
 * @param orders built anew for each attempt, because a generated name that was taken needs another one
 * @param reply the answer, from where the streams stand afterwards
 */
export async function execute<State, Command, F extends AnyFact>(
  deps: Deps,
  context: Context,
  orders: (taken: readonly string[]) => readonly Order<State, Command, F>[],
  reply: (outcomes: readonly Outcome<State>[]) => Reply,
): Promise<Reply> {
  const earlier = await replay(deps, context);
  if (earlier) return earlier;
  try {
    return await write(deps, context, orders, reply);
  } catch (error) {
    // The same key may have been at work at the same time, and won. What it did is why this one failed (the slug is
    // taken, the version is another, the code is gone), so its answer is looked for whatever the failure says.
    const winner = isOutage((error as Error).cause) ? undefined : await replay(deps, context);
    if (winner) return winner;
    throw error;
  }
}

async function write<State, Command, F extends AnyFact>(
  deps: Deps,
  context: Context,
  orders: (taken: readonly string[]) => readonly Order<State, Command, F>[],
  reply: (outcomes: readonly Outcome<State>[]) => Reply,
): Promise<Reply> {
  let taken: readonly string[] = [];
  for (let attempt = 1; ; attempt++) {
    const current = orders(taken);
    // Two generated names may be the same; in the ledger that would break the batch, for others in it too.
    const names = current.flatMap(order => order.claims ?? []);
    if (new Set(names).size < names.length) {
      if (attempt === attemptsMax) throw new Problem('conflict', 'One name was asked for twice.');
      continue;
    }
    const loaded = await Promise.all(current.map(order => load(deps, context, order)));
    const outcomes = await inSlices(current, (order, i) => decideOne(order, loaded[i]!, context.at));
    const answer = reply(outcomes);
    if (!context.idempotency && outcomes.every(outcome => outcome.facts.length === 0)) return answer;
    try {
      await deps.ledger.append(request(context, current, loaded, outcomes, answer));
      return answer;
    } catch (error) {
      if (!(error instanceof Refused)) return refuse(error);
      if (error.reason === 'allowance') throw new Overdrawn(error.names[0]!, error.used);
      // A name that was told as taken and is asked for again is not generated: no further attempt will get it.
      const isStuck = error.reason === 'answer' || error.names.some(name => taken.includes(name));
      if (attempt === attemptsMax || isStuck)
        throw new Problem('conflict', 'Others keep changing this object; try again.', { cause: error });
      if (error.reason === 'claim') taken = [...taken, ...error.names];
    }
  }
}

/** An outage of the store in the caller's words; any other error as it is. */
export function outageProblem(error: unknown): unknown {
  if (!isOutage(error)) return error;
  const headers = { 'retry-after': '1' };
  return new Problem('unavailable', 'The ledger can not be reached; try again.', { headers, cause: error });
}

function refuse(error: unknown): never {
  throw outageProblem(error);
}

interface Loaded<State> {
  readonly state: State;
  readonly version: number;
  readonly changedAt: number;
}

async function load<State, Command, F extends AnyFact>(
  { sql }: Deps,
  { org, at }: Context,
  { decider, stream, fresh }: Order<State, Command, F>,
): Promise<Loaded<State>> {
  if (fresh) return { state: decider.initial, version: 0, changedAt: at };
  const events = await readStream(sql, stream).catch(refuse);
  // Another organisation's object does not exist for this one.
  if (events[0] && events[0].org !== org) throw new Problem('not_found', 'There is no such object.');
  const state = fold(decider, events as Iterable<AnyEvent & F>);
  return { state, version: events.length, changedAt: events.at(-1)?.at ?? at };
}

function decideOne<State, Command, F extends AnyFact>(
  { decider, command, expected }: Order<State, Command, F>,
  { state, version, changedAt }: Loaded<State>,
  at: number,
): Outcome<State> {
  const facts = decider.decide(command, state);
  if (expected !== undefined && !expected.includes(version)) {
    const asked = expected.length > 0 ? expected.join(' or ') : 'one of those asked for';
    throw new Problem('precondition_failed', `The object is at version ${version}, not ${asked}.`, {
      headers: { etag: `"${version}"` },
    });
  }
  const isChanged = facts.length > 0;
  return {
    state: fold(decider, facts, state),
    version: version + facts.length,
    changedAt: isChanged ? at : changedAt,
    facts,
  };
}

function request<State, Command, F extends AnyFact>(
  context: Context,
  orders: readonly Order<State, Command, F>[],
  loaded: readonly Loaded<State>[],
  outcomes: readonly Outcome<State>[],
  answer: Reply,
): AppendRequest {
  const { at, org, actor, request, idempotency } = context;
  const stored: Answer | undefined = idempotency && {
    ...idempotency,
    org,
    status: answer.status,
    headers: answer.headers,
    body: JSON.stringify(answer.body),
  };
  return {
    at,
    org,
    actor,
    request,
    writes: orders.map((order, i) => ({
      stream: order.stream,
      expected: loaded[i]!.version,
      facts: outcomes[i]!.facts,
    })),
    claims: orders.flatMap(({ stream, claims }) => (claims ?? []).map(name => ({ name, stream }))),
    ...(stored && { answer: stored }),
    ...(context.spends && { spends: context.spends }),
  };
}
