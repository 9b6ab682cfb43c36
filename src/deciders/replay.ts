/**
 * The rules of a replay: asked for once, for a range of the ledger that has an end, and gone through from its beginning
 * to that end, each piece once. A replay of one delivery is a range of one position whose piece is known at once.
 */
import type { ReplayFact } from '../../events/replay.ts';
import type { Decider } from '../decider.ts';
import { Problem } from '../problem.ts';

export interface ReplayState {
  readonly webhook: string | null;
  /** Everything up to here was looked at. */
  readonly through: number;
  readonly until: number;
}

/** Positions of the events that are to be told, by the name they are told under. */
export type Found = Readonly<Record<string, readonly number[]>>;

export type ReplayCommand =
  | { readonly do: 'request'; readonly webhook: string; readonly after: number; readonly until: number }
  | { readonly do: 'resend'; readonly webhook: string; readonly position: number; readonly name: string }
  | { readonly do: 'advance'; readonly from: number; readonly through: number; readonly found: Found };

const copied = (found: Found): Record<string, number[]> =>
  Object.fromEntries(Object.entries(found).map(([name, positions]) => [name, [...positions]]));

export const replay: Decider<ReplayState, ReplayCommand, ReplayFact> = {
  initial: { webhook: null, through: 0, until: 0 },

  evolve(state, { type, data }) {
    switch (type) {
      case 'replay.requested':
        return { webhook: data.webhook, through: data.after, until: data.until };
      case 'replay.advanced':
        return { ...state, through: data.through };
      default:
        return state;
    }
  },

  decide(command, state) {
    if (command.do === 'advance') {
      const { from, through, found } = command;
      // Somebody else has gone through this piece.
      if (state.webhook === null || from !== state.through || state.through === state.until) return [];
      return [{ type: 'replay.advanced', data: { webhook: state.webhook, through, deliveries: copied(found) } }];
    }
    if (state.webhook !== null) throw new Problem('conflict', 'A replay with this id exists already.');
    const { webhook } = command;
    if (command.do === 'request') {
      const { after, until } = command;
      return [{ type: 'replay.requested', data: { webhook, after, until } }];
    }
    const { position, name } = command;
    return [
      { type: 'replay.requested', data: { webhook, after: position - 1, until: position } },
      { type: 'replay.advanced', data: { webhook, through: position, deliveries: { [name]: [position] } } },
    ];
  },
};
