/**
 * Open redirects and headers smuggled in, tried over a bare socket against everything a scanner can write: path, slug,
 * file, query, host, forwarding headers, referrer, language and the form of a password. Whatever comes, an answer leads
 * to where the code's owner has said, or nowhere, and has no header that a stranger wrote.
 */
import { afterAll, beforeAll, expect, setDefaultTimeout, test } from 'bun:test';
import { connect } from 'node:net';
import { caller } from '../support/client.ts';
import { type Program, startProgram } from '../support/program.ts';

setDefaultTimeout(180_000);

let program: Program;
const own = 'https://owner.example/menu';
/** Slugs, and whether what a scanner writes may stand in the query of where they lead. */
const slugs = { plain: false, passing: true, utms: true, fallback: false, split: false, locked: true } as const;

beforeAll(async () => {
  program = await startProgram();
  const call = caller(program.url, program.key);
  const routings: Record<keyof typeof slugs, object | undefined> = {
    plain: undefined,
    passing: { parameters: { pass: 'all', add: {} } },
    utms: { parameters: { pass: 'utm', add: { utm_medium: 'qr' } } },
    fallback: { paused: { fallback: `${own}?closed` } },
    split: {
      rules: [
        { name: 'half', when: {}, split: ['a', 'b'].map(name => ({ name, weight: 1, destination: `${own}/${name}` })) },
      ],
    },
    locked: { password: 'open sesame', parameters: { pass: 'all', add: {} } },
  };
  for (const [slug, routing] of Object.entries(routings)) {
    const json = { destination: own, slug: `try-${slug}`, ...(routing && { routing }) };
    expect((await call('POST', '/v1/qr/create', { json })).body.slug).toBe(`try-${slug}`);
  }
});
afterAll(async () => void (await program?.kill()));

const evil = 'evil.example';
const payloads = [
  `https://${evil}/`,
  `//${evil}/`,
  `/\\${evil}`,
  `https:${evil}`,
  `javascript:alert(1)//${evil}`,
  `%0d%0aLocation:%20https://${evil}/%0d%0aX-Injected:%201`,
  `%0aX-Injected:%201`,
  `%E5%98%8A%E5%98%8DX-Injected:%201`,
  `%00https://${evil}`,
  `@${evil}`,
  `.${evil}`,
  `%23@${evil}`,
];
const names =
  'url u next to target dest destination redirect redirect_url redirect_uri redir_url return returnTo goto link';
const parameters = `${names} continue location host slug file pass password utm_source utm_medium utm_campaign`.split(
  ' ',
);

interface Heard {
  readonly status: number;
  readonly headers: readonly (readonly [string, string])[];
}

/** Sends these bytes and hears the first answer. */
function send(text: string): Promise<Heard | undefined> {
  return new Promise((resolve, reject) => {
    const socket = connect(Number(new URL(program.url).port), '127.0.0.1', () => socket.write(text, 'latin1'));
    let heard = '';
    socket.setEncoding('latin1').on('data', (part: string) => {
      heard += part;
      if (heard.includes('\r\n\r\n')) socket.destroy();
    });
    socket.on('error', reject).on('close', () => {
      const [status, ...lines] = heard.split('\r\n\r\n', 1)[0]!.split('\r\n');
      const headers = lines.map(line => line.split(/: ?(.*)/s, 2) as [string, string]);
      resolve(status ? { status: Number(status.split(' ')[1]), headers } : undefined);
    });
  });
}

