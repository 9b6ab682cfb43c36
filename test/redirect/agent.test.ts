/**
 * User agents as they are sent in real life, and what is recorded of them. The table grows with every one that was taken
 * for something else.
 */
import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { AGENT_LENGTH_MAX, describeAgent, isPrefetch } from '../../src/redirect/agent.ts';

const WEBKIT = 'AppleWebKit/605.1.15 (KHTML, like Gecko)';
const CHROME = 'AppleWebKit/537.36 (KHTML, like Gecko) Chrome/137.0.0.0';
const IPHONE = `Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) ${WEBKIT}`;
const IPAD = `Mozilla/5.0 (iPad; CPU OS 12_5 like Mac OS X) ${WEBKIT}`;
const MAC = `Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) ${WEBKIT}`;
const WINDOWS = `Mozilla/5.0 (Windows NT 10.0; Win64; x64) ${CHROME}`;
const chromeOn = (system: string) => `Mozilla/5.0 (${system}) ${CHROME}`;
const firefoxOn = (system: string) => `Mozilla/5.0 (${system}; rv:128.0) Gecko/20100101 Firefox/128.0`;

describe('people are told apart by what they hold:', () => {
  test.each([
    ['an iPhone', `${IPHONE} Version/18.5 Mobile/15E148 Safari/604.1`, 'mobile, iOS, Safari'],
    ['Chrome on an iPhone', `${IPHONE} CriOS/126.0.6478.54 Mobile/15E148 Safari/604.1`, 'mobile, iOS, Chrome'],
    ['the browser within Instagram', `${IPHONE} Mobile/15E148 Instagram 334.0.4.32.98`, 'mobile, iOS, Safari'],
    ['the browser within TikTok', `${IPHONE} Mobile/15E148 musical_ly_34.9.0`, 'mobile, iOS, Safari'],
    ['an Android phone', `${chromeOn('Linux; Android 10; K')} Mobile Safari/537.36`, 'mobile, Android, Chrome'],
    ['a CUBOT', `${chromeOn('Linux; Android 10; CUBOT_X30')} Mobile Safari/537.36`, 'mobile, Android, Chrome'],
    [
      'a Galaxy',
      `${chromeOn('Linux; Android 14; SM-S921B').replace(' Chrome', ' SamsungBrowser/25.0 Chrome')} Mobile Safari/537.36`,
      'mobile, Android, Samsung Internet for Android',
    ],
    ['Firefox on a phone', firefoxOn('Android 14; Mobile'), 'mobile, Android, Firefox'],
    ['a tablet', `${chromeOn('Linux; Android 13; SM-X906C')} Safari/537.36`, 'tablet, Android, Chrome'],
    ['Firefox on a tablet', firefoxOn('Android 14; Tablet'), 'tablet, Android, Firefox'],
    ['an old iPad', `${IPAD} Version/12.1.2 Mobile/15E148 Safari/604.1`, 'tablet, iOS, Safari'],
    ['a Mac, or an iPad in disguise', `${MAC} Version/18.5 Safari/605.1.15`, 'desktop, macOS, Safari'],
    ['Edge on Windows', `${WINDOWS} Safari/537.36 Edg/137.0.0.0`, 'desktop, Windows, Microsoft Edge'],
    ['Firefox on Linux', firefoxOn('X11; Linux x86_64'), 'desktop, Linux, Firefox'],
    ['Firefox on FreeBSD', firefoxOn('X11; FreeBSD amd64'), 'desktop, null, Firefox'],
    ['a Chromebook', `${chromeOn('X11; CrOS x86_64 14541.0.0')} Safari/537.36`, 'desktop, Chrome OS, Chrome'],
    ['a Samsung TV', `${chromeOn('SMART-TV; LINUX; Tizen 6.0')}/6.0 TV Safari/537.36`, 'other, Tizen, Tizen'],
    [
      'a Fire TV',
      `${chromeOn('Linux; Android 9; AFTS Build/PS7233; wv')} Mobile Safari/537.36`,
      'other, Android, Chrome',
    ],
    ['an Android TV', `${chromeOn('Linux; Android 9; BRAVIA 4K UR2')} Safari/537.36`, 'other, Android, Chrome'],
    ['a Chromecast', `${chromeOn('X11; Linux armv7l')} Safari/537.36 CrKey/1.56.500000`, 'other, Linux, Chrome'],
    [
      'an Xbox',
      `${chromeOn('Windows NT 10.0; Win64; x64; Xbox; Xbox One')} Edge/18.19041`,
      'other, Windows, Microsoft Edge',
    ],
  ])('%s', (_, userAgent, description) => {
    const { device, os, browser, bot } = describeAgent(userAgent);
    expect(`${device}, ${os}, ${browser}`).toBe(description);
    expect(bot).toBe(false);
  });
});

