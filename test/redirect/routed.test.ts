/**
 * Scans of codes with a routing, as a phone sees them: where it is led, what it is shown, and what of it goes on record.
 */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'bun:test';
import type { Routing } from '../../events/routing.ts';
import type { Redirect } from '../../projections/redirects.ts';
import { lockOf } from '../../src/lock.ts';
import { Budget } from '../../src/redirect/budget.ts';
import { entryOf, now, type Redirecting, redirecting } from '../support/redirecting.ts';

const to = (path: string) => `https://example.com/${path}`;
const entry = (slug: string, routing: Routing, more: Partial<Redirect> = {}) => entryOf(slug, { routing, ...more });
const android = {
  'user-agent': 'Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 Chrome/125.0.0.0 Mobile Safari/537.36',
};
const variants = ['a', 'b'].map(name => ({ name, weight: 1, destination: to(name) }));

let redirect: Redirecting;
let lock: string;
beforeAll(async () => {
  lock = await lockOf('Größe 7');
  const card = { held: { type: 'vcard' as const, content: { firstName: 'Jane' } }, destination: null };
  redirect = await redirecting([
    entry('lang', { rules: [{ name: 'german', when: { languages: ['de'] }, destination: to('de') }] }),
    entry('table', { rules: [{ name: 'bar', when: { query: { table: '12' } }, destination: to('bar') }] }),
    entry('split', { rules: [{ name: 'test', when: {}, split: variants }] }),
    entry('tagged', { parameters: { pass: 'utm', add: { utm_source: 'poster' } } }),
    entry('app', { appLinks: { ios: 'exampleapp://menu/12', android: 'https://play.example/' } }),
    entry('early', { startsAt: now + 1 }),
    entry('late', { expiresAt: now }),
    entry('paused', { paused: { fallback: null } }),
    entry('hidden', {
      startsAt: now + 1,
      lock,
      maxScans: 1,
      rules: [{ name: 'r', when: {}, destination: to('inside') }],
    }),
    entry('hidden-card', { paused: { fallback: null }, lock }, card),
    entry('away', { paused: { fallback: to('meanwhile') } }),
    entry('twice', { maxScans: 2 }),
    entry('locked', { lock, rules: [{ name: 'r', when: {}, destination: to('inside') }] }),
    entry('locked-late', { lock, expiresAt: now }),
    entry('locked-away', { lock, paused: { fallback: to('meanwhile') } }),
    entry('card', { lock }, card),
    entry('open-card', { maxScans: 1 }, card),
  ]);
});
afterAll(() => redirect.close());
beforeEach(() => {
  redirect.seen.length = 0;
});
afterEach(() => expect(redirect.errors.splice(0)).toEqual([]));

const location = async (...asked: Parameters<Redirecting['ask']>) =>
  (await redirect.ask(...asked)).headers.get('location');
const rules = () => redirect.seen.map(({ data }) => data.rule);

describe('a scan', () => {
  test('is led by the rule that matches, and the rule is on record', async () => {
    expect(await location('lang', { 'accept-language': 'de-AT,en;q=0.5' })).toBe(to('de'));
    expect(await location('lang', { 'accept-language': 'en' })).toBe(to('lang'));
    expect(await location('table?table=12')).toBe(to('bar'));
    expect(await location('table?table=13')).toBe(to('table'));
    expect(rules()).toEqual(['german', null, 'bar', null]);
    expect(redirect.seen[0]!.data).toMatchObject({ qr: 'qr_lang', qrVersion: 3, kind: 'scan', language: 'de' });
  });

  test('of a split leads a visitor the same way every time, and visitors about as the weights say', async () => {
    const counts = new Map<string, number>();
    for (let n = 0; n < 400; n++) {
      const headers = { 'user-agent': `Mozilla/5.0 (iPhone) Safari/${n}` };
      const first = await location('split', headers);
      expect(await location('split', headers)).toBe(first);
      counts.set(first!, (counts.get(first!) ?? 0) + 1);
    }
    expect([...counts.keys()].sort()).toEqual([to('a'), to('b')]);
    for (const count of counts.values()) expect(Math.abs(count - 200)).toBeLessThan(60);
    expect(new Set(rules())).toEqual(new Set(['test/a', 'test/b']));
  });

  test('hands on what the owner lets through, and nothing else', async () => {
    expect(await location('tagged?utm_medium=print&x=1')).toBe(to('tagged?utm_medium=print&utm_source=poster'));
    expect(await location('tagged?utm_source=mail')).toBe(to('tagged?utm_source=mail'));
    expect(await location('lang?utm_source=mail')).toBe(to('lang'));
  });

  test('into an app is a page with a button, since not everybody has it', async () => {
    const page = await redirect.ask('app');
    expect([page.status, page.headers.get('location')]).toEqual([200, null]);
    const text = await page.text();
    expect(text).toContain('href="exampleapp://menu/12"');
    expect(text).toContain(`href="${to('app')}"`);
    expect(await location('app', android)).toBe('https://play.example/');
    expect(rules()).toEqual(['@ios', '@android']);
  });
});

