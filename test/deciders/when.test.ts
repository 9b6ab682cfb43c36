import { expect, test } from 'bun:test';
import type { When } from '../../events/routing.ts';
import { whenFaults } from '../../src/deciders/when.ts';

const places = (when: When) => whenFaults(when, '/when').map(({ pointer, code }) => `${pointer} ${code}`);

test.each([
  {},
  { countries: ['DE', 'US', 'XK'], languages: ['de'] },
  { from: 1, until: 2 },
  { weekdays: ['mon'], timeZone: 'America/Argentina/Buenos_Aires' },
  { hours: { from: '22:00', until: '02:00' }, timeZone: 'UTC' },
  { query: { table: '12', vip: null } },
] as When[])('%j can be asked for', when => expect(places(when)).toEqual([]));

test.each([
  // Visitors from there are in GB.
  [{ countries: ['UK'] }, ['/when/countries/0 unknown']],
  [
    { countries: ['DE', 'XX', 'EU', 'ZZ'] },
    ['/when/countries/1 unknown', '/when/countries/2 unknown', '/when/countries/3 unknown'],
  ],
  [{ from: 2, until: 2 }, ['/when/until too_small']],
  [{ hours: { from: '10:00', until: '10:00' } }, ['/when/hours not_allowed']],
  [{ hours: { from: '10:00', until: '11:00' }, timeZone: 'Mars/Olympus' }, ['/when/timeZone unknown']],
  [{ hours: { from: '10:00', until: '11:00' }, timeZone: '+01:00' }, ['/when/timeZone unknown']],
  [{ timeZone: 'Europe/Berlin' }, ['/when/timeZone not_allowed']],
  [{ query: { a: 'x\ny' } }, ['/when/query format']],
] as [When, string[]][])('%j can not: %j', (when, expected) => expect(places(when)).toEqual(expected));
