import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { digitalLink, isGtin, isProductDate } from '../../src/content/gs1.ts';
import { contentOf } from '../support/contents.ts';

/** A strict reader after the grammar of the standard: key, qualifiers in their order, dates in the query, no more. */
function read(uri: string): Record<string, string> {
  const value = '((?:[\\w.~-]|%[\\dA-F]{2})+)';
  const grammar = `^https://([\\w.:-]+)/01/(\\d{14})(?:/22/${value})?(?:/10/${value})?(?:/21/${value})?(?:\\?([\\d=&]+))?$`;
  const [, domain, gtin, variant, lot, serial, query = ''] = new RegExp(grammar).exec(uri) ?? [];
  if (domain === undefined) throw new Error(`no Digital Link: ${uri}`);
  const dates = Object.fromEntries(
    query
      .split('&')
      .filter(Boolean)
      .map(pair => pair.split('=')),
  );
  const path = Object.entries({ variant, lot, serial }).flatMap(([name, text]) =>
    text === undefined ? [] : [[name, decodeURIComponent(text)]],
  );
  return { domain, gtin, ...Object.fromEntries(path), ...dates };
}

describe("a link is as in GS1's examples", () => {
  test.each([
    ['https://id.gs1.org/01/09506000134352', { gtin: '09506000134352' }],
    ['https://id.gs1.org/01/09506000134352', { gtin: '9506000134352' }],
    [
      'https://id.gs1.org/01/00614141123452/10/ABC123/21/12345?17=180426',
      {
        gtin: '614141123452',
        serial: '12345',
        lot: 'ABC123',
        expiry: '180426',
      },
    ],
    [
      'https://example.com/01/09520123456788/22/2A?11=270100&15=270331',
      {
        gtin: '09520123456788',
        bestBefore: '2027-03-31',
        productionDate: '270100',
        variant: '2A',
        domain: 'example.com',
      },
    ],
    [
      'https://id.gs1.org/01/00000096385074/10/%21%22%25%26%27%28%29%2A%2B%2C-.%2F%3A%3B%3C%3D%3E%3F_',
      {
        gtin: '96385074',
        lot: '!"%&\'()*+,-./:;<=>?_',
      },
    ],
  ])('%s', (expected, content) => {
    expect(digitalLink(content)).toBe(expected);
  });
});

test('whatever is written is read back, also after a URL parser has had it', () => {
  fc.assert(
    fc.property(contentOf('gs1'), content => {
      const uri = digitalLink(content);
      const { gtin, domain = 'id.gs1.org', variant, lot, serial, productionDate, bestBefore, expiry } = content;
      const short = (date: string | undefined) => date?.replaceAll('-', '').slice(-6);
      const expected = {
        domain,
        gtin: gtin.padStart(14, '0'),
        variant,
        lot,
        serial,
        '11': short(productionDate),
        '15': short(bestBefore),
        '17': short(expiry),
      };
      expect(read(uri)).toEqual(JSON.parse(JSON.stringify(expected)));
      expect(new URL(uri).href).toBe(uri);
    }),
    { numRuns: 500 },
  );
});

test('a check digit is right or wrong, for all lengths', () => {
  for (const right of ['96385074', '614141123452', '9506000134352', '09506000134352', '4006381333931'])
    expect([right, isGtin(right)]).toEqual([right, true]);
  for (const wrong of ['96385075', '614141123425', '9506000134353', '09506000143352', '4006381333913'])
    expect([wrong, isGtin(wrong)]).toEqual([wrong, false]);
});

test('changing any one digit of a right number makes it wrong', () => {
  fc.assert(
    fc.property(contentOf('gs1'), fc.nat(13), fc.integer({ min: 1, max: 9 }), ({ gtin }, place, by) => {
      const at = place % gtin.length;
      expect(isGtin(gtin.slice(0, at) + ((Number(gtin[at]) + by) % 10) + gtin.slice(at + 1))).toBe(false);
    }),
  );
});

test('dates are days that exist, or months where the standard allows to leave the day open', () => {
  for (const right of ['2027-03-31', '2028-02-29', '280229', '270300', '001231'])
    expect([right, isProductDate(right)]).toEqual([right, true]);
  for (const wrong of [
    '2027-02-29',
    '270229',
    '271301',
    '270000',
    '2027-03-00',
    '1999-01-01',
    '270332',
    '27-03-31',
    '',
  ]) {
    expect([wrong, isProductDate(wrong)]).toEqual([wrong, false]);
  }
});
