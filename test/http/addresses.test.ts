import { describe, expect, test } from 'bun:test';
import { cidrsFrom, requireAddress } from '../../src/http/addresses.ts';
import { problemOf } from '../support/problem-of.ts';

describe('networks of a key', () => {
  test('are taken as addresses and as networks, each once, in one form', () => {
    expect(cidrsFrom(['203.0.113.7', '203.0.113.0/24', '2001:db8::/32', '203.0.113.7/32'])).toEqual({
      cidrs: ['203.0.113.7/32', '203.0.113.0/24', '2001:db8::/32'],
      faults: [],
    });
  });

  test('that are none are faults under their own pointers, all at once', () => {
    const wrong = [
      'office',
      'loopback',
      '10.0.0.0/33',
      '10.0/8',
      '',
      '10.0.0.1, 10.0.0.2',
      'fe80::%eth0',
      '::ffff:1.2.3.4',
    ];
    const { cidrs, faults } = cidrsFrom([...wrong, '203.0.113.0/24']);
    expect(cidrs).toEqual(['203.0.113.0/24']);
    expect(faults.map(({ pointer, code }) => `${pointer} ${code}`)).toEqual(
      wrong.map((_, i) => `/addresses/${i} format`),
    );
    expect(cidrsFrom(['x'], '/keys/0/addresses').faults[0]!.pointer).toBe('/keys/0/addresses/0');
  });
});

describe('a key that may be used from some networks', () => {
  const check = (allowed: readonly string[] | null, address: string) => requireAddress(allowed, () => address);

  test('is let in from within them and refused from elsewhere', async () => {
    const allowed = ['203.0.113.0/24', '2001:db8::/32'];
    for (const address of ['203.0.113.1', '203.0.113.255', '2001:db8::7', '::ffff:203.0.113.9']) {
      expect(check(allowed, address)).toBeUndefined();
    }
    for (const address of ['203.0.114.1', '2001:db9::1', '127.0.0.1', '']) {
      const problem = await problemOf(() => check(allowed, address));
      expect(problem).toMatchObject({ code: 'not_permitted', status: 403 });
    }
  });

  test('is not looked at when it may be used from everywhere', () => {
    const nobody = () => {
      throw new Error('nobody asks');
    };
    expect(requireAddress(null, nobody)).toBeUndefined();
  });
});
