/**
 * The rules of a code's routing: what may be asked for, and which facts lead from one routing to another. Each part is a
 * fact of its own, so that a history tells what was changed; what stays as it was yields none.
 */
import { Value } from '@sinclair/typebox/value';
import type { QrFact, QrType } from '../../events/qr.ts';
import type { AppLinks, Parameters, Planned, Routing, RoutingFact, Rule } from '../../events/routing.ts';
import type { Fault } from '../problem.ts';
import { destinationFault, type HostRules } from './destination.ts';
import { whenFaults } from './when.ts';

export const rulesMax = 50;
export const variantsMax = 20;
export const plannedMax = 50;
export const parametersMax = 20;

/** What is asked for; what is absent stays as it is, null takes it away. */
export interface RoutingChange {
  readonly rules?: readonly Rule[] | null;
  readonly schedule?: readonly Planned[] | null;
  readonly startsAt?: number | null;
  readonly expiresAt?: number | null;
  readonly maxScans?: number | null;
  /** Hash of the password. */
  readonly lock?: string | null;
  readonly paused?: { readonly fallback: string | null } | null;
  readonly parameters?: Parameters | null;
  readonly appLinks?: AppLinks | null;
}

/** What the rules have to know besides. */
export interface RoutingOptions {
  readonly type: QrType;
  readonly static: boolean;
  readonly hosts: HostRules;
  /** Now. */
  readonly at: number;
}

/** What a plan changes. */
interface Planning {
  readonly routing: Routing;
  readonly destination: string | null;
}

/** The routing after a change. */
export function routedTo(routing: Routing, change: RoutingChange): Routing {
  const { rules, schedule, parameters, appLinks, ...rest } = change;
  const whole = {
    ...rest,
    ...(rules !== undefined && { rules: filled(rules) }),
    ...(schedule !== undefined && { schedule: filled(schedule && [...schedule].sort((a, b) => a.at - b.at)) }),
    ...(parameters !== undefined && { parameters: hasParameters(parameters) ? parameters : null }),
    ...(appLinks !== undefined && { appLinks: appLinks?.ios || appLinks?.android ? appLinks : null }),
  };
  const fields = Object.entries({ ...routing, ...whole }).filter(([, value]) => value !== null && value !== undefined);
  return Object.fromEntries(fields) as Routing;
}

const filled = <T>(list: readonly T[] | null): readonly T[] | null => (list && list.length > 0 ? list : null);
const hasParameters = (parameters: Parameters | null): boolean =>
  parameters !== null && (parameters.pass !== 'none' || Object.keys(parameters.add).length > 0);

/** The facts that lead from one routing to another. */
export function routingFacts(from: Routing, to: Routing): RoutingFact[] {
  const facts: RoutingFact[] = [];
  const isOther = (...names: (keyof Routing)[]): boolean => names.some(name => !Value.Equal(from[name], to[name]));
  if (isOther('rules')) facts.push({ type: 'qr.rules_changed', data: { rules: [...(to.rules ?? [])] } });
  if (isOther('schedule')) facts.push({ type: 'qr.scheduled', data: { schedule: [...(to.schedule ?? [])] } });
  if (isOther('startsAt', 'expiresAt')) {
    const { startsAt = null, expiresAt = null } = to;
    facts.push({ type: 'qr.window_changed', data: { startsAt, expiresAt } });
  }
  if (isOther('maxScans')) facts.push({ type: 'qr.limited', data: { maxScans: to.maxScans ?? null } });
  if (isOther('lock')) {
    if (to.lock === undefined) facts.push({ type: 'qr.unlocked', data: {} });
    else facts.push({ type: 'qr.locked', data: { hash: to.lock } });
  }
  if (isOther('paused')) {
    if (!to.paused) facts.push({ type: 'qr.resumed', data: {} });
    else facts.push({ type: 'qr.paused', data: { fallback: to.paused.fallback } });
  }
  if (isOther('parameters')) {
    facts.push({ type: 'qr.parameters_changed', data: to.parameters ?? { pass: 'none', add: {} } });
  }
  if (isOther('appLinks')) facts.push({ type: 'qr.deep_linked', data: to.appLinks ?? {} });
  return facts;
}

/** Each planned change that is due, and what is left of the plan. */
export function advance(now: number, { routing, destination: current }: Planning): QrFact[] {
  const due = (routing.schedule ?? []).filter(({ at }) => at <= now);
  if (due.length === 0) return [];
  const rest = (routing.schedule ?? []).filter(({ at }) => at > now);
  const ways = due.filter(({ destination }, i) => destination !== (due[i - 1]?.destination ?? current));
  return [
    ...ways.map(({ destination }): QrFact => ({ type: 'qr.retargeted', data: { destination } })),
    { type: 'qr.scheduled', data: { schedule: rest } },
  ];
}

/** All destinations that a routing may lead to. */
export const destinationsOf = ({ rules = [], schedule = [], paused, appLinks = {} }: Routing): string[] => [
  ...rules.flatMap(({ destination, split = [] }) =>
    [destination ?? [], split.map(variant => variant.destination)].flat(),
  ),
  ...schedule.map(({ destination }) => destination),
  ...(paused?.fallback ? [paused.fallback] : []),
  ...Object.values(appLinks).filter(link => /^https?:/i.test(link)),
];