describe('machines are bots:', () => {
  test.each([
    'WhatsApp/2.23.20.0',
    'WhatsApp/2.23.18.79 A',
    'Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)',
    'facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)',
    `${MAC} Version/9.0.1 Safari/601.2.4 facebookexternalhit/1.1 Facebot Twitterbot/1.0`,
    'Twitterbot/1.0',
    'TelegramBot (like TwitterBot)',
    'Mozilla/5.0 (compatible; Discordbot/2.0; +https://discordapp.com)',
    'LinkedInBot/1.0 (compatible; Mozilla/5.0; Apache-HttpClient +http://www.linkedin.com)',
    'Mozilla/5.0 (Windows NT 6.1; WOW64) SkypeUriPreview Preview/0.5 skype-url-preview@microsoft.com',
    'Viber/13.3.0.5',
    `Mozilla/5.0 (Linux; Android 6.0.1; Nexus 5X) ${CHROME} Mobile Safari/537.36 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)`,
    `${WINDOWS.replace('Chrome', 'HeadlessChrome')} Safari/537.36`,
    'curl/8.5.0',
    'python-requests/2.31.0',
    'Go-http-client/1.1',
  ])('%s', userAgent => {
    expect(describeAgent(userAgent).bot).toBe(true);
  });

  test.each([null, ''])('who does not say what it is: %p', userAgent => {
    expect(describeAgent(userAgent)).toEqual({ device: 'other', os: null, browser: null, bot: true });
  });
});

describe('what is written into the header stays out of the record:', () => {
  test('a name that is in no list is null', () => {
    const { os, browser } = describeAgent('jane.doe@example.com/1.0 secret');
    expect({ os, browser }).toEqual({ os: null, browser: null });
  });

  test('any text gives short names, no error, and the same answer again', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 2 * AGENT_LENGTH_MAX }), text => {
        const agent = describeAgent(text);
        expect(agent.os?.length ?? 0).toBeLessThanOrEqual(32);
        expect(agent.browser?.length ?? 0).toBeLessThanOrEqual(32);
        expect(describeAgent(text)).toEqual(agent);
      }),
    );
  });

  test('what stands beyond the longest user agent is not read', () => {
    const browser = `${IPHONE} Version/18.5 Mobile/15E148 Safari/604.1`.padEnd(AGENT_LENGTH_MAX);
    expect(describeAgent(`${browser}Googlebot/2.1`)).toEqual(describeAgent(browser));
  });
});

test('a user agent is described once and remembered, until 10,000 others came', () => {
  const windows = `${WINDOWS} Safari/537.36`;
  const first = describeAgent(windows);
  expect(describeAgent(windows)).toBe(first);
  for (let i = 0; i < 10_000; i++) describeAgent(`curl/8.${i}`);
  expect(describeAgent(windows)).not.toBe(first);
});

describe('a prefetch is told from a visit by', () => {
  test.each([
    [{ 'Sec-Purpose': 'prefetch' }, true],
    [{ 'Sec-Purpose': 'prefetch;prerender' }, true],
    [{ Purpose: 'prefetch' }, true],
    [{ 'X-Moz': 'Prefetch' }, true],
    [{ Purpose: 'preview' }, true],
    [{ 'X-Purpose': 'preview' }, true],
    [{ 'Sec-Purpose': 'something', Purpose: 'prefetch' }, true],
    [{ Purpose: 'previewed' }, false],
    [{}, false],
  ])('%j: %p', (headers, prefetch) => {
    expect(isPrefetch(new Headers(headers as Record<string, string>))).toBe(prefetch);
  });
});
