import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { dayOf } from '../../projections/projection.ts';
import { daysBetween, percents } from '../../src/http/analytics.ts';
import { type Call, caller, iPhone } from '../support/client.ts';
import { type Program, startProgram } from '../support/program.ts';
import { places, refusal } from '../support/refusal.ts';
import { until } from '../support/until.ts';

let program: Program;
let call: Call;
let id: string;
let path: string;

const desktop =
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36';
const tablet =
  'Mozilla/5.0 (iPad; CPU OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1';
const bot = 'Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)';

beforeAll(async () => {
  program = await startProgram();
  call = caller(program.url, program.key);
  const { body } = await call('POST', '/v1/qr/create', { json: { destination: 'https://example.com/' } });
  id = body.id;
  path = new URL(body.shortUrl).pathname;
});
afterAll(async () => {
  await program?.stop();
});

const scan = (agent: string, address: string, method = 'GET') =>
  call(method, path, { headers: { 'user-agent': agent, 'x-forwarded-for': address } });
const analytics = (query = '') => call('GET', `/v1/qr/${id}/analytics${query}`);

describe('percents', () => {
  const counts = fc.dictionary(
    fc.constantFrom('mobile', 'desktop', 'tablet', 'other', 'a', 'b'),
    fc.nat(1_000_000_000),
  );

  test('are whole, sum to 100 and are each within one of the exact share', () => {
    fc.assert(
      fc.property(counts, given => {
        const total = Object.values(given).reduce((sum, count) => sum + count, 0);
        const shares = percents(given);
        expect(Object.keys(shares)).toEqual(Object.keys(given));
        expect(Object.values(shares).reduce((sum, share) => sum + share, 0)).toBe(total === 0 ? 0 : 100);
        for (const [name, share] of Object.entries(shares)) {
          const exact = total === 0 ? 0 : (given[name]! * 100) / total;
          expect(share).toBeInteger();
          expect(share >= Math.floor(exact) && share <= Math.ceil(exact)).toBeTrue();
        }
      }),
    );
  });

  test('never give a larger count the smaller share', () => {
    fc.assert(
      fc.property(counts, given => {
        const shares = percents(given);
        for (const a of Object.keys(given)) {
          for (const b of Object.keys(given))
            if (given[a]! > given[b]!) expect(shares[a]).toBeGreaterThanOrEqual(shares[b]!);
        }
      }),
    );
  });

  test('give what is left to the largest remainders, on a tie to the first', () => {
    expect(percents({ mobile: 1, desktop: 1, tablet: 1 })).toEqual({ mobile: 34, desktop: 33, tablet: 33 });
    expect(percents({ mobile: 2, desktop: 3, tablet: 1 })).toEqual({ mobile: 33, desktop: 50, tablet: 17 });
    expect(percents({ mobile: 999, desktop: 1, tablet: 0 })).toEqual({ mobile: 100, desktop: 0, tablet: 0 });
    expect(percents({ mobile: 0, desktop: 0 })).toEqual({ mobile: 0, desktop: 0 });
  });
});

test('the days between two days are every day of the calendar once', () => {
  expect(daysBetween('2024-02-28', '2024-03-01')).toEqual(['2024-02-28', '2024-02-29', '2024-03-01']);
  expect(daysBetween('2026-12-31', '2027-01-01')).toEqual(['2026-12-31', '2027-01-01']);
  expect(daysBetween('2026-03-29', '2026-03-29')).toEqual(['2026-03-29']);
  expect(daysBetween('2020-01-01', '2029-12-31')).toHaveLength(3_653);
});

describe('the analytics of a code', () => {
  test('that nobody scanned are all zero', async () => {
    const { body } = await call('POST', '/v1/qr/create', { json: { destination: 'https://example.com/unseen' } });
    const answer = await call('GET', `/v1/qr/${body.id}/analytics`);
    expect(answer.body).toEqual({
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
    await until(async () => (await analytics(`?from=${day}`)).body.totalScans === 9, 5_000);
    const { status, body } = await analytics(`?from=${day}`);
    expect(status).toBe(200);
    expect(Object.keys(body)).toEqual(['id', 'totalScans', 'uniqueScans', 'timeSeries', 'topCountries', 'devices']);
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
  ])('refuse the range %s', async (query, expected) => {
    expect(places(refusal(await analytics(`?${query}`), 422, 'validation_failed'))).toEqual(expected);
  });
});
