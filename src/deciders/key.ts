/**
 * The rules of an API key: issued once to an organisation whose plan includes the API, renamed, narrowed, rotated while
 * it works, and revoked at most once. The key's own text never comes here; what is decided on is its hash. Whether its
 * issuer may give it away stands where rights do.
 */
import { Value } from '@sinclair/typebox/value';
import type { KeyFact, KeyMode, Narrowing, Scope } from '../../events/key.ts';
import type { Role } from '../../events/member.ts';
import type { Plan } from '../../events/organization.ts';
import type { Decider } from '../decider.ts';
import { invalid, Problem } from '../problem.ts';
import { nameFrom } from './name.ts';

export interface KeyState extends Narrowing {
  readonly status: 'absent' | 'active' | 'revoked' | 'erased';
  readonly name: string;
  readonly mode: KeyMode;
  readonly scope: Scope;
  /** Null for what the scope says. */
  readonly role: Role | null;
  readonly member: string | null;
  readonly team: string | null;
  readonly requestsPerMinute: number | null;
  readonly expiresAt: number | null;
  readonly lastFour: string;
}

/** Absent is not narrowed. */
type Narrowed = { readonly [N in keyof Narrowing]?: Narrowing[N] | undefined };

export type KeyCommand =
  | (Narrowed & {
      readonly do: 'issue';
      readonly plan: Plan;
      readonly name: string;
      readonly mode: KeyMode;
      readonly scope: Scope;
      readonly hash: string;
      readonly lastFour: string;
      readonly chosen?: boolean;
      readonly role?: Role | undefined;
      readonly member?: string | null | undefined;
      readonly team?: string | null | undefined;
      readonly requestsPerMinute?: number | null | undefined;
      readonly expiresAt?: number | null | undefined;
      /** Now, in milliseconds. */
      readonly at: number;
    })
  | (Narrowed & {
      readonly do: 'change';
      readonly name?: string | undefined;
      readonly requestsPerMinute?: number | null | undefined;
      readonly expiresAt?: number | null | undefined;
      readonly at: number;
    })
  | {
      readonly do: 'rotate';
      readonly hash: string;
      readonly lastFour: string;
      readonly graceUntil: number;
      readonly at: number;
    }
  | { readonly do: 'revoke' }
  | { readonly do: 'erase' };

type Issue = Extract<KeyCommand, { do: 'issue' }>;
type Change = Extract<KeyCommand, { do: 'change' }>;

const wide: Narrowing = { tags: null, domains: null, operations: null, addresses: null };
const narrowings = Object.keys(wide) as (keyof Narrowing)[];

export const key: Decider<KeyState, KeyCommand, KeyFact> = {
  initial: {
    ...{ status: 'absent', name: '', mode: 'live', scope: 'read', role: null, member: null, team: null },
    ...{ requestsPerMinute: null, expiresAt: null, lastFour: '' },
    ...wide,
  },

  evolve(state, { type, data }) {
    switch (type) {
      case 'key.issued': {
        const { hash: _, chosen: __, ...issued } = data;
        return { ...state, ...issued, status: 'active' };
      }
      case 'key.renamed':
      case 'key.narrowed':
      case 'key.rate_changed':
      case 'key.expiry_changed':
        return { ...state, ...data };
      case 'key.rotated':
        return { ...state, lastFour: data.lastFour };
      case 'key.revoked':
        return { ...state, status: 'revoked' };
      case 'key.erased':
        return { ...state, status: 'erased', name: '', tags: null };
      default:
        return state;
    }
  },

  decide(command, state) {
    if (command.do === 'issue') {
      if (state.status !== 'absent') throw new Problem('conflict', 'A key with this id exists already.');
      return issue(command);
    }
    if (state.status === 'absent') throw new Problem('not_found', 'There is no such key.');
    if (command.do === 'erase') return state.status === 'erased' ? [] : [{ type: 'key.erased', data: {} }];
    if (state.status === 'erased') throw new Problem('not_found', 'There is no such key.');
    if (command.do === 'revoke') return state.status === 'revoked' ? [] : [{ type: 'key.revoked', data: {} }];
    if (state.status === 'revoked') throw new Problem('conflict', 'The key was revoked; issue another one.');
    if (command.do === 'change') return change(command, state);
    const { hash, lastFour, graceUntil, at } = command;
    if (state.expiresAt !== null && state.expiresAt <= at) {
      throw new Problem('conflict', 'The key has expired; issue another one.');
    }
    return [{ type: 'key.rotated', data: { hash, lastFour, graceUntil } }];
  },
};

function issue(command: Issue): KeyFact[] {
  if (command.plan !== 'enterprise') {
    throw new Problem(
      'plan_upgrade_required',
      `API keys need the enterprise plan; this organisation has ${command.plan}.`,
    );
  }
  const { mode, scope, hash, lastFour, chosen, role, member, team, requestsPerMinute, expiresAt, at } = command;
  refusePast(expiresAt, at);
  const narrowed = Object.fromEntries(narrowings.flatMap(name => (command[name] ? [[name, command[name]]] : [])));
  return [
    {
      type: 'key.issued',
      data: {
        ...{ name: nameFrom(command.name), mode, scope, hash, lastFour },
        ...(chosen && { chosen }),
        ...(role && { role }),
        ...(member && { member }),
        ...(team && { team }),
        ...narrowed,
        ...(requestsPerMinute && { requestsPerMinute }),
        ...(expiresAt && { expiresAt }),
      },
    },
  ];
}

function change(command: Change, state: KeyState): KeyFact[] {
  const { requestsPerMinute = state.requestsPerMinute, expiresAt = state.expiresAt } = command;
  const name = command.name === undefined ? state.name : nameFrom(command.name);
  const before = narrowingOf(state);
  const after = narrowingOf({ ...state, ...defined(command) });
  const facts: KeyFact[] = [];
  if (name !== state.name) facts.push({ type: 'key.renamed', data: { name } });
  if (!Value.Equal(after, before)) facts.push({ type: 'key.narrowed', data: after });
  if (requestsPerMinute !== state.requestsPerMinute) {
    facts.push({ type: 'key.rate_changed', data: { requestsPerMinute } });
  }
  if (expiresAt !== state.expiresAt) {
    refusePast(expiresAt, command.at);
    facts.push({ type: 'key.expiry_changed', data: { expiresAt } });
  }
  return facts;
}

const narrowingOf = ({ tags, domains, operations, addresses }: Narrowing): Narrowing => ({
  ...{ tags, domains, operations, addresses },
});

const defined = (command: Change): Partial<Narrowing> =>
  Object.fromEntries(narrowings.flatMap(name => (command[name] === undefined ? [] : [[name, command[name]]])));

function refusePast(expiresAt: number | null | undefined, at: number): void {
  if (expiresAt == null || expiresAt > at) return;
  const detail = 'A key expires in the future; revoke it to end it now.';
  throw invalid([{ pointer: '/expiresAt', code: 'too_small', detail }]);
}
