import { beforeAll, expect, test } from 'bun:test';
import { lockOf } from '../../src/lock.ts';
import { Passwords } from '../../src/redirect/passwords.ts';

let lock: string;
beforeAll(async () => {
  lock = await lockOf('right');
});

test('a right password costs no try, so that a whole school behind one address gets in', async () => {
  const passwords = new Passwords();
  for (let n = 0; n < 15; n++) expect(await passwords.check(lock, 'right', 'qr_1', '198.51.100.7', 0)).toBe('right');
}, 120_000);

test('right passwords that come at once wait for each other, and wrong ones among them run out', async () => {
  const passwords = new Passwords();
  const check = (password: string) => passwords.check(lock, password, 'qr_1', '198.51.100.7', 0);
  const school = await Promise.all(Array.from({ length: 14 }, () => check('right')));
  expect(new Set(school)).toEqual(new Set(['right']));
  const crowd = await Promise.all(Array.from({ length: 22 }, (_, n) => check(n % 2 === 0 ? 'right' : 'wrong')));
  const counted = Object.groupBy(crowd, verdict => verdict);
  expect(counted.wrong).toHaveLength(10);
  expect(counted.right!.length).toBeGreaterThan(8);
  expect(await check('right')).toBe('too_many');
}, 120_000);

test('who is asked to come again has lost no try', async () => {
  const passwords = new Passwords();
  const others = Array.from({ length: 60 }, (_, n) => passwords.check('no lock', 'x', 'qr_1', `${n}`, 0));
  for (let n = 0; n < 12; n++)
    expect(await Promise.race([passwords.check(lock, 'right', 'qr_1', 'late', 0), 'late'])).not.toBe('too_many');
  await Promise.all(others);
  expect(await passwords.check(lock, 'right', 'qr_1', 'late', 0)).toBe('right');
});

test('tries are counted for each address and code, and come back', async () => {
  const passwords = new Passwords();
  const check = (qr: string, who: string, now = 0) => passwords.check(lock, 'wrong', qr, who, now);
  const ten = await Promise.all(Array.from({ length: 10 }, () => check('qr_1', 'a')));
  expect(new Set(ten)).toEqual(new Set(['wrong']));
  expect(await check('qr_1', 'a')).toBe('too_many');
  expect(await check('qr_1', 'b')).toBe('wrong');
  expect(await check('qr_2', 'a')).toBe('wrong');
  expect(await check('qr_1', 'a', 120_000)).toBe('wrong');
}, 120_000);

test('a flood of tries is not checked one by one', async () => {
  const passwords = new Passwords();
  // Nothing that has to be computed, so that the flood is over soon.
  const checks = Array.from({ length: 60 }, (_, n) => passwords.check('no lock', 'x', 'qr_1', `${n}`, 0));
  const verdicts = await Promise.all(checks);
  expect(verdicts.filter(verdict => verdict === 'busy').length).toBe(8);
  expect(verdicts.filter(verdict => verdict === 'wrong').length).toBe(52);
});