/** Everything that is wrong with a change, each fault below `/routing`. */
export function routingFaults(change: RoutingChange, routing: Routing, options: RoutingOptions): Fault[] {
  if (options.static) {
    const detail = 'A static code holds its content itself: nobody who scans it comes by here.';
    return [{ pointer: '/routing', code: 'not_allowed', detail }];
  }
  const { rules, schedule, paused, parameters, appLinks } = change;
  return [
    ...(rules ?? []).flatMap((rule, i) => ruleFaults(rule, `/routing/rules/${i}`, rules!, options)),
    ...(schedule ? scheduleFaults(schedule, routing, options) : []),
    ...windowFaults(change, routing),
    ...(paused?.fallback ? destinationFaults(paused.fallback, '/routing/paused/fallback', options.hosts) : []),
    ...(parameters ? parameterFaults(parameters) : []),
    ...(appLinks ? appFaults(appLinks, options) : []),
  ];
}

const destinationFaults = (value: string, pointer: string, hosts: HostRules): Fault[] =>
  [destinationFault(value, pointer, hosts) ?? []].flat();

function ruleFaults(rule: Rule, at: string, rules: readonly Rule[], { hosts }: RoutingOptions): Fault[] {
  const faults = [...nameFaults(rule.name, `${at}/name`, rules), ...whenFaults(rule.when, `${at}/when`)];
  const { destination, split } = rule;
  if ((destination === undefined) === (split === undefined)) {
    const detail = 'A rule leads to one destination or to a split of several: give one of the two.';
    faults.push({ pointer: at, code: destination === undefined ? 'required' : 'not_allowed', detail });
  }
  if (destination !== undefined) faults.push(...destinationFaults(destination, `${at}/destination`, hosts));
  for (const [i, variant] of (split ?? []).entries()) {
    faults.push(...nameFaults(variant.name, `${at}/split/${i}/name`, split!));
    faults.push(...destinationFaults(variant.destination, `${at}/split/${i}/destination`, hosts));
  }
  return faults;
}

/** A name stands in each scan, so that it has to say which one was meant. */
function nameFaults(name: string, pointer: string, among: readonly { readonly name: string }[]): Fault[] {
  if (among.filter(other => other.name === name).length < 2) return [];
  return [{ pointer, code: 'duplicate', detail: `Two are named "${name}"; a scan says by the name what led it.` }];
}

function scheduleFaults(schedule: readonly Planned[], routing: Routing, options: RoutingOptions): Fault[] {
  if (options.type !== 'url') {
    const detail = `A code of type ${options.type} has content and no destination to change.`;
    return [{ pointer: '/routing/schedule', code: 'not_allowed', detail }];
  }
  return schedule.flatMap(({ at, destination }, i) => {
    const pointer = `/routing/schedule/${i}`;
    const faults = destinationFaults(destination, `${pointer}/destination`, options.hosts);
    const isKnown = routing.schedule?.some(known => known.at === at && known.destination === destination);
    if (at <= options.at && !isKnown) {
      faults.push({ pointer: `${pointer}/at`, code: 'too_small', detail: 'A change is planned for a time to come.' });
    }
    if (schedule.findIndex(other => other.at === at) < i) {
      faults.push({ pointer: `${pointer}/at`, code: 'duplicate', detail: 'Two changes are planned for one time.' });
    }
    return faults;
  });
}

function windowFaults(change: RoutingChange, routing: Routing): Fault[] {
  if (change.startsAt === undefined && change.expiresAt === undefined) return [];
  const { startsAt, expiresAt } = routedTo(routing, change);
  // Of a time that is none (NaN) something else is said.
  if (startsAt === undefined || expiresAt === undefined || !(startsAt >= expiresAt)) return [];
  const pointer = change.expiresAt === undefined ? '/routing/startsAt' : '/routing/expiresAt';
  return [{ pointer, code: 'too_small', detail: 'A code starts before it expires.' }];
}

function parameterFaults({ add }: Parameters): Fault[] {
  return Object.entries(add).flatMap(([name, value]) => {
    if (!/[\p{Cc}\p{Cs}]/u.test(name + value)) return [];
    const detail = 'A parameter is text without control characters.';
    return [{ pointer: '/routing/parameters/add', code: 'format', detail }];
  });
}

function appFaults(links: AppLinks, { type, hosts }: RoutingOptions): Fault[] {
  if (type !== 'url') {
    const detail = `A code of type ${type} shows its content; there is no web address for those who don't have the app.`;
    return [{ pointer: '/routing/appLinks', code: 'not_allowed', detail }];
  }
  return (['ios', 'android'] as const).flatMap(name => {
    const link = links[name];
    if (link === undefined) return [];
    const pointer = `/routing/appLinks/${name}`;
    const [, scheme = ''] = /^([a-z][a-z0-9+.-]*):/i.exec(link) ?? [];
    if (/^https?$/i.test(scheme)) return destinationFaults(link, pointer, hosts);
    if (!hosts.appSchemes.includes(scheme.toLowerCase())) {
      const allowed = ['https', 'http', ...hosts.appSchemes].join(', ');
      const detail = `A link starts with a scheme that the operator allows: ${allowed}.`;
      return [{ pointer, code: 'scheme', detail }];
    }
    if (/^[\x21-\x7e]+$/.test(link)) return [];
    return [
      { pointer, code: 'format', detail: 'A link into an app is ASCII without spaces; percent-encode the rest.' },
    ];
  });
}
