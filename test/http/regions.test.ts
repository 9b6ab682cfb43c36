/**
 * Regions and cities from an operator's own file, from the request of a visitor to the analytics.
 */
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Call, caller, iPhone } from '../support/client.ts';
import { database } from '../support/mmdb.ts';
import { scratchDirectory } from '../support/postgres.ts';
import { type Program, startProgram } from '../support/program.ts';
import { until } from '../support/until.ts';

let program: Program;
let call: Call;

beforeAll(async () => {
  const file = join(scratchDirectory(), 'city.mmdb');
  const place = { subdivisions: [{ iso_code: 'BE' }], city: { names: { en: 'Berlin' } } };
  await writeFile(file, database({ country: { iso_code: 'DE' }, ...place }));
  program = await startProgram({ env: { GEOIP_DB: file } });
  call = caller(program.url, program.key);
});
afterAll(() => program?.stop());

test('analytics tell regions and cities that the file of the operator has, and narrow by them', async () => {
  const { body } = await call('POST', '/v1/qr/create', { json: { destination: 'https://example.com/' } });
  const ask = async (query = '') => (await call('GET', `/v1/qr/${body.id}/analytics${query}`)).body;
  // The file has places for the lower half of all addresses.
  for (const address of ['8.8.8.8', '9.9.9.9', '200.160.2.3']) {
    const headers = { 'user-agent': iPhone, 'x-forwarded-for': address };
    await call('GET', new URL(body.shortUrl).pathname, { headers });
  }
  await until(async () => (await ask()).totalScans === 3, 20_000);
  const { dimensions, topCountries } = await ask();
  expect(topCountries).toEqual([{ country: 'DE', scans: 2 }]);
  const none = { rest: { values: 0, scans: 0 }, unknown: 1 };
  expect(dimensions.region).toEqual({ values: [{ value: 'DE-BE', scans: 2 }], ...none });
  expect(dimensions.city).toEqual({ values: [{ value: 'Berlin', scans: 2 }], ...none });
  const narrowed = await Promise.all(['?city=Berlin', '?region=DE-BE&city=', '?region='].map(ask));
  expect(narrowed.map(({ totalScans }) => totalScans)).toEqual([2, 0, 1]);
});
