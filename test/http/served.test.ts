import { describe, expect, test } from 'bun:test';
import { rowAfter } from '../../projections/qr-rows.ts';
import { destinationOfRule, routingsIn, servedBy, servedOf } from '../../src/http/served.ts';
import { eventOf } from '../support/read-models.ts';

const to = (name: string): string => `https://example.com/${name}`;
const events = [
  eventOf('qr.created', 'qr_1', { slug: 'a', type: 'url', destination: to('own') }),
  eventOf(
    'qr.rules_changed',
    'qr_1',
    {
      rules: [
        { name: 'weekend', when: { weekdays: ['sat', 'sun'] }, destination: to('weekend') },
        {
          name: 'test',
          when: {},
          split: [
            { name: 'a', weight: 1, destination: to('a') },
            { name: 'b', weight: 1, destination: to('b') },
          ],
        },
      ],
    },
    { version: 2 },
  ),
  eventOf('qr.deep_linked', 'qr_1', { ios: to('ios') }, { version: 3 }),
  eventOf('qr.paused', 'qr_1', { fallback: to('rest') }, { version: 4 }),
  eventOf('qr.scheduled', 'qr_1', { schedule: [{ at: 1, destination: to('later') }] }, { version: 5 }),
  eventOf('qr.rules_changed', 'qr_1', { rules: [] }, { version: 6 }),
];

describe('where a scan was led', () => {
  const destinations = new Map([
    [
      'qr_1',
      new Map([
        [1, to('own')],
        [2, to('own')],
      ]),
    ],
  ]);
  const served = servedBy(destinations, new Map([['qr_1', routingsIn(events)]]));

  test('is told by its version and by the rule of that version', () => {
    expect(served('qr_1', '2')).toBe(to('own'));
    expect(served('qr_1', '2 weekend')).toBe(to('weekend'));
    expect([served('qr_1', '3 test/a'), served('qr_1', '3 test/b')]).toEqual([to('a'), to('b')]);
    expect(served('qr_1', '3 @ios')).toBe(to('ios'));
    expect(served('qr_1', '4 @paused')).toBe(to('rest'));
    expect(served('qr_1', '5 @schedule')).toBe(to('later'));
  });

  test('is told by version and rule where neither says more', () => {
    expect(served('qr_1', '6 weekend')).toBe('version 6, weekend');
    expect(served('qr_2', '1')).toBe('version 1');
    expect(served('qr_1', '2 @android')).toBe('version 2, @android');
    const two = {
      schedule: [
        { at: 1, destination: to('x') },
        { at: 2, destination: to('y') },
      ],
    };
    expect(destinationOfRule(two, '@schedule')).toBeUndefined();
  });
});

describe('what a code had for a visitor', () => {
  const served = (version: number, rule: string | null, at = 0) =>
    servedOf(rowAfter(events.slice(0, version))!, rule, at).destination;

  test('is told by the rule that led there', () => {
    expect([served(2, null), served(2, 'weekend'), served(2, 'test/b')]).toEqual([to('own'), to('weekend'), to('b')]);
    expect([served(3, '@ios'), served(4, '@paused')]).toEqual([to('ios'), to('rest')]);
    expect([served(3, '@android'), served(6, 'weekend'), served(3, '@paused')]).toEqual([null, null, null]);
  });

  test('is told by the time where changes were planned', () => {
    const schedule = [1, 2].map(at => ({ at, destination: to(`later-${at}`) }));
    const row = rowAfter([...events.slice(0, 4), eventOf('qr.scheduled', 'qr_1', { schedule }, { version: 5 })])!;
    const destinations = [0, 1, 2].map(at => servedOf(row, '@schedule', at).destination);
    expect(destinations).toEqual([to('own'), to('later-1'), to('later-2')]);
  });

  test('of a split says who was asked to draw', () => {
    const row = rowAfter(events.slice(0, 2))!;
    const [split, weekend] = ['test/a', 'weekend'].map(rule => servedOf(row, rule, 0));
    expect(split).toMatchObject({ weight: 1, when: {}, content: null });
    expect(weekend).toMatchObject({ when: { weekdays: ['sat', 'sun'] } });
  });
});
