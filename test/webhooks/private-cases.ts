/**
 * Ways to lead a webhook to where it must not go: spellings of addresses, addresses within addresses, URLs that are read
 * in two ways, names that resolve to what is private or to something else each time, and answers that point there.
 */

/** The same address in decimal, hexadecimal and octal parts, of four down to one of them. */
function spelt(address: string): string[] {
  const [a, b, c, d] = address.split('.').map(Number) as [number, number, number, number];
  const whole = ((a << 24) | (b << 16) | (c << 8) | d) >>> 0;
  const tail = (b << 16) | (c << 8) | d;
  const hex = (n: number) => `0x${n.toString(16)}`;
  const octal = (n: number) => `0${n.toString(8)}`;
  const wide = (text: string) =>
    [...text].map(each => (each === '.' ? '。' : String.fromCodePoint(each.codePointAt(0)! + 0xfee0))).join('');
  return [
    address,
    `${address}.`,
    `${whole}`,
    hex(whole),
    hex(whole).toUpperCase().replace('X', 'x'),
    octal(whole),
    `${a}.${tail}`,
    `${a}.${b}.${(c << 8) | d}`,
    `${hex(a)}.${hex(b)}.${hex(c)}.${hex(d)}`,
    `${octal(a)}.${octal(b)}.${octal(c)}.${octal(d)}`,
    `${hex(a)}.${octal(b)}.${(c << 8) | d}`,
    `000${octal(a)}.0.0.${octal(d)}`,
    wide(address),
    address.replaceAll('.', '%2e'),
    [...address].map(each => (/\d/.test(each) ? `%3${each}` : each)).join(''),
    `[::ffff:${address}]`,
    `[0:0:0:0:0:ffff:${address}]`,
    `[::FFFF:${(whole >>> 16).toString(16)}:${(whole & 0xffff).toString(16)}]`,
  ];
}

/** All of them mean the loopback address that the private listener has. */
export const spellings: readonly string[] = spelt('127.0.0.1');

const carried = ['7f00:1', '127.0.0.1', 'a00:1', 'a9fe:a9fe'];
/** Addresses that hold a private one, or are private themselves, and that no spelling of IPv4 is. */
export const carriers: readonly string[] = [
  ...carried.flatMap(inner => [`[::${inner}]`, `[64:ff9b::${inner}]`, `[64:ff9b:1::${inner}]`, `[::ffff:0:${inner}]`]),
  ...['7f00:1', 'a00:1', 'a9fe:a9fe'].flatMap(inner => [
    `[2002:${inner}::]`,
    `[2002:${inner}::1]`,
    `[2001:0:${inner}::]`,
    `[2606:4700::5efe:${inner}]`,
    `[2606:4700::200:5efe:${inner}]`,
    `[fe80::5efe:${inner}]`,
  ]),
  ...['[::1]', '[0:0:0:0:0:0:0:1]', '[0000::0001]', '[::]', '[fe80::1]', '[fc00::1]', '[fd00:ec2::254]', '[fec0::1]'],
  ...['[ff02::1]', '[100::1]', '[2001:db8::1]', '[3fff::1]', '[5f00::1]', '[4000::1]', '[2001:20::1]'],
  ...['10.0.0.1', '172.16.0.1', '172.31.255.254', '192.168.1.1', '100.64.0.1', '169.254.169.254', '168.63.129.16'],
  ...['0.0.0.0', '0.1.2.3', '192.0.0.192', '192.0.2.1', '198.18.0.1', '203.0.113.1', '224.0.0.1', '240.0.0.1'],
  ...['255.255.255.255', '127.0.0.3', '127.255.255.254', '192.88.99.1', '192.175.48.1'],
];

