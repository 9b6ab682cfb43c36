/**
 * What a scan keeps, without a server and a store: what was served, where from, of which campaign, for whom, and by
 * which rules it is counted; and that strangers' words in the query are short, clean and nobody's address.
 */
import { describe, expect, test } from 'bun:test';
import { Value } from '@sinclair/typebox/value';
import fc from 'fast-check';
import { Scan } from '../../events/scan.ts';
import { currentRules } from '../../projections/counting.ts';
import { describeAgent } from '../../src/redirect/agent.ts';
import type { Place } from '../../src/redirect/country.ts';
import { Novelties } from '../../src/redirect/novelties.ts';
import { campaignOf, type Served, sight } from '../../src/redirect/sighting.ts';
import { isColumn } from '../../src/store/line.ts';
import { iPhone } from '../support/client.ts';

const served: Served = { entry: { qr: 'qr_1', org: 'org_1', version: 3 }, rule: null };
const now = 1_775_649_600_000;

function seen({
  url = 'http://localhost/sale',
  place = { country: 'DE' } as Place,
  given = served,
  agent = iPhone,
} = {}) {
  const deps = {
    countries: { locate: () => place, source: '' },
    clientAddress: () => '203.0.113.9',
    visitorKey: new Uint8Array(32).fill(7),
    now: () => now,
  };
  const request = new Request(url, { headers: { 'user-agent': agent } });
  const sighting = sight(deps, request, null, describeAgent(agent), given);
  expect(Value.Check(Scan, sighting.data)).toBe(true);
  return sighting;
}

describe('a scan', () => {
  test('says which version of which code was served, by which rule, when and to what', () => {
    expect(seen({ given: { ...served, rule: 'weekend' } })).toMatchObject({
      at: now,
      org: 'org_1',
      data: { qr: 'qr_1', qrVersion: 3, rule: 'weekend', kind: 'scan', device: 'mobile', os: 'iOS', browser: 'Safari' },
    });
  });

  test('has region and city where the table of places has them, and no such field where it has not', () => {
    const { data } = seen({ place: { country: 'DE', region: 'DE-BE', city: 'Berlin' } });
    expect(data).toMatchObject({ country: 'DE', region: 'DE-BE', city: 'Berlin' });
    const plain = seen().data;
    for (const field of ['region', 'city', 'utm', 'test', 'earlier']) expect(plain).not.toHaveProperty(field);
  });

  test('keeps what strangers invent apart as far as there is room for it', () => {
    const novelties = new Novelties();
    const from = (n: number) => {
      const headers = { 'user-agent': iPhone, referer: `https://host${n}.example/page` };
      const request = new Request(`http://localhost/sale?utm_source=poster&utm_campaign=c${n}`, { headers });
      const deps = { countries: { locate: () => ({ country: 'DE' }), source: '' }, clientAddress: () => '203.0.113.9' };
      const key = { visitorKey: new Uint8Array(32), now: () => now };
      return sight({ ...deps, ...key, novelties }, request, null, describeAgent(iPhone), served).data;
    };
    expect(from(0)).toMatchObject({ referrer: 'host0.example', utm: { source: 'poster', campaign: 'c0' } });
    for (let n = 1; n < 1_000; n++) from(n);
    expect(from(5_000)).toMatchObject({ referrer: '(other)', utm: { source: 'poster', campaign: '(other)' } });
    expect(from(0)).toMatchObject({ referrer: 'host0.example', utm: { source: 'poster', campaign: 'c0' } });
  });

  test('of a test code says so', () => {
    expect(seen({ given: { ...served, entry: { ...served.entry, test: true } } }).data.test).toBe(true);
  });

  test('says which rules it was counted by, and what older ones would have said', () => {
    expect(seen().data.rules).toBe(currentRules);
    const { kind, rules, earlier } = seen({ agent: 'QRReader/3.1 CFNetwork/1410.0.3 Darwin/22.6.0' }).data;
    expect({ kind, rules, earlier }).toEqual({ kind: 'bot', rules: 2, earlier: { 1: 'scan' } });
  });

  test('names the campaign that its short URL was published in', () => {
    const { data } = seen({ url: 'http://localhost/sale?a=1&utm_source=poster&utm_campaign=Spring+sale' });
    expect(data.utm).toEqual({ source: 'poster', campaign: 'Spring sale' });
  });
});

describe('the names of a campaign', () => {
  const named = (value: string) => campaignOf(`http://localhost/sale?utm_medium=${encodeURIComponent(value)}`)?.medium;

  test.each([
    ['  print ', 'print'],
    ['a\tb\r\nc', 'a b c'],
    ['x'.repeat(70), 'x'.repeat(64)],
    [`${'x'.repeat(63)}😀`, 'x'.repeat(63)],
    ['', undefined],
    [' \n ', undefined],
    ['ada@example.com', undefined],
  ])('%j are kept as %p', (value, kept) => {
    expect(named(value)).toBe(kept as string);
  });

  test('are the first of each, and others than the three are nothing', () => {
    expect(campaignOf('http://localhost/s?utm_source=a&utm_source=b&utm_term=c')).toEqual({ source: 'a' });
    expect(campaignOf('http://localhost/s?utm_term=c&utm_content=d')).toBeUndefined();
  });

  test('are read where a request names no host, and not in a path', () => {
    expect(campaignOf('/s?a=?&utm_source=b')).toEqual({ source: 'b' });
    expect(campaignOf('/utm_source=b')).toBeUndefined();
  });

  test('fit a column of the ledger whatever stands there', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), value => {
        const kept = campaignOf(`http://localhost/s?utm_source=${encodeURIComponent(value.toWellFormed())}`)?.source;
        if (kept === undefined) return;
        expect(isColumn(kept) && kept.length <= 64 && kept === kept.trim()).toBe(true);
      }),
    );
  });
});
