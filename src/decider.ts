/**
 * The shape of every rule in this house. `decide` says which facts follow from a command in a state, `evolve` says
 * what a fact does to the state; both are pure, so a rule can be tested with three lists and replayed for ever. Time
 * and new ids arrive in the command.
 */
import type { Fact } from '../events/envelope.ts';

export interface Decider<State, Command, F extends Fact> {
  readonly initial: State;
  /**
   * Never refuses: what is in the ledger has happened. Keeps only what `decide` needs; a fact it does not know, of a
   * newer release or of another noun, changes nothing.
   */
  evolve(state: State, fact: F): State;
  /** Throws a `Problem` when the command is refused; an empty list means that nothing would change. */
  decide(command: Command, state: State): readonly F[];
}

/** Folds facts into a state. */
export function fold<State, F extends Fact>(
  decider: Decider<State, never, F>,
  facts: Iterable<F>,
  from: State = decider.initial,
): State {
  let state = from;
  for (const fact of facts) state = decider.evolve(state, fact);
  return state;
}
