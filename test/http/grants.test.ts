import { describe, expect, test } from 'bun:test';
import { narrowed, narrowingFaults, type Powers, refuseMore } from '../../src/http/grants.ts';
import { faultsOf, problemOf } from '../support/problem-of.ts';

const all: Powers = { role: 'owner', team: null, operations: null, addresses: null, requestsPerMinute: null };
const refused = async (has: Partial<Powers>, wants: Partial<Powers>) =>
  faultsOf(await problemOf(() => refuseMore({ ...all, ...has }, { ...all, ...wants })));
const granted = (has: Partial<Powers>, wants: Partial<Powers>) =>
  refuseMore({ ...all, ...has }, { ...all, ...wants }) === undefined;

describe('a key gives away', () => {
  test('all, when it may do all', () => {
    expect(granted({}, {})).toBe(true);
    expect(granted({}, { role: 'viewer', team: 'team_1', operations: ['qr.read'], requestsPerMinute: 5 })).toBe(true);
  });

  test('roles that may do no more than its own', async () => {
    expect(granted({ role: 'admin' }, { role: 'admin' })).toBe(true);
    expect(await refused({ role: 'admin' }, { role: 'owner' })).toEqual(['/role not_allowed']);
    expect(await refused({ role: 'editor' }, { role: 'auditor' })).toEqual(['/role not_allowed']);
  });

  test('its own team, and no other or all', async () => {
    expect(granted({ team: 'team_1' }, { team: 'team_1' })).toBe(true);
    for (const team of [null, 'team_2'])
      expect(await refused({ team: 'team_1' }, { team })).toEqual(['/team not_allowed']);
  });

  test('some of its operations', async () => {
    const has = { operations: ['key.write', 'qr.read'] };
    expect(granted(has, { operations: ['qr.read'] })).toBe(true);
    for (const operations of [null, ['qr.read', 'qr.create']]) {
      expect(await refused(has, { operations })).toEqual(['/operations not_allowed']);
    }
  });

  test('networks within its own', async () => {
    const has = { addresses: ['203.0.113.0/24', '2001:db8::/32'] };
    for (const addresses of [['203.0.113.7/32'], ['203.0.113.0/24', '2001:db8:1::/48'], ['203.0.113.128/25']]) {
      expect(granted(has, { addresses })).toBe(true);
    }
    for (const addresses of [null, ['203.0.112.0/23'], ['0.0.0.0/0'], ['::/0'], ['203.0.113.0/24', '192.0.2.0/24']]) {
      expect(await refused(has, { addresses })).toEqual(['/addresses not_allowed']);
    }
  });

  test('a rate up to its own', async () => {
    const has = { requestsPerMinute: 60 };
    expect(granted(has, { requestsPerMinute: 60 })).toBe(true);
    for (const requestsPerMinute of [61, null]) {
      expect(await refused(has, { requestsPerMinute })).toEqual(['/requestsPerMinute not_allowed']);
    }
  });

  test('and hears of all that is too much at once, as a 403', async () => {
    const has = { role: 'admin', team: 'team_1', operations: ['key.write'] } as const;
    const problem = await problemOf(() => refuseMore({ ...all, ...has }, all));
    expect([problem.code, faultsOf(problem)]).toEqual([
      'not_permitted',
      ['/role not_allowed', '/team not_allowed', '/operations not_allowed'],
    ]);
  });
});

describe('a narrowing', () => {
  test('is kept in one form: canonical tags, networks, each once; and only what was asked for', () => {
    expect(narrowed({}).fields).toEqual({});
    expect(
      narrowed({
        ...{ tags: [' Summer', 'summer', 'A'], domains: ['b.example', 'A.example.', 'B.example'] },
        ...{ operations: ['qr.read', 'qr.create', 'qr.read'], addresses: ['203.0.113.7'] },
        ...{ requestsPerMinute: 5, expiresAt: '2030-01-01T01:00:00+01:00' },
      }),
    ).toEqual({
      faults: [],
      fields: {
        ...{ tags: ['a', 'summer'], domains: ['a.example', 'b.example'], operations: ['qr.create', 'qr.read'] },
        ...{ addresses: ['203.0.113.7/32'], requestsPerMinute: 5, expiresAt: Date.UTC(2030, 0, 1) },
      },
    });
  });

  test('is taken away by null', () => {
    const nothing = { tags: null, domains: null, operations: null, addresses: null };
    const never = { requestsPerMinute: null, expiresAt: null };
    expect(narrowed({ ...nothing, ...never }).fields).toEqual({ ...nothing, ...never });
  });

  test('that is wrong has all its faults, and what the schema refuses is passed over', () => {
    const places = (body: unknown) => narrowingFaults(body).map(({ pointer, code }) => `${pointer} ${code}`);
    expect(places({ tags: ['a,b', '\u0000'], addresses: ['here'], expiresAt: 'soon' })).toEqual([
      ...['/tags/1 format', '/tags/0 format', '/addresses/0 format', '/expiresAt format'],
    ]);
    for (const body of [null, 5, [], { tags: 5, addresses: [5], expiresAt: {} }, { expiresAt: null }]) {
      expect(places(body)).toEqual([]);
    }
  });
});
