/**
 * The rules of a code: it is created once, can be led elsewhere, rewritten, relabelled, restyled and filed while it is
 * active, given a logo, deleted, and restored as it was. A change that changes nothing yields no event, so that the
 * history holds only what happened; a refusal names every fault at once.
 */
import { Value } from '@sinclair/typebox/value';
import type { DomainRef, LogoRef, QrFact, QrStyle, QrType } from '../../events/qr.ts';
import type { Decider } from '../decider.ts';
import { type Fault, invalid, Problem } from '../problem.ts';
import { addressFaults, readdressed, slugFaults } from './address.ts';
import type { HostRules } from './destination.ts';
import { canonicalFolder, canonicalTags, folderFaults, tagFaults } from './filing.ts';
import { type AnyContent, fitFaults, holdingFaults, missingFaults, staticFault } from './holding.ts';
import { absent, evolve, type QrState } from './qr-state.ts';
import { type Restoration, restore } from './restoration.ts';
import { advance, type RoutingChange, routedTo, routingFacts, routingFaults } from './routing.ts';
import { canonicalSlug } from './slug.ts';

export type { QrState } from './qr-state.ts';

export type QrCommand =
  | {
      readonly do: 'create';
      readonly slug: string | null;
      readonly type: QrType;
      readonly destination?: string;
      readonly content?: AnyContent;
      readonly static?: boolean;
      readonly team?: string | null;
      readonly test?: boolean;
      readonly label?: string | null;
      readonly style?: QrStyle;
      readonly forced?: boolean;
      readonly tags?: readonly string[];
      readonly folder?: string | null;
      readonly domain?: DomainRef | null;
      readonly routing?: RoutingChange;
      readonly hosts: HostRules;
      /** Now; only what is planned depends on it. */
      readonly at?: number;
    }
  | {
      readonly do: 'change';
      readonly destination?: string;
      readonly content?: AnyContent;
      readonly label?: string | null;
      readonly style?: QrStyle;
      readonly forced?: boolean;
      readonly tags?: readonly string[];
      readonly folder?: string | null;
      /** Another slug, and whose it is; it keeps those it had. */
      readonly slug?: string;
      readonly domain?: DomainRef | null;
      readonly routing?: RoutingChange;
      readonly hosts: HostRules;
      readonly at?: number;
    }
  /** Takes the planned changes of destination that are due. */
  | { readonly do: 'advance'; readonly at: number }
  | { readonly do: 'attach_logo'; readonly logo: LogoRef; readonly forced?: boolean }
  | { readonly do: 'remove_logo' }
  | Restoration
  | { readonly do: 'delete' }
  | { readonly do: 'erase' };

type Create = Extract<QrCommand, { do: 'create' }>;
type Change = Extract<QrCommand, { do: 'change' }>;

export const qr: Decider<QrState, QrCommand, QrFact> = {
  initial: absent,
  evolve,

  decide(command, state) {
    if (command.do === 'create') {
      if (state.status !== 'absent') throw new Problem('conflict', 'A code with this id exists already.');
      return create(command);
    }
    // What is gone already is gone: whoever asks again wants to be sure.
    if (command.do === 'erase' && state.status === 'erased') return [];
    if (command.do === 'erase' && state.status !== 'absent') return [{ type: 'qr.erased', data: {} }];
    if (command.do === 'restore' && state.status === 'erased') {
      throw new Problem('gone', 'The code was erased; there is nothing left that could be restored.');
    }
    if (command.do === 'restore' && state.status !== 'absent') return restore(command, state);
    if (state.status !== 'active') throw new Problem('not_found', 'There is no such code.');
    switch (command.do) {
      case 'change':
        return change(command, state);
      case 'attach_logo': {
        const { logo, forced } = command;
        return Value.Equal(logo, state.logo) ? [] : [{ type: 'qr.logo_attached', data: { logo, ...flag(forced) } }];
      }
      case 'remove_logo':
        return state.logo === null ? [] : [{ type: 'qr.logo_removed', data: {} }];
      case 'advance':
        return advance(command.at, state);
      case 'delete':
        return [{ type: 'qr.deleted', data: {} }];
      default:
        return [];
    }
  },
};

