/**
 * Which addresses a webhook may reach, judged by the address and not by its spelling: every special range, every address
 * that carries another one inside, and what the operator's own networks change about it.
 */
import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { addressFault, connectionFault, networksOf, urlFaults } from '../../src/webhooks/vetting.ts';

const nowhere = networksOf([]);
const notPublic = 'The address is not a public one.';
const faultOf = (host: string) => urlFaults(`https://${host}/`, nowhere);

describe('what is public is taken', () => {
  test.each([
    '8.8.8.8',
    '1.1.1.1',
    '172.15.255.255',
    '172.32.0.0',
    '100.63.255.255',
    '100.128.0.0',
    '223.255.255.255',
    '[2606:4700::1111]',
    '[2a00:1450:4001:80b::200e]',
    '[::ffff:8.8.8.8]',
    'example.com',
    'example.com.',
    'localhost.example.com',
    'xn--bcher-kva.example',
  ])('%s', host => {
    expect(faultOf(host)).toEqual([]);
  });
});

describe('what is not public is refused, range by range', () => {
  test.each([
    ['this network', '0.0.0.0'],
    ['private', '10.0.0.1'],
    ['carrier-grade NAT', '100.64.0.1'],
    ['the metadata of Alibaba', '100.100.100.200'],
    ['loopback', '127.0.0.1'],
    ['the end of loopback', '127.255.255.254'],
    ['link-local, and the metadata of most clouds', '169.254.169.254'],
    ['the wire server of Azure', '168.63.129.16'],
    ['private', '172.16.0.1'],
    ['private', '172.31.255.255'],
    ['private', '192.168.1.1'],
    ['protocol assignments', '192.0.0.192'],
    ['documentation', '192.0.2.1'],
    ['6to4 relays', '192.88.99.1'],
    ['benchmarks', '198.19.255.255'],
    ['multicast', '224.0.0.1'],
    ['reserved', '240.0.0.1'],
    ['broadcast', '255.255.255.255'],
    ['unspecified', '[::]'],
    ['loopback', '[::1]'],
    ['mapped', '[::ffff:127.0.0.1]'],
    ['mapped in hex', '[::ffff:7f00:1]'],
    ['IPv4-compatible', '[::127.0.0.1]'],
    ['translated', '[::ffff:0:127.0.0.1]'],
    ['NAT64', '[64:ff9b::127.0.0.1]'],
    ['local NAT64', '[64:ff9b:1::7f00:1]'],
    ['6to4', '[2002:7f00:1::]'],
    ['6to4 of a public one', '[2002:808:808::1]'],
    ['Teredo', '[2001:0:7f00:1::]'],
    ['ISATAP', '[2606:4700::5efe:7f00:1]'],
    ['ISATAP with its universal bit', '[2606:4700::200:5efe:a00:1]'],
    ['unique local', '[fd00:ec2::254]'],
    ['link-local', '[fe80::1]'],
    ['site-local', '[fec0::1]'],
    ['multicast', '[ff02::1]'],
    ['documentation', '[2001:db8::1]'],
    ['new documentation', '[3fff::1]'],
    ['ORCHID', '[2001:20::1]'],
    ['segment routing', '[5f00::1]'],
    ['discard', '[100::1]'],
    ['never given out', '[4000::1]'],
  ])('%s %s', (_, host) => {
    expect(faultOf(host)).toEqual([notPublic]);
    expect(addressFault(host, nowhere)).toBe(notPublic);
    expect(connectionFault(new URL('https://example.com/'), host, nowhere)).toBe(notPublic);
  });
});

describe('every spelling of an address is that address', () => {
  test.each([
    '127.1',
    '127.0.1',
    '2130706433',
    '0x7f000001',
    '0x7F.0.0.1',
    '0177.0.0.1',
    '017700000001',
    '0x7f.1',
    '127.0.0.1.',
    '①②⑦.⓪.⓪.①',
    '１２７.０.０.１',
    '127%2e0%2e0%2e1',
    '127。0。0。1',
    '[0:0:0:0:0:0:0:1]',
    '[0000:0000:0000:0000:0000:0000:0000:0001]',
    '[::FFFF:7F00:0001]',
  ])('%s', host => {
    expect(faultOf(host)).toEqual([notPublic]);
  });

  test('of four bytes: decimal, hex, octal, one number, mapped', () => {
    fc.assert(
      fc.property(fc.ipV4(), address => {
        const [a, b, c, d] = address.split('.').map(Number) as [number, number, number, number];
        const whole = ((a << 24) | (b << 16) | (c << 8) | d) >>> 0;
        const spellings = [
          `${whole}`,
          `0x${whole.toString(16)}`,
          `0${whole.toString(8)}`,
          `${a}.${((b << 16) | (c << 8) | d) >>> 0}`,
          `0x${a.toString(16)}.0${b.toString(8)}.${(c << 8) | d}`,
          `[::ffff:${address}]`,
        ];
        for (const spelling of spellings) expect(faultOf(spelling)).toEqual(faultOf(address));
      }),
    );
  });
});

