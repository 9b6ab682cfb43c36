import { describe, expect, test } from 'bun:test';
import { destinationOfRule, routingsIn, servedBy } from '../../src/http/served.ts';
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