function create(command: Create): QrFact[] {
  const { slug, type, destination, content, label, style = {}, forced, hosts, team, test } = command;
  const isStatic = command.static ?? false;
  const held = [...missingFaults(type, command), ...holdingFaults(type, command, { hosts, static: isStatic })];
  refuse([
    ...held,
    ...slugFaults(slug, isStatic),
    ...labelFaults(label),
    ...filingFaults(command),
    ...(command.routing ? routingFaults(command.routing, {}, routingOptions(command, { type, static: isStatic })) : []),
    ...(isStatic && held.length === 0 ? fitFaults(type, command, style) : []),
  ]);
  const tags = canonicalTags(command.tags ?? []);
  const folder = canonicalFolder(command.folder ?? null);
  return [
    {
      type: 'qr.created',
      data: {
        ...(slug !== null && { slug: canonicalSlug(slug) }),
        ...(slug !== null && command.domain && { domain: command.domain }),
        ...(isStatic && { static: true }),
        type,
        ...(destination !== undefined && { destination }),
        ...(content !== undefined && { content }),
        ...(label != null && { label }),
        ...(Object.keys(style).length > 0 && { style }),
        ...flag(forced),
        ...(team != null && { team }),
        ...(test && { test }),
        ...(tags.length > 0 && { tags }),
        ...(folder !== null && { folder }),
      },
    },
    ...(command.routing ? routingFacts({}, routedTo({}, command.routing)) : []),
  ];
}

function change(command: Change, state: QrState): QrFact[] {
  const { destination, content, label, style, forced, hosts } = command;
  const isElsewhere = destination !== undefined && destination !== state.destination;
  const isRewritten = content !== undefined && !Value.Equal(content, state.content);
  const isRestyled = style !== undefined && !Value.Equal(style, state.style);
  const to = { ...(isElsewhere && { destination }), ...(isRewritten && { content }) };
  refuse([
    ...(state.static ? frozen(state.type, isElsewhere, isRewritten) : []),
    ...holdingFaults(state.type, to, { hosts, static: state.static }),
    ...labelFaults(label),
    ...filingFaults(command),
    ...addressFaults(command, state),
    ...(command.routing ? routingFaults(command.routing, state.routing, routingOptions(command, state)) : []),
    ...(state.static && isRestyled ? fitFaults(state.type, heldBy(state), style) : []),
  ]);
  // Another plan does not undo what the one before has done already, though nobody has put it on record yet.
  const isReplanned = destination === undefined && command.routing?.schedule !== undefined;
  const done = isReplanned ? advance(command.at ?? 0, state).filter(({ type }) => type === 'qr.retargeted') : [];
  const facts: QrFact[] = [...done];
  if (isElsewhere) facts.push({ type: 'qr.retargeted', data: { destination } });
  if (isRewritten) facts.push({ type: 'qr.rewritten', data: { content } });
  if (label !== undefined && label !== state.label) facts.push({ type: 'qr.relabeled', data: { label } });
  if (isRestyled) facts.push({ type: 'qr.restyled', data: { style, ...flag(forced) } });
  const tags = command.tags && canonicalTags(command.tags);
  if (tags && !Value.Equal(tags, state.tags)) facts.push({ type: 'qr.tagged', data: { tags } });
  const folder = command.folder === undefined ? undefined : canonicalFolder(command.folder);
  if (folder !== undefined && folder !== state.folder) facts.push({ type: 'qr.filed', data: { folder } });
  facts.push(...readdressed(command, state));
  // What was planned for a time before is not to undo what is wanted now.
  const { schedule = [] } = state.routing;
  const coming = schedule.filter(({ at }) => at > (command.at ?? 0));
  const plan = destination !== undefined && coming.length < schedule.length ? { schedule: coming } : {};
  facts.push(...routingFacts(state.routing, routedTo(state.routing, { ...plan, ...command.routing })));
  return facts;
}

const routingOptions = (
  { hosts, at = 0 }: Create | Change,
  { type, static: isStatic }: Pick<QrState, 'type' | 'static'>,
) => ({ type, static: isStatic, hosts, at });

/** A static code keeps what it holds; what it can't hold at all is refused for that reason. */
function frozen(type: QrType, isElsewhere: boolean, isRewritten: boolean): Fault[] {
  if (type === 'url') return isElsewhere ? [staticFault('destination')] : [];
  return isRewritten ? [staticFault('content')] : [];
}

const heldBy = ({ destination, content }: QrState) => ({
  destination: destination ?? undefined,
  content: content ?? undefined,
});

/** Only what was forced says so. */
const flag = (forced: boolean | undefined) => (forced ? { forced: true as const } : {});

/** The first fault of each place. */
function refuse(faults: readonly Fault[]): void {
  const places = new Map<string, Fault>();
  for (const fault of faults) if (!places.has(fault.pointer)) places.set(fault.pointer, fault);
  if (places.size > 0) throw invalid([...places.values()]);
}

const filingFaults = ({ tags, folder }: Pick<Change, 'tags' | 'folder'>): Fault[] => [
  ...tagFaults(tags),
  ...folderFaults(folder),
];

/** A label stands in pictures and tables: neither XML nor Postgres takes control characters or half a surrogate pair. */
function labelFaults(label: string | null | undefined): Fault[] {
  if (label == null || !/[\p{Cc}\p{Cs}]/u.test(label)) return [];
  return [{ pointer: '/label', code: 'format', detail: 'A label is one line of text without control characters.' }];
}
