/**
 * Where a visit is led: the one place that decides it, as a pure function of what is known of the code and of the visit.
 * What closes the way comes first, then the rules in their order, then the app of the phone, then the plan, and at last
 * what the code holds itself. Whoever wants to know why gets each step told.
 */
import type { Planned, Routing, Rule, Variant } from '../../events/routing.ts';
import { holds, obstacle } from './conditions.ts';
import type { Visit } from './visit.ts';

/** Why a code leads nowhere. */
export type Closure = 'not_started' | 'expired' | 'full' | 'paused';

export type Way =
  /** To what the code holds itself. */
  | { readonly to: 'own'; readonly rule: null }
  /** Elsewhere, as the rule says that is named in the scan. */
  | { readonly to: 'destination'; readonly destination: string; readonly rule: string }
  /** Into an app, if it is there. */
  | { readonly to: 'app'; readonly link: string; readonly rule: string }
  | { readonly to: 'closed'; readonly why: Closure }
  | { readonly to: 'locked' };

/** A step on the way: what was looked at, whether it decided, and why. */
export interface Step {
  readonly step: 'pause' | 'window' | 'limit' | 'password' | 'rule' | 'app' | 'schedule' | 'own';
  readonly name?: string;
  readonly matched: boolean;
  readonly because: string;
}

const own: Way = { to: 'own', rule: null };

/** Where a visit of a code with this routing is led. Each step that there is is told, up to the one that decides. */
export function route(routing: Routing, visit: Visit, tell?: (step: Step) => void): Way {
  const closed = closure(routing, visit, tell);
  if (closed) return closed;
  if (routing.lock !== undefined) {
    tell?.({
      step: 'password',
      matched: !visit.isUnlocked,
      because: visit.isUnlocked ? 'the password was given' : 'the password was not given',
    });
    if (!visit.isUnlocked) return { to: 'locked' };
  }
  for (const rule of routing.rules ?? []) {
    const isMatch = holds(rule.when, visit);
    tell?.({
      step: 'rule',
      name: rule.name,
      matched: isMatch,
      because: obstacle(rule.when, visit) ?? 'all of it holds',
    });
    if (isMatch) return led(rule, visit, tell);
  }
  return throughApp(routing, visit, tell) ?? planned(routing, visit, tell) ?? finish(tell);
}

/** Whether a code is to look as if there were none: it is not announced yet, or its owner has switched it off. */
export const isHidden = ({ paused, startsAt = 0 }: Routing, at: number): boolean =>
  paused ? paused.fallback === null : at < startsAt;

/** Where everybody is led, or why nobody is; undefined while visitors are looked at. */
export function closure(
  routing: Routing,
  visit: Pick<Visit, 'at' | 'isFull'>,
  tell?: (step: Step) => void,
): Way | undefined {
  const { paused, startsAt, expiresAt, maxScans } = routing;
  if (paused) {
    tell?.({ step: 'pause', matched: true, because: 'the code is paused' });
    return paused.fallback === null
      ? { to: 'closed', why: 'paused' }
      : { to: 'destination', destination: paused.fallback, rule: '@paused' };
  }
  if (startsAt !== undefined || expiresAt !== undefined) {
    const why =
      visit.at < (startsAt ?? 0) ? 'not_started' : visit.at >= (expiresAt ?? Infinity) ? 'expired' : undefined;
    const because = `it is ${Temporal.Instant.fromEpochMilliseconds(visit.at)}`;
    tell?.({ step: 'window', matched: why !== undefined, because });
    if (why) return { to: 'closed', why };
  }
  if (maxScans === undefined) return undefined;
  const isFull = visit.isFull();
  tell?.({
    step: 'limit',
    matched: isFull,
    because: isFull ? `there were ${maxScans} scans` : `there were fewer than ${maxScans} scans`,
  });
  return isFull ? { to: 'closed', why: 'full' } : undefined;
}

function led({ name, destination, split }: Rule, visit: Visit, tell?: (step: Step) => void): Way {
  if (!split) return { to: 'destination', destination: destination!, rule: name };
  const variant = drawn(split, visit.draw(name));
  tell?.({ step: 'rule', name: `${name}/${variant.name}`, matched: true, because: 'this visitor drew it' });
  return { to: 'destination', destination: variant.destination, rule: `${name}/${variant.name}` };
}

/** Of variants that lie side by side, each as wide as its weight, the one at this share of the whole. */
function drawn(split: readonly Variant[], share: number): Variant {
  const total = split.reduce((sum, { weight }) => sum + weight, 0);
  let rest = share * total;
  for (const variant of split) {
    rest -= variant.weight;
    if (rest < 0) return variant;
  }
  return split.at(-1)!;
}

function throughApp({ appLinks }: Routing, { os }: Visit, tell?: (step: Step) => void): Way | undefined {
  if (!appLinks) return undefined;
  const link = os === 'iOS' ? appLinks.ios : os === 'Android' ? appLinks.android : undefined;
  tell?.({ step: 'app', matched: link !== undefined, because: `the system is ${os ?? 'not known'}` });
  if (link === undefined) return undefined;
  const rule = os === 'iOS' ? '@ios' : '@android';
  return /^https?:/i.test(link) ? { to: 'destination', destination: link, rule } : { to: 'app', link, rule };
}

function planned({ schedule }: Routing, { at }: Visit, tell?: (step: Step) => void): Way | undefined {
  if (!schedule) return undefined;
  const change = inForce(schedule, at);
  const because = `it is ${Temporal.Instant.fromEpochMilliseconds(at)}`;
  tell?.({ step: 'schedule', matched: change !== undefined, because });
  return change && { to: 'destination', destination: change.destination, rule: '@schedule' };
}

/** The change of a plan that is in force at a time: the last one before it. */
export const inForce = (schedule: readonly Planned[], at: number): Planned | undefined =>
  schedule.findLast(change => change.at <= at);

function finish(tell?: (step: Step) => void): Way {
  tell?.({ step: 'own', matched: true, because: 'nothing else decided' });
  return own;
}
