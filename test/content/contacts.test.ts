import { describe, expect, test } from 'bun:test';
import { emailRule, numberRule } from '../../src/content/contacts.ts';
import { noHosts } from '../../src/deciders/destination.ts';

describe('e-mail addresses', () => {
  test.each([
    'jane@example.com',
    'a@b.co',
    "o'neil+tag/x=y@sub-domain.example.org",
    '"not@me"@example.org',
    '"a \\"b\\" c"@example.org'.replaceAll(' ', ''),
    'δοκιμή@παράδειγμα.δοκιμή',
    'x@xn--bcher-kva.example',
    `${'a'.repeat(64)}@${'b'.repeat(63)}.example`,
  ])('%s can be right', address => expect(emailRule(address, noHosts)).toBeNull());

  test.each([
    'jane',
    '@example.com',
    'jane@',
    'jane@localhost',
    'jane@example..com',
    'jane@-example.com',
    'jane@example.com-',
    '.jane@example.com',
    'jane.@example.com',
    'ja..ne@example.com',
    'ja ne@example.com',
    'jane@exa mple.com',
    'jane@example.com, joe@example.com',
    'jane@example.com\nBcc: joe@example.com',
    'Jane <jane@example.com>',
    'jane@[127.0.0.1]',
    'jane@127.0.0.1',
    'jane@example.com?cc=joe@example.com',
    'a"b@example.com',
    `${'a'.repeat(65)}@example.com`,
    `${'é'.repeat(33)}@example.com`,
    `jane@${'b'.repeat(64)}.example`,
    '',
  ])('%j can not', address => expect(emailRule(address, noHosts)?.[0]).toBe('format'));

  test('an address that is nearly right costs no more time than a right one', () => {
    const steps = `${'a.'.repeat(30)}@${'a-'.repeat(60)}.${'1.'.repeat(60)}`;
    expect(emailRule(steps, noHosts)?.[0]).toBe('format');
  });
});

describe('phone numbers', () => {
  test.each(['+15551234567', '+49 (30) 901-820', '030/901820', '112', '+1.201.555.0123', '0800 123 456'])(
    '%s can be dialled',
    number => expect(numberRule()(number, noHosts)).toBeNull(),
  );
  test.each([
    '',
    '+',
    '1',
    '+0301234567',
    '+1234',
    '+1234567890123456',
    '1234567890123456',
    'abc',
    '+1 555 CALL',
    '*100#',
    '+49+30123456',
    '123;456',
    '555\n0100',
    '٠٣٠١٢٣',
  ])('%j can not', number => expect(numberRule()(number, noHosts)?.[0]).toBe('format'));
  test.each([
    ['+15551234567', true],
    ['1 555 123-4567', true],
    ['0155 1234567', false],
    ['0049 30 901820', false],
    ['112', false],
  ] as const)('WhatsApp knows %s: %p', (number, isRight) => {
    expect(numberRule('international')(number, noHosts) === null).toBe(isRight);
  });
});
