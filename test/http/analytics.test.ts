import { beforeAll, describe, expect, test } from 'bun:test';
import { dayOf } from '../../projections/projection.ts';
import { type Call, caller, iPhone } from '../support/client.ts';
import type { Place } from '../support/program.ts';
import { places, refusal } from '../support/refusal.ts';
import { sharedProgram } from '../support/shared-program.ts';
import { stranger } from '../support/tenants.ts';
import { until } from '../support/until.ts';

let program: Place;
let call: Call;
let id: string;
let path: string;

const desktop =
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36';
const tablet =
  'Mozilla/5.0 (iPad; CPU OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1';
const bot = 'Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)';

beforeAll(async () => {
  program = await sharedProgram();
  call = caller(program.url, program.key);
  const { body } = await call('POST', '/v1/qr/create', { json: { destination: 'https://example.com/' } });
  id = body.id;
  path = new URL(body.shortUrl).pathname;
});

const scan = (agent: string, address: string, method = 'GET') =>
  call(method, path, { headers: { 'user-agent': agent, 'x-forwarded-for': address } });
const analytics = (query = '') => call('GET', `/v1/qr/${id}/analytics${query}`);

describe('the analytics of a code', () => {
  test('that nobody scanned are all zero', async () => {
    const { body } = await call('POST', '/v1/qr/create', { json: { destination: 'https://example.com/unseen' } });
    const answer = await call('GET', `/v1/qr/${body.id}/analytics`);
    expect(answer.body).toMatchObject({
      id: body.id,
      totalScans: 0,
      uniqueScans: 0,
      timeSeries: [{ date: dayOf(Date.parse(body.createdAt)), scans: 0 }],
      topCountries: [],
      devices: { mobile: 0, desktop: 0, tablet: 0 },
    });
  });

  test('count people by country and device, and neither bots nor HEAD', async () => {
    const day = dayOf(Date.now());
    for (let i = 0; i < 5; i++) await scan(iPhone, `8.8.8.${i}`);
    await scan(iPhone, '8.8.8.0');
    for (let i = 0; i < 2; i++) await scan(desktop, `212.58.244.${i}`);
    await scan(tablet, '212.58.244.7');
    await scan(bot, '8.8.4.4');
    await scan(iPhone, '8.8.4.4', 'HEAD');
    await until(async () => (await analytics(`?from=${day}`)).body.totalScans === 9, 20_000);
    const { status, body } = await analytics(`?from=${day}`);
    expect(status).toBe(200);
    const reference = ['id', 'totalScans', 'uniqueScans', 'timeSeries', 'topCountries', 'devices'];
    expect(Object.keys(body).slice(0, 6)).toEqual(reference);
    expect(body.kinds).toEqual({ scan: 9, bot: 1, head: 1, prefetch: 0 });
    expect(body.unique.standardError).toBeLessThan(0.01);
    expect(body.uniqueScans).toBe(8);
    expect(body.timeSeries.reduce((sum: number, each: { scans: number }) => sum + each.scans, 0)).toBe(9);
    expect(body.topCountries).toEqual([
      { country: 'US', scans: 6 },
      { country: 'GB', scans: 3 },
    ]);
    expect(body.devices).toEqual({ mobile: 67, desktop: 22, tablet: 11 });
    expect((await call('GET', `/v1/qr/${id}`)).body.scans).toBe(9);
    expect(
      (await call('GET', '/v1/qr?search=example.com')).body.data.map((code: { scans: number }) => code.scans),
    ).toContain(9);
  });

  test('have every day of the range that is asked for', async () => {
    const { body } = await analytics('?from=2024-02-27&to=2024-03-02');
    expect(body.timeSeries).toEqual(
      ['27', '28', '29']
        .map(d => ({ date: `2024-02-${d}`, scans: 0 }))
        .concat(['01', '02'].map(d => ({ date: `2024-03-${d}`, scans: 0 }))),
    );
    expect(body).toMatchObject({ totalScans: 0, uniqueScans: 0, topCountries: [] });
    expect((await analytics('?to=2020-01-01')).body.timeSeries).toEqual([{ date: '2020-01-01', scans: 0 }]);
    expect((await analytics('?from=9999-12-30&to=9999-12-31')).body.timeSeries).toHaveLength(2);
  });

  test.each([
    ['from=2026-02-30', ['?from format']],
    ['from=2025-02-29&to=2026-04-31', ['?from format', '?to format']],
    ['from=2026-13-01', ['?from pattern']],
    ['from=2026-1-1', ['?from pattern']],
    ['from=yesterday&to=', ['?from pattern', '?to pattern']],
    ['from=0000-01-01&to=0000-01-02', ['?from pattern', '?to pattern']],
    ['from=2026-04-02&to=2026-04-01', ['?from too_large']],
    ['from=2000-01-01&to=2026-01-01', ['?from too_small']],
    ['from=2026-04-01T00:00:00Z', ['?from pattern']],
    ['form=2026-04-01', ['?form unknown_property']],
    ['tz=Mars/Olympus&from=2026-02-30', ['?tz format', '?from format']],
    ['tz=%2B02:00', ['?tz format']],
    ['interval=minute', ['?interval not_allowed']],
    ['device=phone&country=USA', ['?country pattern', '?device pattern']],
    ['bots=maybe&rules=9&top=0', ['?bots not_allowed', '?rules too_large', '?top too_small']],
    ['interval=hour&from=2026-01-01&to=2026-12-31', ['?from too_small']],
    ['weekday=8&hour=24', ['?weekday too_large', '?hour too_large']],
  ])('refuse the range %s', async (query, expected) => {
    expect(places(refusal(await analytics(`?${query}`), 422, 'validation_failed'))).toEqual(expected);
  });

  test('are narrowed by any dimension, each with the exact number', async () => {
    const total = async (query: string) => (await analytics(`?${query}`)).body.totalScans;
    const people = 9;
    for (const [query, expected] of [
      ['country=US', 6],
      ['country=us,GB', people],
      ['country=FR', 0],
      ['device=tablet', 1],
      ['device=mobile,tablet&country=GB', 1],
      ['os=iOS', 7],
      ['browser=Chrome', 2],
      ['referrer=', people],
      ['city=', people],
      ['rule=', people],
      ['utmSource=poster', 0],
      ['destination=https://example.com/', people],
      ['destination=https://example.com/other', 0],
      ['bots=only', 1],
      ['bots=include', people + 1],
      ['bots=only&country=US', 1],
    ] as const) {
      expect([query, await total(query)]).toEqual([query, expected]);
    }
  });

  test('are told by weekday and hour at a place, and narrowed to them', async () => {
    const { weekdayHours, timeSeries } = (await analytics('?tz=Asia/Kolkata&interval=hour')).body;
    expect([weekdayHours.length, ...weekdayHours.map((hours: number[]) => hours.length)]).toEqual([
      7,
      ...Array(7).fill(24),
    ]);
    const busy = timeSeries.filter(({ scans }: { scans: number }) => scans > 0);
    expect(busy.every(({ date }: { date: string }) => date.endsWith(':00:00+05:30'))).toBe(true);
    for (const { date, scans } of busy) {
      const weekday = Temporal.PlainDate.from(date.slice(0, 10)).dayOfWeek;
      const hour = Number(date.slice(11, 13));
      expect(weekdayHours[weekday - 1][hour]).toBe(scans);
      const narrowed = await analytics(`?tz=Asia/Kolkata&weekday=${weekday}&hour=${hour}`);
      expect(narrowed.body.totalScans).toBe(scans);
    }
  });

  test('mark every change of the code on its time line, and tell what each version led to', async () => {
    await call('PATCH', `/v1/qr/${id}`, { json: { destination: 'https://example.com/next' } });
    await scan(iPhone, '8.8.8.0');
    await until(async () => (await analytics()).body.totalScans === 10, 20_000);
    const { marks, dimensions } = (await analytics()).body;
    expect(marks.map(({ version, type }: { version: number; type: string }) => [version, type])).toEqual([
      [1, 'qr.created'],
      [2, 'qr.retargeted'],
    ]);
    expect(dimensions.destination.values).toEqual([
      { value: 'https://example.com/', scans: 9 },
      { value: 'https://example.com/next', scans: 1 },
    ]);
    expect((await analytics('?to=2020-01-01')).body.marks).toEqual([]);
    expect((await analytics('?destination=https://example.com/next')).body.totalScans).toBe(1);
  });

  test('are of a code that the caller sees', async () => {
    const other = await stranger(program);
    refusal(await other('GET', `/v1/qr/${id}/analytics`), 404, 'not_found');
  });
});