describe('a name', () => {
  test.each(['localhost', 'LOCALHOST', 'localhost.', 'api.localhost'])('%s is this machine', name => {
    expect(faultOf(name)).toEqual(['The name means this machine itself.']);
    expect(urlFaults(`https://${name}/`, networksOf(['127.0.0.0/8']))).toEqual([]);
  });

  test('is judged by each address it has when it is connected to', () => {
    const url = new URL('https://example.com/');
    expect(connectionFault(url, '8.8.8.8', nowhere)).toBeNull();
    expect(connectionFault(url, '::ffff:10.0.0.1', nowhere)).toBe(notPublic);
    expect(connectionFault(url, 'example.com', nowhere)).toBe(notPublic);
    expect(connectionFault(url, 'fe80::1%eth0', nowhere)).toBe(notPublic);
    expect(connectionFault(url, '', nowhere)).toBe(notPublic);
  });
});

describe('a URL', () => {
  test.each([
    ['http://example.com/', ['The URL must start with https://.']],
    ['ftp://example.com/', ['The URL must start with https://.']],
    ['file:///etc/passwd', ['The URL must start with https://.']],
    ['javascript:alert(1)', ['The URL must start with https://.']],
    ['example.com/hook', ['The URL must start with https://.']],
    ['', ['The URL must start with https://.']],
    ['https://[fe80::1%25eth0]/', ['The URL names no host, or a port that there is not.']],
    ['https://example.com:99999/', ['The URL names no host, or a port that there is not.']],
    ['HTTPS://exa mple.com/', ['The URL names no host, or a port that there is not.']],
    ['https://u@example.com/', ['The URL can not hold a user name or a password.']],
    ['https://:p@example.com/', ['The URL can not hold a user name or a password.']],
    ['https://example.com:22/', ['The port must be 443, 80 or one from 1024 on.']],
    ['https://example.com:0/', ['The port must be 443, 80 or one from 1024 on.']],
    ['https://example.com:443/', []],
    ['https://example.com:80/', []],
    ['https://example.com:8443/', []],
    ['https://8.8.8.8@127.0.0.1/', [notPublic, 'The URL can not hold a user name or a password.']],
    ['https://127.0.0.1\\@8.8.8.8/', [notPublic]],
  ])('%s', (url, faults) => {
    expect(urlFaults(url, nowhere)).toEqual(faults);
  });

  test('has all its faults named at once', () => {
    expect(urlFaults('http://u:p@10.0.0.1:22/', nowhere)).toHaveLength(4);
  });
});

describe('in networks that the operator allows', () => {
  const allow = networksOf(['10.0.0.0/8', 'fd00::/8']);

  test('plain HTTP and any port may be used, by address and by name', () => {
    expect(urlFaults('http://10.1.2.3:25/', allow)).toEqual([]);
    expect(urlFaults('http://[fd00::1]/', allow)).toEqual([]);
    expect(urlFaults('http://[::ffff:10.1.2.3]/', allow)).toEqual([]);
    expect(urlFaults('http://hooks.internal:81/', allow)).toEqual([]);
    expect(connectionFault(new URL('http://hooks.internal:81/'), '10.1.2.3', allow)).toBeNull();
  });

  test('and nowhere else: who answers from outside is called by https at a port of the web', () => {
    expect(urlFaults('http://192.168.0.1/', allow)).toContain(notPublic);
    expect(urlFaults('http://8.8.8.8/', allow)).toEqual(['The URL must start with https://.']);
    expect(connectionFault(new URL('http://hooks.internal/'), '8.8.8.8', allow)).toBe(
      'Only https is called outside of the allowed networks.',
    );
    expect(connectionFault(new URL('https://hooks.internal:25/'), '8.8.8.8', allow)).toBe(
      'The port is not one of a web server.',
    );
    expect(connectionFault(new URL('https://hooks.internal/'), '127.0.0.1', allow)).toBe(notPublic);
  });

  test('a network that is none is refused', () => {
    expect(() => networksOf(['10.0.0.0/33'])).toThrow();
    expect(() => networksOf(['hooks.internal'])).toThrow();
  });
});
