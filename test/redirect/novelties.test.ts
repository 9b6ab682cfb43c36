import { expect, test } from 'bun:test';
import { Novelties, other } from '../../src/redirect/novelties.ts';

const day = 86_400_000;
/** What becomes of this many different texts: how many of them are kept apart. */
const kept = (novelties: Novelties, count: number, where: (n: number) => [org: string, qr: string], at = 0): number => {
  let apart = 0;
  for (let n = 0; n < count; n++)
    if (novelties.admit(...where(n), 'referrer', `host${n}.example`, at) !== other) apart += 1;
  return apart;
};

test('a code has a thousand, and what it had stays apart', () => {
  const novelties = new Novelties();
  expect(kept(novelties, 5_000, () => ['org_1', 'qr_1'])).toBeWithin(990, 1_003);
  expect(novelties.admit('org_1', 'qr_1', 'referrer', 'host7.example', 0)).toBe('host7.example');
  expect(novelties.admit('org_1', 'qr_1', 'source', 'host7.example', 0)).toBe(other);
  expect(novelties.admit('org_1', 'qr_2', 'referrer', 'new.example', 0)).toBe('new.example');
});

test('an organisation has ten thousand, of which any code may have any', () => {
  const novelties = new Novelties();
  expect(kept(novelties, 20_000, n => ['org_1', `qr_${n % 50}`])).toBeWithin(9_990, 10_003);
  expect(novelties.admit('org_1', 'qr_new', 'referrer', 'host7.example', 0)).toBe('host7.example');
  expect(novelties.admit('org_1', 'qr_new', 'referrer', 'another.example', 0)).toBe(other);
  expect(novelties.admit('org_2', 'qr_other', 'referrer', 'another.example', 0)).toBe('another.example');
});

test('thirty days later all begin anew', () => {
  const novelties = new Novelties();
  kept(novelties, 2_000, () => ['org_1', 'qr_1']);
  expect(novelties.admit('org_1', 'qr_1', 'referrer', 'new.example', 29 * day)).toBe(other);
  expect(novelties.admit('org_1', 'qr_1', 'referrer', 'new.example', 31 * day)).toBe('new.example');
});
