/**
 * The rules of an exclusion: scans that shall not count are named by code, key, time or a flag in the short URL, or by
 * several of these together, and can be included again. Times are full quarters of an hour, which is how finely sums
 * are kept, so that an exclusion is exact and costs no answer more than a few rows.
 */
import type { TrafficFact } from '../../events/traffic.ts';
import type { Decider } from '../decider.ts';
import { type Fault, invalid, Problem } from '../problem.ts';

export type Exclusion = Extract<TrafficFact, { type: 'traffic.excluded' }>['data'];

export interface ExclusionState {
  readonly status: 'absent' | 'excluded' | 'included';
  readonly isErased: boolean;
  readonly exclusion: Exclusion;
}

export type ExclusionCommand =
  | { readonly do: 'exclude'; readonly exclusion: Exclusion }
  | { readonly do: 'include' }
  | { readonly do: 'erase' };

const quarterMs = 900_000;
/** Of a reason alone nobody knows what it is about. */
const conditions = ['codes', 'key', 'from', 'before', 'utmSource', 'utmMedium', 'utmCampaign'] as const;

export const exclusion: Decider<ExclusionState, ExclusionCommand, TrafficFact> = {
  initial: { status: 'absent', isErased: false, exclusion: {} },

  evolve(state, { type, data }) {
    switch (type) {
      case 'traffic.excluded':
        return { status: 'excluded', isErased: false, exclusion: data };
      case 'traffic.included':
        return { ...state, status: 'included' };
      case 'traffic.erased': {
        const { reason: _, ...exclusion } = state.exclusion;
        return { ...state, isErased: true, exclusion };
      }
      default:
        return state;
    }
  },

  decide(command, state) {
    if (command.do === 'exclude') {
      if (state.status !== 'absent') throw new Problem('conflict', 'An exclusion with this id exists already.');
      const faults = exclusionFaults(command.exclusion);
      if (faults.length > 0) throw invalid(faults);
      return [{ type: 'traffic.excluded', data: command.exclusion }];
    }
    if (command.do === 'erase' && state.status !== 'absent') {
      return state.isErased ? [] : [{ type: 'traffic.erased', data: {} }];
    }
    if (state.status !== 'excluded' || command.do === 'erase')
      throw new Problem('not_found', 'There is no such exclusion.');
    return [{ type: 'traffic.included', data: {} }];
  },
};

/** What is wrong with an exclusion, each fault at the field that has it. */
export function exclusionFaults(asked: Exclusion): Fault[] {
  const faults: Fault[] = [];
  if (conditions.every(name => asked[name] === undefined)) {
    faults.push({ pointer: '', code: 'required', detail: `Name what is excluded: ${conditions.join(', ')}.` });
  }
  for (const name of ['from', 'before'] as const) {
    if ((asked[name] ?? 0) % quarterMs === 0) continue;
    const detail = 'A time is a full quarter of an hour, such as 12:00, 12:15, 12:30 or 12:45.';
    faults.push({ pointer: `/${name}`, code: 'multiple_of', detail });
  }
  const { from, before, reason } = asked;
  if (from !== undefined && before !== undefined && from >= before) {
    faults.push({ pointer: '/from', code: 'too_large', detail: '"from" must be earlier than "before".' });
  }
  if (reason !== undefined && /[\p{Cc}\p{Cs}]/u.test(reason)) {
    faults.push({ pointer: '/reason', code: 'format', detail: 'A reason is one line of text.' });
  }
  return faults;
}