/** Our own headers, and no line break in any. */
function expectHarmless(heard: Heard | undefined, what: string, mayQuote = false): void {
  // A connection that is shut without an answer leads nowhere.
  if (!heard) return;
  const found = heard.headers.map(([name]) => name.toLowerCase());
  expect(found.filter(name => name.startsWith('x-injected') || name === 'set-cookie').map(() => what)).toEqual([]);
  const locations = heard.headers.filter(([name]) => name.toLowerCase() === 'location').map(([, value]) => value);
  expect([what, locations.length]).toEqual([what, heard.status === 302 || heard.status === 303 ? 1 : 0]);
  for (const location of locations) {
    const { origin, pathname, hash } = new URL(location);
    expect([what, origin, hash]).toEqual([what, 'https://owner.example', '']);
    expect([what, ['/menu', '/menu/a', '/menu/b'].includes(pathname)]).toEqual([what, true]);
    if (!mayQuote) expect([what, location.includes(evil)]).toEqual([what, false]);
  }
}

const request = (target: string, ...headers: string[]): string =>
  `${[`GET ${target} HTTP/1.1`, ...(headers.some(line => /^host:/i.test(line)) ? [] : ['Host: q.example']), 'User-Agent: Mozilla/5.0 (iPhone)', ...headers].join('\r\n')}\r\n\r\n`;

for (const [slug, mayQuote] of Object.entries(slugs)) {
  test(`no query parameter leads /try-${slug} elsewhere or writes a header`, async () => {
    for (const name of parameters)
      for (const payload of payloads) {
        const target = `/try-${slug}?${name}=${payload}`;
        expectHarmless(await send(request(target)), target, mayQuote);
        const nameless = `/try-${slug}?${payload}=1&${payload}`;
        if (name === 'url') expectHarmless(await send(request(nameless)), nameless, mayQuote);
      }
  });
}

test('no path, slug or file leads anywhere but where its code does', async () => {
  for (const payload of payloads)
    for (const target of [
      `/${payload}`,
      `//${evil}/try-plain`,
      `/try-plain/${payload}`,
      `/try-plain${payload}`,
      `/try-plain;${payload}`,
      `/try-plain#${payload}`,
      `/..//${payload}/try-plain`,
      `http://${evil}/try-plain`,
    ]) {
      expectHarmless(await send(request(target)), target);
    }
});

test('no header of a request leads elsewhere or comes back', async () => {
  for (const payload of [...payloads, evil, `${evil}\tX-Injected: 1`])
    for (const name of [
      'Host',
      'X-Forwarded-Host',
      'X-Forwarded-For',
      'X-Forwarded-Proto',
      'Forwarded',
      'X-Original-URL',
      'X-Rewrite-URL',
      'Referer',
      'Origin',
      'Accept-Language',
      'User-Agent',
      'X-Request-Id',
      'Cookie',
    ]) {
      for (const slug of ['try-plain', 'try-passing', 'nobody-knows-this'])
        expectHarmless(await send(request(`/${slug}`, `${name}: ${payload}`)), `${name}: ${payload}`);
    }
});

test('no form of a password leads elsewhere, the right one neither', async () => {
  for (const payload of payloads)
    for (const body of [`password=${payload}`, `password=open+sesame&next=${payload}`]) {
      for (const target of ['/try-locked', `/try-locked?next=${payload}`]) {
        const form = `Content-Type: application/x-www-form-urlencoded\r\nContent-Length: ${body.length}\r\n`;
        const head = `POST ${target} HTTP/1.1\r\nHost: q.example\r\nX-Forwarded-For: 9.9.9.${payloads.indexOf(payload)}\r\n`;
        expectHarmless(await send(`${head}${form}\r\n${body}`), `${target} ${body}`, true);
      }
    }
});

test('what was tried has led people on where it was right', async () => {
  for (const [slug, mayQuote] of Object.entries(slugs)) {
    const heard = await send(request(`/try-${slug}?utm_source=poster&table=7`));
    const location = heard!.headers.find(([name]) => name.toLowerCase() === 'location')?.[1];
    expect([slug, heard!.status]).toEqual([slug, slug === 'locked' ? 200 : 302]);
    if (slug !== 'locked') expect([slug, location!.includes('utm_source=poster')]).toEqual([slug, mayQuote]);
  }
});
