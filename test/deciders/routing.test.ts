import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { type Routing, routingAfter } from '../../events/routing.ts';
import { hostRules } from '../../src/deciders/destination.ts';
import {
  advance,
  destinationsOf,
  type RoutingChange,
  routedTo,
  routingFacts,
  routingFaults,
} from '../../src/deciders/routing.ts';

const to = (path: string) => `https://example.com/${path}`;
const rule = { name: 'de', when: { countries: ['DE'] }, destination: to('de') };
const hosts = hostRules({ own: ['qr.example'], blocked: ['evil.test'], appSchemes: ['exampleapp'] });
const at = 1_000;

describe('a change', () => {
  test('replaces the parts that it names and takes away those that are null or empty', () => {
    const routing: Routing = { rules: [rule], maxScans: 5, paused: { fallback: null }, lock: 'scrypt$1' };
    expect(routedTo(routing, { maxScans: 9 })).toEqual({ ...routing, maxScans: 9 });
    expect(routedTo(routing, { rules: [], paused: null, lock: null })).toStrictEqual({ maxScans: 5 });
    expect(routedTo({}, { parameters: { pass: 'none', add: {} }, appLinks: {} })).toStrictEqual({});
    const [a, b] = [5, 3].map(at => ({ at, destination: to(`${at}`) }));
    expect(routedTo({}, { schedule: [a!, b!] })).toEqual({ schedule: [b!, a!] });
  });

  test('is a fact for each part that differs, and none for what stays', () => {
    const routing: Routing = { rules: [rule], maxScans: 5 };
    expect(routingFacts(routing, { ...routing, rules: [{ ...rule, when: { countries: ['DE'] } }] })).toEqual([]);
    expect(routingFacts(routing, { startsAt: 7, lock: 'scrypt$1', paused: { fallback: null } })).toEqual([
      { type: 'qr.rules_changed', data: { rules: [] } },
      { type: 'qr.window_changed', data: { startsAt: 7, expiresAt: null } },
      { type: 'qr.limited', data: { maxScans: null } },
      { type: 'qr.locked', data: { hash: 'scrypt$1' } },
      { type: 'qr.paused', data: { fallback: null } },
    ]);
    expect(routingFacts({ lock: 'scrypt$1', paused: { fallback: null } }, {})).toEqual([
      { type: 'qr.unlocked', data: {} },
      { type: 'qr.resumed', data: {} },
    ]);
  });

  test('from any routing to any other is what its facts make of the first', () => {
    const some = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });
    const routing: fc.Arbitrary<Routing> = fc
      .record({
        rules: some(fc.constant([rule])),
        schedule: some(fc.constant([{ at: 5, destination: to('x') }])),
        startsAt: some(fc.nat()),
        expiresAt: some(fc.nat()),
        maxScans: some(fc.integer({ min: 1 })),
        lock: some(fc.constantFrom('scrypt$1', 'scrypt$2')),
        paused: some(fc.record({ fallback: fc.constantFrom(null, to('y')) })),
        parameters: some(
          fc.constantFrom({ pass: 'utm' as const, add: {} }, { pass: 'none' as const, add: { a: 'b' } }),
        ),
        appLinks: some(fc.constantFrom({ ios: to('i') }, { android: to('a') })),
      })
      .map(fields => routedTo({}, fields as RoutingChange));
    fc.assert(
      fc.property(routing, routing, (from, next) => {
        expect(routingFacts(from, next).reduce(routingAfter, from)).toStrictEqual(next);
        expect(routingFacts(next, next)).toEqual([]);
      }),
    );
  });
});

