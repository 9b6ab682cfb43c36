/**
 * The rules of a style template: looks under a name, to be given to many codes. It is created once, renamed and changed
 * while it is there, and deleted; codes that were given its looks keep them. A change that changes nothing yields no
 * event.
 */
import type { QrStyle, StyleFact } from '../../events/style.ts';
import type { Decider } from '../decider.ts';
import { invalid, Problem } from '../problem.ts';

export interface StyleState {
  readonly status: 'absent' | 'active' | 'deleted' | 'erased';
  readonly name: string;
  readonly style: QrStyle;
  /** The looks failed the scannability check and were forced. */
  readonly forced: boolean;
}

export type StyleCommand =
  | { readonly do: 'create'; readonly name: string; readonly style: QrStyle; readonly forced?: boolean }
  | {
      readonly do: 'change';
      readonly name?: string | undefined;
      readonly style?: QrStyle | undefined;
      readonly forced?: boolean;
    }
  | { readonly do: 'delete' }
  | { readonly do: 'erase' };

export const style: Decider<StyleState, StyleCommand, StyleFact> = {
  initial: { status: 'absent', name: '', style: {}, forced: false },

  evolve(state, { type, data }) {
    switch (type) {
      case 'style.created':
        return { status: 'active', name: data.name, style: data.style, forced: data.forced ?? false };
      case 'style.renamed':
        return { ...state, name: data.name };
      case 'style.changed':
        return { ...state, style: data.style, forced: data.forced ?? false };
      case 'style.deleted':
        return { ...state, status: 'deleted' };
      case 'style.erased':
        return { status: 'erased', name: '', style: {}, forced: false };
      default:
        return state;
    }
  },

  decide(command, state) {
    if (command.do === 'create') {
      if (state.status !== 'absent') throw new Problem('conflict', 'A style with this id exists already.');
      const name = nameFrom(command.name);
      return [{ type: 'style.created', data: { name, style: command.style, ...(command.forced && { forced: true }) } }];
    }
    if (command.do === 'erase' && state.status !== 'absent') {
      return state.status === 'erased' ? [] : [{ type: 'style.erased', data: {} }];
    }
    if (state.status !== 'active' || command.do === 'erase') throw new Problem('not_found', 'There is no such style.');
    if (command.do === 'delete') return [{ type: 'style.deleted', data: {} }];

    const facts: StyleFact[] = [];
    const name = command.name === undefined ? state.name : nameFrom(command.name);
    if (name !== state.name) facts.push({ type: 'style.renamed', data: { name } });
    if (command.style !== undefined && canonical(command.style) !== canonical(state.style)) {
      facts.push({ type: 'style.changed', data: { style: command.style, ...(command.forced && { forced: true }) } });
    }
    return facts;
  },
};

/** Names stand in lists: neither XML nor Postgres takes control characters or half a surrogate pair. */
function nameFrom(name: string): string {
  const trimmed = name.trim();
  if (trimmed !== '' && !/[\p{Cc}\p{Cs}]/u.test(trimmed)) return trimmed;
  const detail = 'A name is one line of text without control characters.';
  throw invalid([{ pointer: '/name', code: 'format', detail }]);
}

/** The same looks are the same text, in whatever order the fields came. */
const canonical = (value: unknown): string =>
  JSON.stringify(value, (_, part) =>
    part !== null && typeof part === 'object' && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
