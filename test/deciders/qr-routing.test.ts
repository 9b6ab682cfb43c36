/**
 * Codes with a routing: created with one, changed in parts, advanced by their plan, and given another slug.
 */
import { describe, expect, test } from 'bun:test';
import type { QrFact } from '../../events/qr.ts';
import { fold } from '../../src/decider.ts';
import { noHosts as hosts } from '../../src/deciders/destination.ts';
import { type QrCommand, qr } from '../../src/deciders/qr.ts';
import { faultsOf, problemOf } from '../support/problem-of.ts';

const destination = 'https://a.example/';
const create = { do: 'create', type: 'url', slug: 'Sale', destination, hosts } as const;
const created: QrFact = { type: 'qr.created', data: { slug: 'sale', type: 'url', destination } };
const rule = { name: 'de', when: { countries: ['DE'] }, destination: 'https://de.example/' };
const plan = (at: number, path = `${at}`) => ({ at, destination: `https://plan.example/${path}` });
const scheduled = (...schedule: ReturnType<typeof plan>[]): QrFact => ({ type: 'qr.scheduled', data: { schedule } });

const when = (given: readonly QrFact[], command: QrCommand) => qr.decide(command, fold(qr, given));
type Change = Omit<Extract<QrCommand, { do: 'change' }>, 'do' | 'hosts'>;
const change = (given: readonly QrFact[], to: Change) => when(given, { do: 'change', hosts, ...to });

describe('a code', () => {
  test('is created with its routing, a fact for each part', () => {
    expect(when([], { ...create, routing: { rules: [rule], startsAt: 5 } })).toEqual([
      created,
      { type: 'qr.rules_changed', data: { rules: [rule] } },
      { type: 'qr.window_changed', data: { startsAt: 5, expiresAt: null } },
    ]);
    expect(when([], { ...create, routing: { rules: null } })).toEqual([created]);
  });

  test('is created under a domain of its own', () => {
    const domain = { id: 'dom_1', host: 'go.example' };
    expect(when([], { ...create, domain })).toEqual([
      { type: 'qr.created', data: { ...created.data, domain } } as QrFact,
    ]);
  });

  test('is changed in the parts that are named, and what stays is no fact', () => {
    const given = [created, ...when([created], { do: 'change', hosts, routing: { rules: [rule], maxScans: 5 } })];
    expect(change(given, { routing: { maxScans: 5, rules: [rule] } })).toEqual([]);
    expect(change(given, { routing: { rules: [] } })).toEqual([{ type: 'qr.rules_changed', data: { rules: [] } }]);
  });

  test('is refused with faults of all parts at once', async () => {
    const routing = { rules: [{ ...rule, destination: 'x' }], paused: { fallback: 'y' } };
    const problem = await problemOf(() => change([created], { label: 'a\nb', slug: 'docs', routing }));
    expect(faultsOf(problem)).toEqual([
      ...['/label format', '/slug reserved', '/routing/rules/0/destination format', '/routing/paused/fallback format'],
    ]);
  });

  test('is given another slug, and is not a second time', () => {
    const [fact] = change([created], { slug: 'Other' });
    expect(fact).toEqual({ type: 'qr.slug_added', data: { slug: 'other' } });
    expect(change([created, fact!], { slug: 'other' })).toEqual([]);
    expect(fold(qr, [created, fact!])).toMatchObject({ slug: 'other', former: [{ slug: 'sale', domain: null }] });
  });
});

describe('a plan', () => {
  test('is taken when it is due, and leaves the rest', () => {
    const given = [created, scheduled(plan(10), plan(20))];
    expect(when(given, { do: 'advance', at: 9 })).toEqual([]);
    expect(when(given, { do: 'advance', at: 10 })).toEqual([
      { type: 'qr.retargeted', data: { destination: 'https://plan.example/10' } },
      scheduled(plan(20)),
    ]);
  });

  test('for a time before does not undo a destination that is set by hand', () => {
    const given = [created, scheduled(plan(10), plan(20))];
    const to = 'https://by-hand.example/';
    expect(change(given, { destination: to, at: 15 })).toEqual([
      { type: 'qr.retargeted', data: { destination: to } },
      scheduled(plan(20)),
    ]);
    // Also where it is the code's own, which is behind the plan's.
    expect(change(given, { destination, at: 15 })).toEqual([scheduled(plan(20))]);
    expect(change(given, { label: 'x', at: 15 })).toEqual([{ type: 'qr.relabeled', data: { label: 'x' } }]);
    expect(change(given, { destination: to, at: 5 })).toEqual([{ type: 'qr.retargeted', data: { destination: to } }]);
  });

  test('that was done by the clock is not undone by another plan', () => {
    const given = [created, scheduled(plan(10), plan(20))];
    expect(change(given, { routing: { schedule: [plan(30)] }, at: 15 })).toEqual([
      { type: 'qr.retargeted', data: { destination: plan(10).destination } },
      scheduled(plan(30)),
    ]);
    expect(change(given, { routing: { schedule: null }, at: 5 })).toEqual([scheduled()]);
  });

  test('of a deleted code is not taken', async () => {
    const given: QrFact[] = [created, scheduled(plan(10)), { type: 'qr.deleted', data: {} }];
    expect((await problemOf(() => when(given, { do: 'advance', at: 99 }))).code).toBe('not_found');
  });
});
