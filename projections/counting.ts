/**
 * The rules by which a fetch of a slug is counted, by version. A scan says what the rules of its day made of it and
 * which version they were, and what older versions make of it where they differ; so any version can be read for any
 * scan. Rules never change under their number: better ones get the next, and what they make of the past is put on
 * record once (`counting.revised`), judged from the user agents that are still known. How each version judges stands in
 * `src/redirect/judgement.ts`.
 */
import type { AnyEvent } from '../events/index.ts';
import type { Scan, ScanKind } from '../events/scan.ts';

/** What each version takes for a bot; HEAD requests and prefetches are told apart by all of them. */
export const countingRules = [
  { version: 1, says: 'Bots are those that the public list isbot 5.2.3 knows, and whoever names no user agent.' },
  {
    version: 2,
    says: 'As version 1, and programs that do not call themselves a browser: apps that read a page ahead of a person.',
  },
] as const;

/** The version that counts unless another one is asked for. */
export const currentRules = countingRules.at(-1)!.version;

export type Judgement = Pick<Scan, 'kind' | 'rules' | 'earlier'>;

/** What later rules say of a user agent, by version, where they say something else than the scan. */
export type Revision = Readonly<Record<number, ScanKind>>;

/** What the rules of a version make of a scan. */
export function kindUnder(version: number, { kind, rules = 1, earlier }: Judgement, revision: Revision = {}): ScanKind {
  if (version < rules) return earlier?.[version] ?? kind;
  // A HEAD is one under any rules, and only what was taken for a person or a bot can be the other.
  if (kind === 'head' || kind === 'prefetch') return kind;
  for (let later = version; later > rules; later--) {
    const revised = revision[later];
    if (revised !== undefined) return revised;
  }
  return kind;
}

/** What is on record about user agents, by their number: what versions say of them otherwise than the one before. */
export function revisionsIn(events: readonly AnyEvent[]): Map<number, Revision> {
  const revisions = new Map<number, Record<number, ScanKind>>();
  for (const event of events) {
    if (event.type !== 'counting.revised') continue;
    const { version, bots, people } = event.data;
    for (const [kind, agents] of [['bot', bots] as const, ['scan', people] as const]) {
      for (const agent of agents) revisions.set(agent, { ...revisions.get(agent), [version]: kind });
    }
  }
  return revisions;
}