describe('what is wrong', () => {
  const places = (change: RoutingChange, routing: Routing = {}, more: object = {}) =>
    routingFaults(change, routing, { type: 'url', static: false, hosts, at, ...more }).map(
      ({ pointer, code }) => `${pointer.replace('/routing', '')} ${code}`,
    );
  const variants = ['a', 'b'].map(name => ({ name, weight: 1, destination: to(name) }));

  test.each([
    [{ rules: [rule, { ...rule, name: 'x', destination: undefined, split: variants }] }, []],
    [{ rules: [rule, rule] }, ['/rules/0/name duplicate', '/rules/1/name duplicate']],
    [{ rules: [{ ...rule, destination: undefined }] }, ['/rules/0 required']],
    [{ rules: [{ ...rule, split: variants }] }, ['/rules/0 not_allowed']],
    [{ rules: [{ ...rule, when: { countries: ['XX'] } }] }, ['/rules/0/when/countries/0 unknown']],
    [{ rules: [{ ...rule, destination: 'javascript:alert(1)' }] }, ['/rules/0/destination scheme']],
    [{ rules: [{ ...rule, destination: 'https://qr.example/x' }] }, ['/rules/0/destination own_host']],
    [
      {
        rules: [
          {
            ...rule,
            destination: undefined,
            split: [variants[0]!, { ...variants[0]!, destination: 'https://a.evil.test/' }],
          },
        ],
      },
      ['/rules/0/split/0/name duplicate', '/rules/0/split/1/name duplicate', '/rules/0/split/1/destination blocked'],
    ],
    [{ schedule: [{ at: at + 1, destination: to('a') }] }, []],
    [{ schedule: [{ at, destination: to('a') }] }, ['/schedule/0/at too_small']],
    [
      {
        schedule: [
          { at: 2_000, destination: to('a') },
          { at: 2_000, destination: 'x' },
        ],
      },
      ['/schedule/1/destination format', '/schedule/1/at duplicate'],
    ],
    [{ startsAt: 5, expiresAt: 5 }, ['/expiresAt too_small']],
    [{ startsAt: 5, expiresAt: 6 }, []],
    [{ startsAt: 5, expiresAt: Number.NaN }, []],
    [{ paused: { fallback: 'ftp://a.example/' } }, ['/paused/fallback scheme']],
    [{ paused: { fallback: null } }, []],
    [{ parameters: { pass: 'all', add: { a: 'b\r\nc' } } }, ['/parameters/add format']],
    [{ appLinks: { ios: 'exampleapp://a/b?c', android: 'https://play.example/' } }, []],
    [
      { appLinks: { ios: 'javascript:alert(1)', android: 'other://x' } },
      ['/appLinks/ios scheme', '/appLinks/android scheme'],
    ],
    [
      { appLinks: { ios: 'exampleapp://a b', android: 'https://evil.test/' } },
      ['/appLinks/ios format', '/appLinks/android blocked'],
    ],
  ] as [RoutingChange, string[]][])('with %j: %j', (change, expected) => expect(places(change)).toEqual(expected));

  test('with a window is told by what the code has', () => {
    expect(places({ startsAt: 9 }, { expiresAt: 9 })).toEqual(['/startsAt too_small']);
    expect(places({ startsAt: 9, expiresAt: null }, { expiresAt: 9 })).toEqual([]);
  });

  test('with a plan is not that part of it has begun already', () => {
    const schedule = [{ at: 5, destination: to('a') }];
    expect(places({ schedule: [...schedule, { at: 2_000, destination: to('b') }] }, { schedule })).toEqual([]);
  });

  test('with a static code is everything, and with one that shows a content what needs an address', () => {
    expect(places({ maxScans: 5 }, {}, { static: true })).toEqual([' not_allowed']);
    const change = { rules: [rule], schedule: [], appLinks: { ios: to('i') } };
    expect(places(change, {}, { type: 'wifi' })).toEqual(['/schedule not_allowed', '/appLinks not_allowed']);
  });
});

describe('a plan', () => {
  const schedule = [10, 20, 30].map(at => ({ at, destination: to(`${at}`) }));

  test('is taken as far as it is due, each change a fact', () => {
    const code = { routing: { schedule }, destination: to('own') };
    expect(advance(9, code)).toEqual([]);
    expect(advance(25, code)).toEqual([
      { type: 'qr.retargeted', data: { destination: to('10') } },
      { type: 'qr.retargeted', data: { destination: to('20') } },
      { type: 'qr.scheduled', data: { schedule: schedule.slice(2) } },
    ]);
  });

  test('that leads where the code leads already is only taken off', () => {
    expect(advance(10, { routing: { schedule }, destination: to('10') })).toEqual([
      { type: 'qr.scheduled', data: { schedule: schedule.slice(1) } },
    ]);
  });
});

test('all destinations of a routing are found', () => {
  const split = [
    { name: 'a', weight: 1, destination: to('a') },
    { name: 'b', weight: 1, destination: to('b') },
  ];
  const routing: Routing = {
    rules: [rule, { name: 's', when: {}, split }],
    schedule: [{ at: 1, destination: to('plan') }],
    paused: { fallback: to('pause') },
    appLinks: { ios: to('ios'), android: 'exampleapp://x' },
  };
  expect(destinationsOf(routing)).toEqual(['de', 'a', 'b', 'plan', 'pause', 'ios'].map(to));
});
