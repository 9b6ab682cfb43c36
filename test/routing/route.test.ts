import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import type { Routing, Rule } from '../../events/routing.ts';
import { inForce, route, type Step } from '../../src/routing/route.ts';
import { noon, visit } from './visits.ts';

const to = (path: string) => `https://example.com/${path}`;
const rule = (name: string, when: Rule['when'] = {}): Rule => ({ name, when, destination: to(name) });
const led = (name: string, path = name) => ({ to: 'destination' as const, destination: to(path), rule: name });
const own = { to: 'own', rule: null } as const;

describe('a visit is led', () => {
  test('to what the code holds itself when nothing else is said', () => {
    expect(route({}, visit())).toEqual(own);
  });

  test('by the first rule of which everything holds', () => {
    const rules = [rule('fr', { countries: ['FR'] }), rule('de', { countries: ['DE'] }), rule('all')];
    expect(route({ rules }, visit())).toEqual(led('de'));
    expect(route({ rules }, visit({ country: 'US' }))).toEqual(led('all'));
    expect(route({ rules: rules.slice(0, 2) }, visit({ country: 'US' }))).toEqual(own);
  });

  test('into the app of its system, and on the web where the link is one', () => {
    const appLinks = { ios: 'exampleapp://menu', android: 'https://play.example/' };
    expect(route({ appLinks }, visit())).toEqual({ to: 'app', link: 'exampleapp://menu', rule: '@ios' });
    const android = { to: 'destination', destination: 'https://play.example/', rule: '@android' } as const;
    expect(route({ appLinks }, visit({ os: 'Android' }))).toEqual(android);
    expect(route({ appLinks }, visit({ os: 'Windows' }))).toEqual(own);
    expect(route({ appLinks: { ios: 'a://b' } }, visit({ os: 'Android' }))).toEqual(own);
  });

  test('by the change of the plan that is in force', () => {
    const schedule = [10, 20, 30].map(n => ({ at: noon + n, destination: to(`${n}`) }));
    const at = (ms: number) => route({ schedule }, visit({ at: noon + ms }));
    expect([at(9), at(10), at(19), at(29), at(99)]).toEqual([
      own,
      ...[led('@schedule', '10'), led('@schedule', '10'), led('@schedule', '20'), led('@schedule', '30')],
    ]);
    expect(inForce(schedule, noon)).toBeUndefined();
  });

  test('nowhere while the code is paused, or to where it is said meanwhile', () => {
    expect(route({ paused: { fallback: null }, rules: [rule('a')] }, visit())).toEqual({ to: 'closed', why: 'paused' });
    const paused = { fallback: to('later') };
    expect(route({ paused, lock: 'x', expiresAt: 0 }, visit())).toEqual(led('@paused', 'later'));
  });

  test('nowhere outside of the window and beyond the limit', () => {
    const window = { startsAt: noon, expiresAt: noon + 10 };
    const at = (ms: number, more: Routing = window) => route(more, visit({ at: noon + ms }));
    expect([at(-1), at(0), at(9), at(10)] as unknown[]).toEqual([
      { to: 'closed', why: 'not_started' },
      own,
      own,
      { to: 'closed', why: 'expired' },
    ]);
    expect(at(99, { startsAt: noon })).toEqual(own);
    expect(at(-99, { expiresAt: noon })).toEqual(own);
    expect(route({ maxScans: 3 }, visit({ isFull: () => true }))).toEqual({ to: 'closed', why: 'full' });
    expect(route({ maxScans: 3 }, visit())).toEqual(own);
  });

  test('on only with the password, wherever it would be led', () => {
    const routing = { lock: 'scrypt$', rules: [rule('all')] };
    expect(route(routing, visit())).toEqual({ to: 'locked' });
    expect(route(routing, visit({ isUnlocked: true }))).toEqual(led('all'));
    expect(route({ ...routing, expiresAt: 0 }, visit())).toEqual({ to: 'closed', why: 'expired' });
  });
});

describe('a split', () => {
  const split = [
    { name: 'a', weight: 1, destination: to('a') },
    { name: 'b', weight: 2, destination: to('b') },
    { name: 'c', weight: 1, destination: to('c') },
  ];
  const rules = [{ name: 'test', when: {}, split }];
  const at = (share: number) => route({ rules }, visit({ draw: () => share }));

  test('leads by the visitor’s own share, each way as wide as its weight', () => {
    expect([0, 0.249, 0.25, 0.749, 0.75, 0.999].map(at)).toEqual(
      ['a', 'a', 'b', 'b', 'c', 'c'].map(name => led(`test/${name}`, name)),
    );
  });

  test('asks for the share by the rule’s name, so that two splits are independent', () => {
    const words: string[] = [];
    route({ rules }, visit({ draw: word => words.push(word) && 0 }));
    expect(words).toEqual(['test']);
  });

  test('always leads somewhere, whatever the weights', () => {
    const weights = fc.array(fc.integer({ min: 1, max: 1_000_000 }), { minLength: 2, maxLength: 20 });
    fc.assert(
      fc.property(weights, fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (list, share) => {
        const variants = list.map((weight, n) => ({ name: `${n}`, weight, destination: to(`${n}`) }));
        const way = route({ rules: [{ name: 'r', when: {}, split: variants }] }, visit({ draw: () => share }));
        const number = Number((way as { destination: string }).destination.slice(to('').length));
        const before = list.slice(0, number).reduce((sum, weight) => sum + weight, 0);
        const total = list.reduce((sum, weight) => sum + weight, 0);
        expect(before / total).toBeLessThanOrEqual(share + 1e-9);
        expect((before + list[number]!) / total).toBeGreaterThanOrEqual(share - 1e-9);
      }),
    );
  });
});

test('each step is told up to the one that decides, and why', () => {
  const steps: Step[] = [];
  const routing: Routing = {
    ...{ startsAt: 0, maxScans: 5, rules: [rule('fr', { countries: ['FR'] })], appLinks: { android: to('a') } },
    schedule: [{ at: noon + 1, destination: to('later') }],
  };
  route(routing, visit(), step => steps.push(step));
  expect(steps).toEqual([
    { step: 'window', matched: false, because: 'it is 2026-04-08T12:00:00Z' },
    { step: 'limit', matched: false, because: 'there were fewer than 5 scans' },
    { step: 'rule', name: 'fr', matched: false, because: 'countries: the country is DE' },
    { step: 'app', matched: false, because: 'the system is iOS' },
    { step: 'schedule', matched: false, because: 'it is 2026-04-08T12:00:00Z' },
    { step: 'own', matched: true, because: 'nothing else decided' },
  ]);
  steps.length = 0;
  const split = [
    { name: 'a', weight: 1, destination: to('a') },
    { name: 'b', weight: 1, destination: to('b') },
  ];
  route({ lock: 'x', rules: [{ name: 't', when: {}, split }] }, visit({ isUnlocked: true, draw: () => 0.6 }), step =>
    steps.push(step),
  );
  expect(steps).toEqual([
    { step: 'password', matched: false, because: 'the password was given' },
    { step: 'rule', name: 't', matched: true, because: 'all of it holds' },
    { step: 'rule', name: 't/b', matched: true, because: 'this visitor drew it' },
  ]);
});