describe('who is led nowhere', () => {
  test.each([
    ['early', 404, 'There is no code at this address'],
    ['late', 410, 'The time of this code is over'],
    ['paused', 404, 'There is no code at this address'],
  ])('has not scanned: %s', async (slug, status, words) => {
    const response = await redirect.ask(slug);
    expect([response.status, response.headers.get('location')]).toEqual([status, null]);
    expect(await response.text()).toContain(words);
    expect(redirect.seen).toEqual([]);
  });

  test.each(['early', 'paused', 'hidden', 'hidden-card'])(
    'before a code starts, and while it is paused, sees letter by letter what is seen where there is none: %s',
    async slug => {
      const form = { 'content-type': 'application/x-www-form-urlencoded', 'content-length': '10' };
      for (const [path, headers, init] of [
        ['', {}, {}],
        ['?utm_source=x', {}, { method: 'HEAD' }],
        ['', form, { method: 'POST', body: 'password=x' }],
        ['', {}, { method: 'DELETE' }],
        ['/contact.vcf', {}, {}],
        ['/contact.vcf', {}, { method: 'POST' }],
      ] as const) {
        const told = async (name: string) => {
          const answer = await redirect.ask(name + path, headers, init);
          return [answer.status, [...answer.headers], await answer.text()];
        };
        expect(await told(slug)).toEqual(await told('nobody-knows'));
      }
      // What only codes are asked about was not looked at.
      expect(redirect.seen).toEqual([]);
    },
  );

  test('of a hidden code is nowhere as surely as of one that there is none of, and has not guessed', async () => {
    let isComplete = true;
    const other = await redirecting([entry('paused', { paused: { fallback: null } })], {
      isComplete: () => isComplete,
      misses: new Budget({ max: 1, everyMs: 60_000 }),
    });
    for (let n = 0; n < 3; n++) expect((await other.ask('paused')).status).toBe(404);
    expect([(await other.ask('none')).status, (await other.ask('paused')).status]).toEqual([404, 429]);
    isComplete = false;
    const away = await other.handle(new Request('http://localhost/paused'), 'paused', '198.51.100.8');
    expect([away.status, away.headers.get('retry-after')]).toEqual([503, '2']);
    await other.close();
  });

  test('is led to the fallback of a pause, if there is one', async () => {
    expect(await location('away')).toBe(to('meanwhile'));
    expect(rules()).toEqual(['@paused']);
  });

  test('after as many scans as there may be is told so, and bots and HEAD take none of them', async () => {
    const ask = async (headers = {}, method = 'GET') => (await redirect.ask('twice', headers, { method })).status;
    expect(await ask({ 'user-agent': 'Googlebot/2.1' })).toBe(302);
    expect(await ask({}, 'HEAD')).toBe(302);
    const together = await Promise.all([ask(), ask(), ask(), ask()]);
    expect(together.sort()).toEqual([302, 302, 410, 410]);
    expect(redirect.seen.map(({ data }) => data.kind).sort()).toEqual(['bot', 'head', 'scan', 'scan']);
  });
});

