/**
 * A code's routing between the API and the rules: times are RFC 3339 there and milliseconds here, and a password is
 * hashed before anything else sees it.
 */
import type { Routing, When } from '../../events/routing.ts';
import type { RoutingChange } from '../deciders/routing.ts';
import { lockOf } from '../lock.ts';
import type { Fault } from '../problem.ts';
import { timeFrom } from './moments.ts';
import type { RoutingInput, RoutingShown } from './routing-schemas.ts';

/** A change as the rules know it, but for the password, and the times in it that are none. */
export function routingFrom(input: RoutingInput): { change: RoutingChange; faults: Fault[] } {
  const faults: Fault[] = [];
  const time = (text: string, pointer: string): number => {
    const at = timeFrom(text);
    if (at === null)
      faults.push({
        pointer: `/routing/${pointer}`,
        code: 'format',
        detail: 'Write a time with its offset, 2027-05-01T18:00:00Z.',
      });
    return at ?? 0;
  };
  const { rules, schedule, startsAt, expiresAt, maxScans, paused, parameters, appLinks } = input;
  const change: RoutingChange = {
    ...(rules !== undefined && {
      rules:
        rules?.map((rule, i) => ({
          ...rule,
          when: whenFrom(rule.when, name => time(rule.when[name]!, `rules/${i}/when/${name}`)),
        })) ?? null,
    }),
    ...(schedule !== undefined && {
      schedule: schedule?.map(({ at, destination }, i) => ({ at: time(at, `schedule/${i}/at`), destination })) ?? null,
    }),
    ...(startsAt !== undefined && { startsAt: startsAt && time(startsAt, 'startsAt') }),
    ...(expiresAt !== undefined && { expiresAt: expiresAt && time(expiresAt, 'expiresAt') }),
    ...(maxScans !== undefined && { maxScans }),
    ...(paused !== undefined && { paused }),
    ...(parameters !== undefined && { parameters: parameters && { pass: 'none' as const, add: {}, ...parameters } }),
    ...(appLinks !== undefined && { appLinks }),
  } as RoutingChange;
  return { change, faults };
}

type Times = 'from' | 'until';
type Asked = Omit<When, Times> & { readonly [N in Times]?: string };

const whenFrom = ({ from, until, ...when }: Asked, time: (name: Times) => number): When => ({
  ...when,
  ...(from !== undefined && { from: time('from') }),
  ...(until !== undefined && { until: time('until') }),
});

/** The change that is asked for, with the hash of its password. */
export async function routingChange(input: RoutingInput | undefined): Promise<RoutingChange | undefined> {
  if (input === undefined) return undefined;
  const { password } = input;
  const { change } = routingFrom(input);
  return password === undefined ? change : { ...change, lock: password && (await lockOf(password)) };
}

const shownTime = (at: number): string => new Date(at).toISOString().replace('.000Z', 'Z');

/** A routing as it is shown. */
export function routingShown({
  rules,
  schedule,
  startsAt,
  expiresAt,
  maxScans,
  lock,
  paused,
  parameters,
  appLinks,
}: Routing): RoutingShown {
  return {
    rules: (rules ?? []).map(rule => ({ ...rule, when: whenShown(rule.when) })) as RoutingShown['rules'],
    schedule: (schedule ?? []).map(({ at, destination }) => ({ at: shownTime(at), destination })),
    startsAt: startsAt === undefined ? null : shownTime(startsAt),
    expiresAt: expiresAt === undefined ? null : shownTime(expiresAt),
    maxScans: maxScans ?? null,
    password: lock !== undefined,
    paused: paused ?? null,
    parameters: parameters ?? { pass: 'none', add: {} },
    appLinks: appLinks ?? {},
  };
}

const whenShown = ({ from, until, ...when }: When) => ({
  ...when,
  ...(from !== undefined && { from: shownTime(from) }),
  ...(until !== undefined && { until: shownTime(until) }),
});
