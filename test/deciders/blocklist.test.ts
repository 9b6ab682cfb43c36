import { expect, test } from 'bun:test';
import { fold } from '../../src/decider.ts';
import { blockedFaults, blocklist } from '../../src/deciders/blocklist.ts';
import { faultsOf, problemOf } from '../support/problem-of.ts';

test('a list holds each host once, in one spelling and order, and the same list is no change', () => {
  const change = (hosts: string[], given = blocklist.initial) => blocklist.decide({ do: 'change', hosts }, given);
  const facts = change(['b.example', 'A.example.', 'bücher.example', 'b.example', '203.0.113.7']);
  expect(facts).toEqual([
    { type: 'blocklist.changed', data: { hosts: ['203.0.113.7', 'a.example', 'b.example', 'xn--bcher-kva.example'] } },
  ]);
  expect(change(['a.example', 'b.example', '203.0.113.7', 'bücher.example'], fold(blocklist, facts))).toEqual([]);
  expect(change([])).toEqual([]);
});

test('what is no host is told at its place', async () => {
  const hosts = ['a.example', 'https://b.example', 'c.example/d', 'e.example:80', '*.f.example', ''];
  const problem = await problemOf(() => blocklist.decide({ do: 'change', hosts }, blocklist.initial));
  expect(faultsOf(problem)).toEqual([1, 2, 3, 4, 5].map(i => `/hosts/${i} format`));
  expect(blockedFaults(['a.example', '203.0.113.7'])).toEqual([]);
});