/** Who reads the host out of these in another way than we do ends up somewhere else; `PORT` is the listener's. */
export const trickyUrls: readonly string[] = [
  'http://8.8.8.8@127.0.0.1:PORT/',
  'http://8.8.8.8:80@127.0.0.1:PORT/',
  'http://user:pass@127.0.0.1:PORT/',
  'http://127.0.0.1:PORT#@8.8.8.8/',
  'http://127.0.0.1:PORT?@8.8.8.8/',
  'http://127.0.0.1:PORT\\@8.8.8.8/',
  'http:\\\\127.0.0.1:PORT\\',
  'http:/127.0.0.1:PORT/',
  'http:127.0.0.1:PORT/',
  'http:///127.0.0.1:PORT/',
  ' http://127.0.0.1:PORT/ ',
  'HTTP://127.0.0.1:PORT/',
  'ht\ntp://127.0.0.1:PORT/',
  'http://127.0.\t0.1:PORT/',
  'http://127.0.0.1:0PORT/',
  'https://127.0.0.1:PORT/',
  'ftp://127.0.0.1:PORT/',
  'ws://127.0.0.1:PORT/',
  'gopher://127.0.0.1:PORT/',
  'file://127.0.0.1:PORT/',
  'data:text/plain,127.0.0.1:PORT',
  'unix://127.0.0.1:PORT/',
  'http://localhost:PORT/',
  'http://LOCALHOST:PORT/',
  'http://localhost.:PORT/',
  'http://a.localhost:PORT/',
  'http://hooks.example:PORT/',
  'http://hooks.example.:PORT/',
  'http://127.0.0.1.nip.example:PORT/',
  'http://xn--127-0-0-1.example:PORT/',
  'http://[::ffff:127.0.0.1%25lo]:PORT/',
  'http://[::1%lo]:PORT/',
  'http://①②⑦.⓪.⓪.①:PORT/',
  'http://127。0。0。1:PORT/',
  'http://0:PORT/',
  'http://0.0.0.0:PORT/',
  'http://[::]:PORT/',
  'http://127.0.0.2@127.0.0.1:PORT/',
];

/** What a name says it is. */
export const answersOfNames: readonly (readonly string[])[] = [
  ...[
    '127.0.0.1',
    '::1',
    '::ffff:127.0.0.1',
    '::ffff:7f00:1',
    '0.0.0.0',
    '::',
    '10.0.0.1',
    '192.168.0.1',
    '172.16.0.1',
  ],
  ...['169.254.169.254', '100.64.0.1', 'fd00::1', 'fe80::1', '64:ff9b::7f00:1', '2002:7f00:1::', '2001:0:7f00:1::'],
  ...[
    '::7f00:1',
    '224.0.0.1',
    '255.255.255.255',
    '168.63.129.16',
    'fe80::1%lo',
    '127.0.0.1%lo',
    'localhost',
    '',
    '127.1',
  ],
  ...['0177.0.0.1', '2130706433', '0x7f000001'],
]
  .map(address => [address])
  .concat([
    ['127.0.0.2', '127.0.0.1'],
    ['127.0.0.1', '127.0.0.2'],
    ['8.8.8.8', '127.0.0.1'],
    ['127.0.0.2', '::1'],
    ['127.0.0.2', '127.0.0.2', '127.0.0.2', '10.0.0.1'],
    [],
  ]);

const [good, bad, mixed] = [['127.0.0.2'], ['127.0.0.1'], ['127.0.0.2', '127.0.0.1']];
/** What a name says the first time it is asked, the second time, and so on. */
export const changingNames: readonly (readonly (readonly string[])[])[] = [
  [good, bad],
  [bad, good],
  [good, good, bad],
  [good, bad, bad],
  [good, mixed],
  [mixed, good, bad],
  [good, ['::ffff:127.0.0.1']],
  [good, ['::1']],
  [good, [], bad],
  [good, good, good, bad],
];

/** An answer's status and headers that point to the private listener. */
export const redirectsTo: readonly (readonly [number, Readonly<Record<string, string>>])[] = [
  ...[300, 301, 302, 303, 305, 307, 308].map(status => [status, { location: 'http://127.0.0.1:PORT/' }] as const),
  ...['//127.0.0.1:PORT/', 'http://2130706433:PORT/', 'http://[::ffff:127.0.0.1]:PORT/', 'HTTP://127.0.0.1:PORT'].map(
    location => [307, { location }] as const,
  ),
  [302, { location: 'http://localhost:PORT/' }],
  [302, { location: 'http://8.8.8.8@127.0.0.1:PORT/' }],
  [201, { location: 'http://127.0.0.1:PORT/' }],
  [200, { refresh: '0; url=http://127.0.0.1:PORT/' }],
  [200, { link: '<http://127.0.0.1:PORT/>; rel=preload' }],
  [200, { 'alt-svc': 'http/1.1="127.0.0.1:PORT"; ma=3600' }],
  [200, { 'content-location': 'http://127.0.0.1:PORT/' }],
  [503, { location: 'http://127.0.0.1:PORT/', 'retry-after': '0' }],
];
