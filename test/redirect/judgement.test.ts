import { describe, expect, test } from 'bun:test';
import { hash } from 'node:crypto';
import { list } from 'isbot';
import UserAgent from 'user-agents';
import { countingRules, currentRules } from '../../projections/counting.ts';
import { isBotUnder, judge } from '../../src/redirect/judgement.ts';
import { iPhone } from '../support/client.ts';

const asked = (headers: Record<string, string>, method = 'GET') =>
  new Request('http://localhost/sale', { method, headers });
const judged = (userAgent: string | null, headers: Record<string, string> = {}, method?: string) =>
  judge(asked(headers, method), userAgent);

const googlebot = 'Googlebot/2.1 (+http://www.google.com/bot.html)';
/** How an app for codes reads the title of a page before anybody has touched the address. */
const reader = 'QRReader/3.1 CFNetwork/1410.0.3 Darwin/22.6.0';

describe('a fetch', () => {
  test('is a scan, unless it is a HEAD, a bot or a prefetch, in this order', () => {
    const early = { 'sec-purpose': 'prefetch;prerender' };
    expect(judged(iPhone).kind).toBe('scan');
    expect(judged(iPhone, early).kind).toBe('prefetch');
    expect(judged(iPhone, { purpose: 'prefetch' }).kind).toBe('prefetch');
    expect(judged(googlebot, early).kind).toBe('bot');
    expect(judged('').kind).toBe('bot');
    expect(judged(null).kind).toBe('bot');
    expect(judged(googlebot, early, 'HEAD').kind).toBe('head');
  });

  test('carries the word of older rules where they say something else', () => {
    expect(judged(iPhone)).toEqual({ kind: 'scan', rules: currentRules });
    expect(judged(googlebot)).toEqual({ kind: 'bot', rules: currentRules });
    for (const _ of [1, 2]) {
      expect(judged(reader)).toEqual({ kind: 'bot', rules: currentRules, earlier: { 1: 'scan' } });
      expect(judged(reader, { purpose: 'prefetch' })).toMatchObject({ kind: 'bot', earlier: { 1: 'prefetch' } });
    }
    expect(judged(reader, {}, 'HEAD')).toEqual({ kind: 'head', rules: currentRules });
  });
});

describe('the rules of version', () => {
  test('1 and 2 know what calls itself a bot, and what names nobody', () => {
    for (const { version } of countingRules) {
      for (const agent of [googlebot, 'curl/8.5.0', '', null]) expect(isBotUnder(version, agent)).toBe(true);
    }
  });

  test('2 also know programs that call themselves no browser, and none of the browsers that people use', () => {
    for (const agent of [reader, 'Dalvik/2.1.0 (Linux; U; Android 13; SM-A515F Build/TP1A)']) {
      expect([isBotUnder(1, agent), isBotUnder(2, agent)]).toEqual([false, true]);
    }
    expect(isBotUnder(2, 'Opera/9.80 (Android; Opera Mini/36.2/119.132; U; id) Presto/2.12.423')).toBe(false);
    const browsers = new UserAgent();
    const people = Array.from({ length: 2_000 }, () => browsers.random().toString());
    expect(people.filter(agent => isBotUnder(2, agent))).toEqual([]);
  });

  test('1 stand on the list that they name: another list is another version', () => {
    expect(hash('sha256', list.join('\n'))).toBe('dba76673c54b0b74e5af721c5c6ed05c93b505900183db3044fd40580a395a7e');
  });
});
