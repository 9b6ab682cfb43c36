import { beforeAll, describe, expect, test } from 'bun:test';
import { type Call, caller } from '../support/client.ts';
import { decode } from '../support/decode.ts';
import { logoForm } from '../support/form.ts';
import { plainSvg } from '../support/logos.ts';
import { facts, rasterPng } from '../support/pdf.ts';
import type { Place } from '../support/program.ts';
import { places, refusal } from '../support/refusal.ts';
import { sharedProgram } from '../support/shared-program.ts';
import { stranger } from '../support/tenants.ts';

let program: Place;
let call: Call;
let codes: { id: string; shortUrl: string }[];

beforeAll(async () => {
  program = await sharedProgram();
  call = caller(program.url, program.key);
  const rows = Array.from({ length: 30 }, (_, i) => ({ destination: `https://example.com/${i}`, label: `Table ${i}` }));
  codes = (await call('POST', '/v1/qr/bulk', { json: { codes: rows } })).body.codes;
  await call('POST', `/v1/qr/${codes[1]!.id}/logo`, logoForm(plainSvg));
  await call('PATCH', `/v1/qr/${codes[2]!.id}`, { json: { style: { dotShape: 'dots', frame: { shape: 'box' } } } });
});

const sheet = (json: object) => call('POST', '/v1/qr/sheet', { json });
const idsOf = (...numbers: number[]) => numbers.map(n => codes[n]!.id);
const grid = {
  pageWidth: 100,
  pageHeight: 60,
  columns: 2,
  rows: 1,
  marginTop: 5,
  marginLeft: 5,
  labelWidth: 40,
  labelHeight: 50,
  gapX: 5,
  gapY: 0,
};

describe('a sheet', () => {
  test('of chosen codes prints them in their own looks, with captions', async () => {
    const { status, headers, body } = await sheet({ ids: idsOf(2, 1), grid, title: 'Tables' });
    expect([status, headers.get('content-type')]).toEqual([200, 'application/pdf']);
    expect(headers.get('content-disposition')).toBe('attachment; filename="sheet.pdf"');
    expect(facts(body)).toMatchObject({ Pages: '1', Title: 'Tables' });
    const found = await decode(rasterPng(body, { dpi: 200 }));
    expect(found.sort()).toEqual([codes[1]!.shortUrl, codes[2]!.shortUrl].sort());
  });

  test('of all codes runs over as many pages as they need', async () => {
    expect(facts((await sheet({})).body)).toMatchObject({ Pages: '2' });
    expect(facts((await sheet({ layout: 'avery-5160', startAt: 2 })).body)).toMatchObject({ Pages: '2' });
    expect(facts((await sheet({ layout: 'avery-5160' })).body)).toMatchObject({ Pages: '1' });
  });

  test('of a search prints what is found, the newest first', async () => {
    const { body } = await sheet({ search: 'Table 7', grid });
    expect(await decode(rasterPng(body, { dpi: 200 }))).toEqual([codes[7]!.shortUrl]);
  });

  test('of more codes than fit a sheet is refused, instead of ending in the midst of them', async () => {
    const theirs = await stranger(program);
    const bulk = async (count: number) => {
      const codes = Array.from({ length: count }, () => ({ destination: 'https://example.com/', label: 'many' }));
      expect((await theirs('POST', '/v1/qr/bulk', { json: { codes } })).status).toBe(201);
    };
    await bulk(10_000);
    await bulk(1);
    const refused = [await theirs('POST', '/v1/qr/sheet', { json: {} })];
    refused.push(await theirs('POST', '/v1/qr/sheet', { json: { search: 'many' } }));
    expect(refused.map(answer => places(refusal(answer, 422, 'validation_failed')))).toEqual([
      [' too_many'],
      ['/search too_many'],
    ]);
  });

  test('with a code that is not there is 404 and tells which', async () => {
    const unknown = 'qr_01J3K9M2P8XABCDEFGHJKMNPQR';
    const faults = refusal(await sheet({ ids: [codes[0]!.id, unknown] }), 404, 'not_found');
    expect(places(faults)).toEqual(['/ids/1 unknown']);
    const theirs = await stranger(program);
    refusal(await theirs('POST', '/v1/qr/sheet', { json: { ids: idsOf(0) } }), 404, 'not_found');
  });

  test.each<[object, string[]]>([
    [{ layout: 'avery-1' }, ['/layout not_allowed']],
    [{ layout: 'avery-l7160', grid }, ['/grid not_allowed']],
    [{ grid: { ...grid, columns: 3 } }, ['/grid/columns does_not_fit']],
    [{ grid: { ...grid, rows: 0 } }, ['/grid/rows']],
    [{ ids: [], search: 'x' }, ['/ids too_few', '/search not_allowed']],
    [{ startAt: 99 }, ['/startAt out_of_range']],
    [{ caption: 'name' }, ['/caption not_allowed']],
  ])('is refused with %j', async (json, expected) => {
    const faults = places(refusal(await sheet(json), 422, 'validation_failed')).sort();
    expect(faults.map((fault, i) => (expected[i]?.includes(' ') ? fault : fault.split(' ')[0]))).toEqual(expected);
  });
});
