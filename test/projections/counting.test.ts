import { describe, expect, test } from 'bun:test';
import { countingRules, currentRules, kindUnder } from '../../projections/counting.ts';

describe('what the rules of a version make of a scan', () => {
  test('is what it says, for the version that judged it and for those that say nothing else', () => {
    expect(kindUnder(1, { kind: 'scan' })).toBe('scan');
    expect(kindUnder(2, { kind: 'scan' })).toBe('scan');
    expect(kindUnder(1, { kind: 'bot', rules: 2 })).toBe('bot');
  });

  test('is the word of older rules where the scan carries it', () => {
    const scan = { kind: 'bot', rules: 3, earlier: { 1: 'scan' } } as const;
    expect([1, 2, 3, 4].map(version => kindUnder(version, scan))).toEqual(['scan', 'bot', 'bot', 'bot']);
  });

  test('is what newer rules have made of its user agent, from their version on', () => {
    const revision = { 2: 'bot', 4: 'scan' } as const;
    const under = (rules?: number) =>
      [1, 2, 3, 4, 5].map(version => kindUnder(version, { kind: 'scan', ...(rules && { rules }) }, revision));
    expect(under()).toEqual(['scan', 'bot', 'bot', 'scan', 'scan']);
    // Judged by version 2 itself, which knew more than the user agent.
    expect(under(2)).toEqual(['scan', 'scan', 'scan', 'scan', 'scan']);
  });

  test('is a HEAD or a prefetch under all of them', () => {
    expect(kindUnder(2, { kind: 'head' }, { 2: 'bot' })).toBe('head');
    expect(kindUnder(2, { kind: 'prefetch' }, { 2: 'bot' })).toBe('prefetch');
  });
});

test('versions count from 1, and the last one counts', () => {
  expect(countingRules.map(({ version }) => version as number)).toEqual(countingRules.map((_, i) => i + 1));
  expect(currentRules).toBe(countingRules.length as typeof currentRules);
});