describe('a password', () => {
  const type = { 'content-type': 'application/x-www-form-urlencoded' };
  const send = (slug: string, password: string, headers: Record<string, string> = type) => {
    const body = new URLSearchParams({ password }).toString();
    const length = { 'content-length': String(body.length) };
    return redirect.ask(slug, { ...length, ...headers }, { method: 'POST', body });
  };

  test('is asked for with a form that runs nothing and goes to its own address, and that is no scan', async () => {
    const response = await redirect.ask('locked');
    expect(response.status).toBe(200);
    const text = await response.text();
    expect(text).toContain('<form method="post">');
    expect(text).not.toMatch(/<script|action=/);
    expect(response.headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(text).not.toContain('example.com');
    expect(redirect.seen).toEqual([]);
  });

  test('that comes when the code is closed by now, or paused, is answered like whoever comes then', async () => {
    const over = await send('locked-late', 'Größe 7');
    expect([over.status, await over.text()]).toEqual([410, expect.stringContaining('The time of this code is over')]);
    expect(redirect.seen).toEqual([]);
    const meanwhile = await send('locked-away', 'x');
    expect([meanwhile.status, meanwhile.headers.get('location')]).toEqual([303, to('meanwhile')]);
    expect(rules()).toEqual(['@paused']);
  });

  test('that is right leads on, and that is one scan', async () => {
    const response = await send('locked', 'Größe 7');
    expect([response.status, response.headers.get('location')]).toEqual([303, to('inside')]);
    expect(redirect.seen.map(({ data }) => [data.qr, data.rule, data.kind])).toEqual([['qr_locked', 'r', 'scan']]);
    // Accents are encoded in two ways, and phones differ.
    expect((await send('locked', 'Größe 7'.normalize('NFD'))).status).toBe(303);
  });

  test('that is wrong, or no form, gets the form again', async () => {
    for (const response of [
      await send('locked', 'x'),
      await send('locked', 'Größe 7', { 'content-type': 'text/plain' }),
    ]) {
      expect(response.status).toBe(403);
      expect(await response.text()).toContain('This is not the password');
    }
    expect(redirect.seen).toEqual([]);
  });

  test('can be tried a few times only, and then the right one is not let in either', async () => {
    const other = await redirecting([entry('locked', { lock })]);
    const body = (password: string) => new URLSearchParams({ password }).toString();
    const ask = (password: string) =>
      other.ask(
        'locked',
        { ...type, 'content-length': String(body(password).length) },
        { method: 'POST', body: body(password) },
      );
    for (let n = 0; n < 10; n++) expect((await ask('x')).status).toBe(403);
    const last = await ask('Größe 7');
    expect([last.status, last.headers.get('retry-after')]).toEqual([429, '120']);
    expect(other.seen).toEqual([]);
    await other.close();
  });

  test('opens the files of a content too, for a while and by the address in the page only', async () => {
    expect((await redirect.ask('card/contact.vcf')).status).toBe(404);
    const page = await send('card', 'Größe 7');
    expect(page.status).toBe(200);
    const [, path] = /href="\/(card\/contact\.vcf\?pass=[^"]+)"/.exec(await page.text()) ?? [];
    const file = await redirect.ask(path!);
    expect([file.status, file.headers.get('content-type')]).toEqual([200, 'text/vcard; charset=utf-8']);
    expect((await redirect.ask(path!.replace(/.$/, last => (last === 'A' ? 'B' : 'A')))).status).toBe(404);
    expect((await redirect.ask(path!.replace('card/', 'locked/'))).status).toBe(404);
  });

  test.each(['lang', 'paused', 'late', 'nobody-knows'])('is taken by no code that asks for none: %s', async slug => {
    const { status } = await send(slug, 'x');
    expect([404, 405]).toContain(status);
    expect(redirect.seen).toEqual([]);
  });
});

test('the file of a limited code is given to whoever was shown its page', async () => {
  expect((await redirect.ask('open-card')).status).toBe(200);
  expect((await redirect.ask('open-card')).status).toBe(410);
  expect((await redirect.ask('open-card/contact.vcf')).status).toBe(200);
});
