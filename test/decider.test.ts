import { expect, test } from 'bun:test';
import type { Fact } from '../events/envelope.ts';
import { type Decider, fold } from '../src/decider.ts';

/** Remembers what it was told, in order. */
const scribe: Decider<readonly string[], never, Fact<'written', string>> = {
  initial: ['start'],
  evolve: (state, { data }) => [...state, data],
  decide: () => [],
};
const written = (data: string): Fact<'written', string> => ({ type: 'written', data });

test('facts are folded in their order onto the initial state', () => {
  expect(fold(scribe, [written('a'), written('b')])).toEqual(['start', 'a', 'b']);
  expect(fold(scribe, [])).toBe(scribe.initial);
});

test('a fold goes on from a state it is given, and leaves that as it was', () => {
  const from = ['middle'];
  expect(fold(scribe, [written('a')], from)).toEqual(['middle', 'a']);
  expect(from).toEqual(['middle']);
});
