/**
 * The keyed numbers that stand for a visitor and a user agent. They are compared with scans of years ago, so some are
 * written down here.
 */
import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { RANK_MAX, REGISTERS } from '../../projections/uniques.ts';
import { AGENT_LENGTH_MAX } from '../../src/redirect/agent.ts';
import { agentNumber, visitorCoordinate } from '../../src/redirect/visitor.ts';

const key = new Uint8Array(32).fill(7);
const otherKey = new Uint8Array(32).fill(8);
// What these made of the key above when they were written; another value would split every visitor in two.
const VISITOR = 160_113;
const NAMELESS = 146_417;
const AGENT = 1_389_077_360;

const addresses = Array.from({ length: 50_000 }, (_, i) => `198.51.${i >> 8}.${i & 255}`);

describe('a visitor', () => {
  test('has the same coordinate at every scan and after every release', () => {
    expect(visitorCoordinate(key, '198.51.100.7', 'Firefox')).toBe(VISITOR);
    expect(visitorCoordinate(key, '2001:db8::1', null)).toBe(NAMELESS);
  });

  test('has another coordinate with another key, address or user agent', () => {
    expect(visitorCoordinate(otherKey, '198.51.100.7', 'Firefox')).not.toBe(VISITOR);
    expect(visitorCoordinate(key, '198.51.100.8', 'Firefox')).not.toBe(VISITOR);
    expect(visitorCoordinate(key, '198.51.100.7', 'Chrome')).not.toBe(VISITOR);
  });

  test('without a user agent is one with an empty one', () => {
    expect(visitorCoordinate(key, '2001:db8::1', '')).toBe(NAMELESS);
  });

  test('has a register and a rank of 1 to 12, whatever the texts', () => {
    fc.assert(
      fc.property(
        fc.string({ maxLength: 45 }),
        fc.string({ unit: 'binary', maxLength: 3_000 }),
        (address, userAgent) => {
          const coordinate = visitorCoordinate(key, address, userAgent);
          expect(coordinate >> 4).toBeWithin(0, REGISTERS);
          expect(coordinate & 15).toBeWithin(1, RANK_MAX + 1);
        },
      ),
    );
  });

  test('falls into all registers alike, and half as often into each next rank', () => {
    const coordinates = addresses.map(address => visitorCoordinate(key, address, 'Firefox'));
    expect(coordinates.filter(coordinate => coordinate >> 4 < REGISTERS / 2).length / 50_000).toBeCloseTo(1 / 2, 2);
    for (const rank of [1, 2, 3, 4, 5, 6]) {
      const share = coordinates.filter(coordinate => (coordinate & 15) === rank).length / 50_000;
      expect(share).toBeCloseTo(2 ** -rank, 2);
    }
    expect(Math.max(...coordinates.map(coordinate => coordinate & 15))).toBe(RANK_MAX);
  });
});

describe('the number of a user agent', () => {
  test('is 0 for none and only for none', () => {
    expect([agentNumber(key, null), agentNumber(key, '')]).toEqual([0, 0]);
    expect(addresses.every(text => agentNumber(key, text) > 0)).toBe(true);
  });

  test('is the same after every release, and another with another key', () => {
    expect(agentNumber(key, 'Firefox')).toBe(AGENT);
    expect(agentNumber(otherKey, 'Firefox')).not.toBe(AGENT);
  });

  test('fits into 31 bits and uses all of them', () => {
    const numbers = addresses.map(text => agentNumber(key, text));
    expect(numbers.every(number => number === (number & 0x7fff_ffff))).toBe(true);
    expect(numbers.reduce((all, number) => all | number, 0)).toBe(0x7fff_ffff);
    expect(new Set(numbers).size).toBeGreaterThan(addresses.length - 5);
  });

  test('depends on what is read of a long string and on no more', () => {
    const read = 'ü'.repeat(AGENT_LENGTH_MAX);
    expect(agentNumber(key, `${read}a`)).toBe(agentNumber(key, read));
    expect(agentNumber(key, read.slice(1))).not.toBe(agentNumber(key, read));
  });
});
