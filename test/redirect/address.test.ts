/**
 * Who is believed about a client's address. Every entry left of the first untrusted one may be a lie, and several
 * spellings of one address must not become several visitors.
 */
import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { NO_ADDRESS, parseCidrs, trustedProxies } from '../../src/redirect/address.ts';

const clientAddress = trustedProxies(parseCidrs('loopback, 10.0.0.0/8, 2001:db8:ffff::/48, 192.0.2.1'));

describe('the client is', () => {
  test.each([
    ['the peer, when no header came', '198.51.100.7', null, '198.51.100.7'],
    ['the peer, when it is no proxy of ours', '198.51.100.7', '203.0.113.5', '198.51.100.7'],
    ['the peer, when our proxy says nothing', '10.0.0.1', '', '10.0.0.1'],
    ['whom our proxy saw', '10.0.0.1', '203.0.113.5', '203.0.113.5'],
    ['whom the outermost of our proxies saw', '127.0.0.1', '203.0.113.5, 10.9.9.9,192.0.2.1', '203.0.113.5'],
    ['not whom a client claims to be', '10.0.0.1', '8.8.8.8, 203.0.113.5', '203.0.113.5'],
    ['not a proxy of ours that a client names', '10.0.0.1', '10.0.0.2, 203.0.113.5', '203.0.113.5'],
    ['the leftmost, when all are ours', '10.0.0.1', '10.0.0.3, 10.0.0.2', '10.0.0.3'],
    ['the last good address before an empty entry', '10.0.0.1', '8.8.8.8,,10.0.0.2', '10.0.0.2'],
    ['the last good address before "unknown"', '10.0.0.1', '8.8.8.8, unknown', '10.0.0.1'],
    ['the last good address before an octal one', '10.0.0.1', '010.0.0.9', '10.0.0.1'],
    ['the last good address before a short one', '10.0.0.1', '127.1', '10.0.0.1'],
    ['the last good address before one out of range', '10.0.0.1', '300.1.1.1', '10.0.0.1'],
    ['the last good address before one with a leading zero', '10.0.0.1', '8.8.08.8', '10.0.0.1'],
    ['the last good address before one of five parts', '10.0.0.1', '8.8.8.8.8', '10.0.0.1'],
    ['the last good address before one that ends with a dot', '10.0.0.1', '8.8.8.', '10.0.0.1'],
    ['a proxy of ours that our proxy saw', '10.0.0.1', '192.0.2.1', '192.0.2.1'],
    ['nobody, without a peer', null, '203.0.113.5', NO_ADDRESS],
    ['nobody, when the peer is no address', 'unix:/run/socket', '203.0.113.5', NO_ADDRESS],
  ])('%s', (_, peer, forwardedFor, client) => {
    expect(clientAddress(peer, forwardedFor)).toBe(client);
  });

  test('looked for through 16 proxies and no further', () => {
    const hops = Array.from({ length: 1_000 }, (_, i) => `10.1.${i >> 8}.${i & 255}`);
    expect(clientAddress('10.0.0.1', hops.join(','))).toBe(hops.at(-16)!);
  });
});

test('one IPv4 client behind one IPv4 proxy is the same whether spelled plainly or not', () => {
  fc.assert(
    fc.property(
      fc.oneof(fc.ipV4(), fc.constantFrom('10.0.0.1', '127.0.0.1', '192.0.2.1')),
      fc.ipV4(),
      (peer, client) => {
        // Blanks and ports are no part of an address, and send it the long way.
        expect(clientAddress(peer, client)).toBe(clientAddress(`${peer}:1`, ` ${client}:2`));
      },
    ),
  );
});

describe('every address has one spelling:', () => {
  test.each([
    ['1.2.3.4:567', '1.2.3.4'],
    ['::ffff:1.2.3.4', '1.2.3.4'],
    ['::FFFF:102:304', '1.2.3.4'],
    ['[::ffff:1.2.3.4]:567', '1.2.3.4'],
    ['[::1]:567', '::1'],
    ['[2001:DB8::1]', '2001:db8::1'],
    ['2001:0db8:0:0:0:0:0:1', '2001:db8::1'],
    ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
    ['fe80::1%eth0', 'fe80::1'],
    ['[fe80::1%25en0]:80', 'fe80::1'],
    [' 1.2.3.4 ', '1.2.3.4'],
  ])('%p is %p', (peer, client) => {
    expect(clientAddress(peer, null)).toBe(client);
  });

  test('what comes out comes out the same when it goes in again', () => {
    fc.assert(
      fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), text => {
        const once = clientAddress(text, null);
        expect(once).not.toBe('');
        expect(clientAddress(once, null)).toBe(once);
      }),
    );
  });

  test('a header of any text is no error', () => {
    const parts = fc.constantFrom('10.0.0.1', '::', ':', ',', '[', ']', '%', '.', '1', 'f', ' ', '"', 'x');
    fc.assert(fc.property(fc.array(parts), text => clientAddress('10.0.0.1', text.join('')).length > 0));
  });
});

describe("the operator's list of proxies", () => {
  test.each([
    ['', []],
    [' , ', []],
    ['loopback', ['127.0.0.0/8', '::1/128']],
    ['10.0.0.0/8, 192.0.2.1,2001:db8::1', ['10.0.0.0/8', '192.0.2.1/32', '2001:db8::1/128']],
    ['fd00::/8,loopback', ['fd00::/8', '127.0.0.0/8', '::1/128']],
  ])('%p is %p', (text, cidrs) => {
    expect(parseCidrs(text)).toEqual(cidrs);
  });

  test.each(['10/8', '10.0.0.0/33', '10.0.0.0/', '::1/129', 'Loopback!', 'proxy.example', '010.0.0.1', '1.2.3.4:80'])(
    'must not contain %p, and the error names it',
    entry => {
      expect(() => parseCidrs(`127.0.0.1, ${entry}`)).toThrow(`"${entry}"`);
    },
  );

  test('trusts what it contains and nothing beside it', () => {
    const trusts = (cidrs: string, peer: string) => trustedProxies(parseCidrs(cidrs))(peer, '8.8.8.8') === '8.8.8.8';
    expect(trusts('10.1.0.0/16', '10.1.255.255')).toBe(true);
    expect(trusts('10.1.0.0/16', '::ffff:10.1.0.1')).toBe(true);
    expect(trusts('10.1.0.0/16', '10.2.0.0')).toBe(false);
    expect(trusts('2001:db8::/33', '2001:db8:7fff::1')).toBe(true);
    expect(trusts('2001:db8::/33', '2001:db8:8000::1')).toBe(false);
    expect(trusts('0.0.0.0/0', '2001:db8::1')).toBe(false);
    expect(trusts('', '127.0.0.1')).toBe(false);
  });
});
