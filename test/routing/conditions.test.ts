import { describe, expect, test } from 'bun:test';
import type { When } from '../../events/routing.ts';
import { holds, obstacle } from '../../src/routing/conditions.ts';
import { noon, visit } from './visits.ts';

describe('a condition', () => {
  test.each([
    [{}, {}, true],
    [{ countries: ['FR', 'DE'] }, {}, true],
    [{ countries: ['FR'] }, {}, false],
    [{ countries: ['DE'] }, { country: null }, false],
    [{ devices: ['mobile', 'tablet'] }, {}, true],
    [{ devices: ['desktop'] }, {}, false],
    [{ systems: ['iOS'] }, {}, true],
    [{ systems: ['Android'] }, {}, false],
    [{ systems: ['iOS'] }, { os: null }, false],
    [{ browsers: ['Safari'] }, {}, true],
    [{ browsers: ['Chrome'] }, {}, false],
    [{ languages: ['de', 'en'] }, {}, true],
    [{ languages: ['en'] }, {}, false],
    [{ from: noon }, {}, true],
    [{ from: noon + 1 }, {}, false],
    [{ until: noon + 1 }, {}, true],
    [{ until: noon }, {}, false],
    [{ query: { table: '12' } }, { search: 'table=12&table=13' }, true],
    [{ query: { table: '12' } }, { search: 'table=13' }, false],
    [{ query: { table: null } }, { search: 'table=' }, true],
    [{ query: { table: null } }, { search: 'tables=1' }, false],
    [{ query: { a: null, b: 'x' } }, { search: 'b=x&a=1' }, true],
    [{ query: { a: null, b: 'x' } }, { search: 'b=y&a=1' }, false],
    [{ countries: ['DE'], devices: ['desktop'] }, {}, false],
    [{ countries: ['DE'], devices: ['mobile'], languages: ['de'] }, {}, true],
  ] as [When, Parameters<typeof visit>[0], boolean][])('%j of a visit with %j holds: %p', (when, more, expected) => {
    expect(holds(when, visit(more))).toBe(expected);
    expect(obstacle(when, visit(more)) === undefined).toBe(expected);
  });

  const at = (time: string) => visit({ at: Date.parse(time) });
  test.each([
    // Wednesday.
    [{ weekdays: ['wed'] }, '2026-04-08T12:00:00Z', true],
    [{ weekdays: ['tue', 'thu'] }, '2026-04-08T12:00:00Z', false],
    // Thursday in Auckland already.
    [{ weekdays: ['thu'], timeZone: 'Pacific/Auckland' }, '2026-04-08T12:30:00Z', true],
    [{ hours: { from: '12:00', until: '13:00' } }, '2026-04-08T12:00:00Z', true],
    [{ hours: { from: '12:00', until: '13:00' } }, '2026-04-08T12:59:59Z', true],
    [{ hours: { from: '12:00', until: '13:00' } }, '2026-04-08T13:00:00Z', false],
    [{ hours: { from: '14:00', until: '15:00' }, timeZone: 'Europe/Berlin' }, '2026-04-08T12:00:00Z', true],
    // The clock is put forward on 29 March 2026: what is 03:30 in Berlin is 01:30 UTC.
    [{ hours: { from: '03:00', until: '04:00' }, timeZone: 'Europe/Berlin' }, '2026-03-29T01:30:00Z', true],
    [{ hours: { from: '02:00', until: '03:00' }, timeZone: 'Europe/Berlin' }, '2026-03-29T01:30:00Z', false],
    // And back on 25 October: 02:30 comes twice.
    [{ hours: { from: '02:00', until: '03:00' }, timeZone: 'Europe/Berlin' }, '2026-10-25T00:30:00Z', true],
    [{ hours: { from: '02:00', until: '03:00' }, timeZone: 'Europe/Berlin' }, '2026-10-25T01:30:00Z', true],
    // Over midnight: the night of Friday ends on Saturday.
    [{ weekdays: ['fri'], hours: { from: '22:00', until: '03:00' } }, '2026-04-10T23:00:00Z', true],
    [{ weekdays: ['fri'], hours: { from: '22:00', until: '03:00' } }, '2026-04-11T02:59:00Z', true],
    [{ weekdays: ['fri'], hours: { from: '22:00', until: '03:00' } }, '2026-04-10T02:00:00Z', false],
    [{ weekdays: ['fri'], hours: { from: '22:00', until: '03:00' } }, '2026-04-11T23:00:00Z', false],
    [{ weekdays: ['fri'], hours: { from: '22:00', until: '03:00' } }, '2026-04-10T12:00:00Z', false],
    // Sunday's night ends on Monday.
    [{ weekdays: ['sun'], hours: { from: '20:00', until: '01:00' } }, '2026-04-13T00:30:00Z', true],
  ] as [When, string, boolean][])('%j holds at %s: %p', (when, time, expected) => {
    expect(holds(when, at(time))).toBe(expected);
  });
});

test('what stands in the way is told, the first of it', () => {
  const told = (when: When, search = '') => obstacle(when, visit({ search }));
  expect(told({ countries: ['FR'], devices: ['desktop'] })).toBe('countries: the country is DE');
  expect(obstacle({ systems: ['iOS'] }, visit({ os: null }))).toBe('systems: the system is not known');
  expect(told({ from: noon + 1 })).toBe('from: it is 2026-04-08T12:00:00Z');
  expect(told({ weekdays: ['mon'], timeZone: 'Asia/Tokyo' })).toBe('weekdays: it is wed 21:00 in Asia/Tokyo');
  expect(told({ hours: { from: '01:00', until: '02:00' } })).toBe('hours: it is wed 12:00 in UTC');
  expect(told({ query: { a: '1', b: '2' } }, 'a=3')).toBe('query: a is "3", there is no b');
  expect(told({})).toBeUndefined();
});
