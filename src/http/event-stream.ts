/**
 * Server-Sent Events: the ledger of an organisation from a position on and then as it grows, for as long as the reader
 * stays. The id of each event is its position, which the reader's `Last-Event-ID` brings back after a break, so that
 * nothing is missed and nothing comes twice. What the reader does not take is not read: whoever is slow reads the ledger
 * at their own pace.
 */
import type { AnyEvent } from '../../events/index.ts';
import { invalid, Problem } from '../problem.ts';
import type { Tail } from '../stream/tail.ts';
import type { ApiDeps } from './deps.ts';
import { type Action, permit } from './rights.ts';

/** Proxies cut off what is silent for a minute, most of them for half of one. */
const heartbeatMsDefault = 15_000;
/** What a reader shall wait before it comes again. */
const retryMs = 1_000;
const page = 1_000;
/** Readers in one process: each costs some memory and its filter for every event. */
const readersMax = 1_000;
/** Of one organisation, so that no other finds all places taken. */
const ownReadersMax = 200;

export interface EventStreamOptions {
  readonly tail: Tail;
  /** The reader's organisation. */
  readonly org?: string;
  /** Position of the last event that the reader has. */
  readonly after: number;
  readonly head: () => Promise<number>;
  /** The reader's next events in the ledger. */
  readonly read: (after: number, limit: number) => Promise<readonly AnyEvent[]>;
  /** Whether an event is one that the reader asked for, and its own. */
  readonly isMeant: (event: AnyEvent) => boolean;
  readonly shown?: (event: AnyEvent) => unknown;
  /** What is told of several that have come together, instead of each by itself. */
  readonly summary?: (events: readonly AnyEvent[]) => unknown;
  /** Asked with every heartbeat; false ends the stream. */
  readonly isAllowed: () => Promise<boolean>;
  readonly heartbeatMs?: number;
}

/** What all streams for a caller have in common. Throws `unavailable` when there are too many readers already. */
export function following(deps: ApiDeps, request: Request, action: Action, org: string) {
  const headers = { 'retry-after': '10' };
  if (deps.tail.watchers >= readersMax) {
    throw new Problem('unavailable', 'Too many readers follow the ledger here; try again.', { headers });
  }
  if (deps.tail.watchersFor(org) >= ownReadersMax) {
    throw new Problem('unavailable', `An organisation has at most ${ownReadersMax} readers here at once.`, { headers });
  }
  const isAllowed = async (): Promise<boolean> => {
    try {
      permit(await deps.auth.authenticate(request), action);
      return true;
    } catch (error) {
      // An outage is no reason to send readers away: they would all come back at once.
      return !(error instanceof Problem) || error.status >= 500;
    }
  };
  return { tail: deps.tail, org, head: deps.head, isAllowed };
}

/**
 * Who has read further than the ledger goes has read another one, such as that before an older backup was restored: going
 * on from there would pass over what comes at the positions between, in silence.
 */
export async function refuseBeyond(deps: ApiDeps, after: number, pointer: string): Promise<void> {
  const head = await deps.head();
  if (after > head) throw invalid([{ pointer, code: 'too_large', detail: `The ledger ends at position ${head}.` }]);
}

export function eventStream(options: EventStreamOptions): ReadableStream<Uint8Array> {
  const { tail, isAllowed, heartbeatMs = heartbeatMsDefault } = options;
  const encoder = new TextEncoder();
  let position = options.after;
  let ended = false;
  let unwatch: (() => void) | undefined;
  let wake: (() => void) | undefined;
  let hasNews = false;
  let beatAt = performance.now() + heartbeatMs;

  /** Resolves with the next news, or when a heartbeat is due. */
  const news = () =>
    new Promise<void>(resolve => {
      const timer = setTimeout(resolve, Math.max(0, beatAt - performance.now()));
      wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  const end = () => {
    ended = true;
    unwatch?.();
    wake?.();
  };

  /** What comes next, and how far that is everything: from memory at the end of the ledger, else from the ledger. */
  async function next(): Promise<{ to: number; events: readonly AnyEvent[] } | undefined> {
    if (unwatch && tail.reaches(position)) {
      const run = tail.after(position);
      return run && { to: run.to, events: run.events.filter(options.isMeant) };
    }
    const head = await options.head();
    const events = await options.read(position, page);
    const last = events.at(-1)?.position ?? position;
    if (events.length === page) return { to: last, events };
    const to = Math.max(head, last, position);
    if (!ended)
      unwatch ??= tail.watch(
        to,
        () => {
          hasNews = true;
          wake?.();
        },
        options.org,
      );
    return { to, events };
  }

  const message = (id: number, data: unknown): string => `id: ${id}\ndata: ${JSON.stringify(data)}\n\n`;
  const textOf = (events: readonly AnyEvent[]): string =>
    options.summary
      ? message(position, options.summary(events))
      : events.map(event => message(event.position, options.shown?.(event) ?? event)).join('');

  return new ReadableStream<Uint8Array>({
    start: controller => controller.enqueue(encoder.encode(`retry: ${retryMs}\n\n`)),
    async pull(controller) {
      while (!ended && !tail.closed) {
        if (performance.now() >= beatAt) {
          if (!(await isAllowed())) break;
          beatAt = performance.now() + heartbeatMs;
          // An id without data is kept by the reader and told to nobody.
          return controller.enqueue(encoder.encode(`id: ${position}\n\n`));
        }
        // What comes while it is looked is looked for again, and not waited for.
        hasNews = false;
        const found = await next();
        if (found) position = found.to;
        if (found && found.events.length > 0) {
          return controller.enqueue(encoder.encode(textOf(found.events)));
        }
        if (!found && !hasNews && !ended && !tail.closed) await news();
      }
      end();
      controller.close();
    },
    cancel: end,
  });
}
