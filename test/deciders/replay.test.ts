/**
 * The rules of a replay: a range is asked for once, and gone through piece by piece, each of them once.
 */
import { describe, expect, test } from 'bun:test';
import type { ReplayFact } from '../../events/replay.ts';
import { fold } from '../../src/decider.ts';
import { type ReplayCommand, replay } from '../../src/deciders/replay.ts';
import { problemOf } from '../support/problem-of.ts';

const when = (given: readonly ReplayFact[], command: ReplayCommand) => replay.decide(command, fold(replay, given));
const requested: ReplayFact = { type: 'replay.requested', data: { webhook: 'wh_1', after: 10, until: 30 } };
const advanced = (through: number, deliveries = {}): ReplayFact => ({
  type: 'replay.advanced',
  data: { webhook: 'wh_1', through, deliveries },
});

describe('a replay', () => {
  test('is asked for once', async () => {
    const command: ReplayCommand = { do: 'request', webhook: 'wh_1', after: 10, until: 30 };
    expect(when([], command)).toEqual([requested]);
    expect((await problemOf(() => when([requested], command))).code).toBe('conflict');
  });

  test('goes on from where it is, and from nowhere else', () => {
    const found = { 'scan.created': [12, 15] };
    expect(when([requested], { do: 'advance', from: 10, through: 20, found })).toEqual([advanced(20, found)]);
    expect(when([requested, advanced(20)], { do: 'advance', from: 10, through: 20, found })).toEqual([]);
    expect(when([requested, advanced(20)], { do: 'advance', from: 20, through: 30, found: {} })).toEqual([
      advanced(30),
    ]);
  });

  test('ends at its end, and one that was never asked for does not begin', () => {
    expect(when([requested, advanced(30)], { do: 'advance', from: 30, through: 40, found: {} })).toEqual([]);
    expect(when([], { do: 'advance', from: 0, through: 40, found: {} })).toEqual([]);
  });

  test('of one delivery knows what it finds', () => {
    expect(when([], { do: 'resend', webhook: 'wh_1', position: 7, name: 'qr.updated' })).toEqual([
      { type: 'replay.requested', data: { webhook: 'wh_1', after: 6, until: 7 } },
      advanced(7, { 'qr.updated': [7] }),
    ]);
  });
});
