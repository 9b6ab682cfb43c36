/**
 * What the rules have against codes that are asked for, found before anything is decided. It takes bodies as they
 * came, right or wrong, so that a caller hears of an unknown field and of a bad destination in the same answer. The
 * rules themselves are the decider's; none is written a second time here.
 */
import { Value } from '@sinclair/typebox/value';
import { contentTypes } from '../../events/content.ts';
import type { QrType } from '../../events/qr.ts';
import { QrStyle } from '../../events/style.ts';
import { fold } from '../decider.ts';
import type { HostRules } from '../deciders/destination.ts';
import { canonicalHost } from '../deciders/domain.ts';
import { tagsMax } from '../deciders/filing.ts';
import { type QrCommand, type QrState, qr } from '../deciders/qr.ts';
import { canonicalSlug } from '../deciders/slug.ts';
import { type Fault, Problem } from '../problem.ts';
import { RoutingInput } from './routing-schemas.ts';
import { routingFrom } from './routing-view.ts';
import { bulkMax } from './schemas.ts';

/**
 * What the rules have against inputs as they came, each fault under its own pointer; also slugs that are asked for
 * twice in one call under one domain. What a schema refuses anyway is passed over.
 * @param seen slugs that inputs before these ask for, and where
 */
export function faultsIn(
  hosts: HostRules,
  inputs: readonly unknown[],
  prefix: (i: number) => string,
  at = 0,
  seen = new Map<string, string>(),
): Fault[] {
  const faults: Fault[] = [];
  for (const [i, input] of inputs.entries()) {
    const given = fieldsOf(input);
    if (!given) continue;
    const slug = text(given['slug']);
    faults.push(...refusals({ ...creation(hosts, given), at }, qr.initial, prefix(i)));
    faults.push(...routingTimes(given['routing'], prefix(i)));
    if (slug === undefined) continue;
    const domain = text(given['domain']);
    const name = `${domain === undefined ? '' : canonicalHost(domain)}/${canonicalSlug(slug)}`;
    const earlier = seen.get(name);
    if (earlier === undefined) seen.set(name, prefix(i));
    else {
      const detail = `The slug "${slug}" is asked for twice; first at ${earlier}/slug.`;
      faults.push({ pointer: `${prefix(i)}/slug`, code: 'duplicate', detail });
    }
  }
  return faults;
}

/** The same for a change. Whether a content is right can be told only with the code at hand, so by the decider. */
export function faultsInChange(hosts: HostRules, body: unknown): Fault[] {
  const { destination = elsewhere, label, tags, folder, slug, ...rest } = fieldsOf(body) ?? {};
  const faults = refusals(
    {
      do: 'change',
      hosts,
      destination: text(destination) ?? elsewhere,
      label: text(label) ?? null,
      ...filing(tags, folder),
      ...(text(slug) !== undefined && { slug: text(slug)! }),
      ...routing(rest['routing']),
    },
    fold(qr, qr.decide({ do: 'create', type: 'url', slug: 'missing', destination: elsewhere, hosts }, qr.initial)),
    '',
  );
  return [...faults, ...routingTimes(rest['routing'], '')];
}

/** In place of what is not there or no text: the schema has refused it or lets it be left out. */
const elsewhere = 'https://missing.example';

/** A command from fields as they came; what the schema refuses is left out or replaced by something harmless. */
function creation(hosts: HostRules, given: Fields): Extract<QrCommand, { do: 'create' }> {
  const type = types.get(given['type']) ?? 'url';
  const isStatic = given['static'] === true;
  // An unknown type is fault enough: nobody can say what it should hold.
  const isUnclear = given['type'] !== undefined && given['type'] !== type;
  const destination = 'destination' in given || isUnclear ? (text(given['destination']) ?? elsewhere) : undefined;
  const content = isUnclear ? undefined : (fieldsOf(given['content']) ?? undefined);
  // Only what is printed once and for all has to fit at the level that the style asks for.
  const style = isStatic && Value.Check(QrStyle, given['style']) ? given['style'] : {};
  return {
    do: 'create',
    type,
    static: isStatic,
    slug: text(given['slug']) ?? (isStatic ? null : 'missing'),
    ...(destination !== undefined && { destination }),
    ...(content !== undefined && { content }),
    label: text(given['label']) ?? null,
    style,
    ...filing(given['tags'], given['folder']),
    ...routing(given['routing']),
    hosts,
  };
}

/** A routing whose shape is right; times that are none are told by `routingTimes`. */
const routing = (given: unknown) => (Value.Check(RoutingInput, given) ? { routing: routingFrom(given).change } : {});

const routingTimes = (given: unknown, prefix: string): Fault[] =>
  Value.Check(RoutingInput, given)
    ? routingFrom(given).faults.map(fault => ({ ...fault, pointer: prefix + fault.pointer }))
    : [];

/** Places of tags count, so that what is no text is replaced, not left out. */
const filing = (tags: unknown, folder: unknown) => ({
  tags: Array.isArray(tags) && tags.length <= tagsMax ? tags.map(tag => text(tag) ?? 'missing') : [],
  folder: text(folder) ?? null,
});

const types = new Map<unknown, QrType>((['url', ...contentTypes] as const).map(type => [type, type]));

function refusals(command: QrCommand, state: QrState, prefix: string): Fault[] {
  try {
    qr.decide(command, state);
    return [];
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    return error.errors.map(fault => ({ ...fault, pointer: prefix + fault.pointer }));
  }
}

type Fields = Readonly<Record<string, unknown>>;

const fieldsOf = (value: unknown): Fields | null =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : null;

const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

/**
 * What can be said of one code at a time only: hashing a password is dear on purpose, ten thousand would be an hour; and
 * a slug that is taken would undo a whole bulk change.
 */
export function aloneFaults(row: unknown, prefix = ''): Fault[] {
  const { slug, domain, id, routing } = fieldsOf(row) ?? {};
  const faults: Fault[] = [];
  const fault = (pointer: string) =>
    faults.push({
      pointer: prefix + pointer,
      code: 'not_allowed',
      detail: 'Set this code by code, with PATCH /v1/qr/:id.',
    });
  // Where a code is named, it is there already.
  if (slug !== undefined && id !== undefined) fault('/slug');
  if (domain !== undefined && id !== undefined) fault('/domain');
  if (fieldsOf(routing)?.['password'] != null) fault('/routing/password');
  return faults;
}

export const alone = () => '';
export const inCodes = (i: number) => `/codes/${i}`;

/** The rows of a bulk body, if it is one and not too long. */
export function rowsOf(body: unknown): unknown[] {
  const codes = (body as { codes?: unknown } | null)?.codes;
  return Array.isArray(codes) && codes.length <= bulkMax ? codes : [];
}
