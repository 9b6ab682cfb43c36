/**
 * Where a scan was led: its version of the code says where the code itself led, and where a rule chose, its name says
 * which of the routing of that version. A planned change is told by its destination where only one was planned; of
 * several the version does not say which one it was.
 */
import type { AnyEvent } from '../../events/index.ts';
import { type Routing, type RoutingFact, routingAfter } from '../../events/routing.ts';
import type { Destinations } from '../../projections/destinations.ts';
import type { QrRow } from '../../projections/qrs.ts';
import type { Matches } from '../../projections/scan-answers.ts';
import { inForce } from '../routing/route.ts';
import type { Question } from './analytics-queries.ts';
import type { DestinationOf } from './analytics-report.ts';
import type { ApiDeps } from './deps.ts';

/** A destination or a content, and whatever else says when it is given. */
export interface Part {
  readonly destination: string | null;
  readonly content: QrRow['content'];
}

/** Routing by code and version. */
export type Routings = ReadonlyMap<string, ReadonlyMap<number, Routing>>;

/** The routing of a code at each of its versions. */
export function routingsIn(events: readonly AnyEvent[]): Map<number, Routing> {
  const versions = new Map<number, Routing>();
  let routing: Routing = {};
  for (const event of events) {
    routing = routingAfter(routing, event as unknown as RoutingFact);
    versions.set(event.version, routing);
  }
  return versions;
}

/** Histories are read of few codes only: of many it is told by which rule scans were led, and not where to. */
const routedMax = 100;

export const routingsOf = async (deps: Pick<ApiDeps, 'readStream'>, ids: readonly string[]): Promise<Routings> =>
  ids.length > routedMax
    ? new Map()
    : new Map(await Promise.all(ids.map(async id => [id, routingsIn(await deps.readStream(id))] as const)));

/** Where a rule of a routing leads; undefined when that is not known. */
export const destinationOfRule = (routing: Routing, name: string): string | undefined =>
  partOf(routing, name)?.destination ?? undefined;

/** The part of a routing that goes by a rule's name. */
function partOf({ rules = [], paused, appLinks, schedule = [] }: Routing, name: string) {
  if (name === '@paused') return paused && { destination: paused.fallback };
  if (name === '@ios') return { destination: appLinks?.ios };
  if (name === '@android') return { destination: appLinks?.android };
  if (name === '@schedule') return schedule.length === 1 ? schedule[0] : undefined;
  for (const rule of rules) {
    if (rule.name === name) return rule;
    const variant = rule.split?.find(each => `${rule.name}/${each.name}` === name);
    if (variant) return { ...variant, when: rule.when };
  }
  return undefined;
}

/** What a code has for a visitor whom this rule led at this time, and what it asked of that visitor. */
export function servedOf({ routing, destination, content }: QrRow, rule: string | null, at: number): Part {
  // A plan becomes what the code holds itself, so that the two are one.
  const isPlain = rule === null || rule === '@schedule';
  const part = isPlain ? inForce(routing.schedule ?? [], at) : partOf(routing, rule);
  if (isPlain && !part) return { destination, content };
  return { ...part, destination: part?.destination ?? null, content: null };
}

/** What a version of a code, and the rule behind it if any, led to. */
export const servedBy =
  (destinations: Destinations, routings: Routings = new Map()): DestinationOf =>
  (name, served) => {
    const space = served.indexOf(' ');
    if (space < 0) return destinations.get(name)?.get(Number(served)) ?? `version ${served}`;
    const [version, rule] = [Number(served.slice(0, space)), served.slice(space + 1)];
    return destinationOfRule(routings.get(name)?.get(version) ?? {}, rule) ?? `version ${version}, ${rule}`;
  };

/** The filters of a question together; where a scan was led is known by the versions of the codes. */
export function matchesOf({ matches, destination }: Question, destinationOf: DestinationOf): Matches | undefined {
  if (destination === undefined) return matches;
  return (combination, version, name) => {
    const { rule } = combination;
    const isThere = destinationOf(name, rule === '' ? `${version}` : `${version} ${rule}`) === destination;
    return isThere && (matches?.(combination) ?? true);
  };
}
