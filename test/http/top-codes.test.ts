/**
 * The codes that were scanned most, of an organisation of so many that its own sums are asked: they are the same as
 * those of a question about each code, by kinds of visitors, filters and exclusions too.
 */
import { beforeAll, expect, test } from 'bun:test';
import { type Call, caller, iPhone } from '../support/client.ts';
import type { Place } from '../support/program.ts';
import { sharedProgram } from '../support/shared-program.ts';
import { liftLimits } from '../support/tenants.ts';
import { until } from '../support/until.ts';

const codes = 1_005;
const bot = 'Googlebot/2.1 (+http://www.google.com/bot.html)';
let program: Place;
let call: Call;
let made: { id: string; shortUrl: string }[];

const ask = async (query: string) => (await call('GET', `/v1/analytics?${query}`)).body;
const scan = (n: number, agent: string, query = '') =>
  call('GET', `${new URL(made[n]!.shortUrl).pathname}${query}`, {
    headers: { 'user-agent': agent, 'x-forwarded-for': '8.8.8.8' },
  });

beforeAll(async () => {
  program = await sharedProgram();
  await liftLimits(program);
  call = caller(program.url, program.key);
  const rows = Array.from({ length: codes }, (_, n) => ({ destination: `https://example.com/${n}` }));
  const { body } = await call('POST', '/v1/qr/bulk', { json: { codes: rows } });
  made = body.codes;
  // The sixth has the most scans of bots, and few of people; of the seventh most are of a trial.
  for (const [n, people, bots, trial] of [
    [1, 5, 0, 0],
    [2, 4, 0, 0],
    [3, 3, 1, 0],
    [6, 1, 7, 0],
    [7, 1, 0, 6],
  ] as const) {
    for (let i = 0; i < people; i++) await scan(n, iPhone);
    for (let i = 0; i < bots; i++) await scan(n, bot);
    for (let i = 0; i < trial; i++) await scan(n, iPhone, '?utm_source=trial');
  }
  await until(async () => (await ask('bots=include')).totalScans === 28, 20_000);
});

const top = async (query: string) => {
  const { codes, totalScans, topCodes } = await ask(query);
  expect(codes).toBeNull();
  const told = topCodes.values.reduce((sum: number, { scans }: { scans: number }) => sum + scans, 0);
  expect(told + topCodes.rest.scans).toBe(totalScans);
  return topCodes.values.map(({ id, scans }: { id: string; scans: number }) => [
    made.findIndex(code => code.id === id),
    scans,
  ]);
};

test('an organisation of more than 1,000 codes is told its first ones', async () => {
  expect(await top('')).toEqual([
    [7, 7],
    [1, 5],
    [2, 4],
    [3, 3],
    [6, 1],
  ]);
  expect(await top('top=2')).toEqual([
    [7, 7],
    [1, 5],
  ]);
  expect((await ask('top=2')).topCodes.rest).toEqual({ values: 3, scans: 8 });
  expect(await top('bots=only')).toEqual([
    [6, 7],
    [3, 1],
  ]);
  expect(await top('utmSource=trial')).toEqual([[7, 6]]);
  expect(await top('rules=1&bots=include&top=1')).toEqual([[6, 8]]);
  const today = new Date().toISOString().slice(0, 10);
  expect(await top(`from=2020-01-01&to=${today}&top=1`)).toEqual([[7, 7]]);
  expect((await ask('from=2020-01-01&to=2020-01-02')).topCodes).toEqual({ values: [], rest: { values: 0, scans: 0 } });
});

test('what is excluded does not count there either', async () => {
  const { body } = await call('POST', '/v1/exclusions', { json: { utmSource: 'trial' } });
  expect(await top('top=2')).toEqual([
    [1, 5],
    [2, 4],
  ]);
  expect(await top('top=1&exclusions=ignore')).toEqual([[7, 7]]);
  await call('DELETE', `/v1/exclusions/${body.id}`);
});
