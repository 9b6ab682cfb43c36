import { beforeAll, describe, expect, test } from 'bun:test';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cell } from '../../src/http/exports.ts';
import { type Call, caller } from '../support/client.ts';
import { decode } from '../support/decode.ts';
import { ensureCommand } from '../support/install.ts';
import { scratchDirectory } from '../support/postgres.ts';
import type { Place } from '../support/program.ts';
import { places, refusal } from '../support/refusal.ts';
import { sharedProgram } from '../support/shared-program.ts';

const unzip = ensureCommand('unzip', 'unzip', 'unzip');
let program: Place;
let call: Call;
let codes: { id: string; shortUrl: string }[];

beforeAll(async () => {
  program = await sharedProgram();
  call = caller(program.url, program.key);
  const rows = [
    { destination: 'https://example.com/a,b', label: '=1+1' },
    { destination: 'https://example.com/"q"', label: 'Zwei; "drei"', style: { dotShape: 'dots' } },
    { type: 'wifi', content: { ssid: 'Guests' }, static: true, label: 'Lobby', tags: ['hotel'], folder: 'Signs' },
  ];
  codes = (await call('POST', '/v1/qr/bulk', { json: { codes: rows } })).body.codes;
});

const exported = (query: string) => call('GET', `/v1/qr/export?${query}`);
const textOf = (body: unknown) => (typeof body === 'string' ? body : new TextDecoder().decode(body as Uint8Array));

/** The files of a ZIP, by an unpacker that shares nothing with us and checks every sum. */
function unpacked(zip: Uint8Array): Map<string, Uint8Array> {
  const directory = mkdtempSync(join(scratchDirectory(), 'zip-'));
  writeFileSync(join(directory, 'codes.zip'), zip);
  const { status, stderr } = spawnSync(unzip, ['-q', 'codes.zip'], { cwd: directory });
  expect({ status, stderr: stderr.toString() }).toEqual({ status: 0, stderr: '' });
  const names = readdirSync(directory, { recursive: true, encoding: 'utf8' }).filter(name =>
    /[^/]+\.(csv|svg|png|pdf)$/.test(name),
  );
  return new Map(names.map(name => [name, new Uint8Array(readFileSync(join(directory, name)))]));
}

describe('an export', () => {
  test('as NDJSON is one code a line, newest first', async () => {
    const { headers, body } = await exported('format=ndjson');
    expect(headers.get('content-type')).toBe('application/x-ndjson');
    expect(headers.get('content-disposition')).toBe('attachment; filename="codes.ndjson"');
    const lines = textOf(body)
      .trim()
      .split('\n')
      .map(line => JSON.parse(line));
    expect(lines.map(line => line.id)).toEqual(codes.map(code => code.id).reverse());
    expect(lines[0]).toMatchObject({ static: true, slug: null, shortUrl: null, payload: 'WIFI:T:nopass;S:Guests;;' });
    expect(lines[2]).toMatchObject({
      payload: codes[0]!.shortUrl,
      label: '=1+1',
      destination: 'https://example.com/a,b',
    });
  });

  test('as CSV has a line a code, nothing that a spreadsheet would run, and fields that hold their commas', async () => {
    const { headers, body } = await exported('format=csv');
    expect(headers.get('content-type')).toStartWith('text/csv');
    const lines = textOf(body).trim().split('\r\n');
    expect(lines).toHaveLength(4);
    expect(lines[0]).toStartWith('id,shortUrl,slug,type,static,destination,content,label');
    expect(lines[3]).toContain(`,'=1+1,`);
    expect(lines[3]).toContain(',"https://example.com/a,b",');
    expect(lines[2]).toContain(',"Zwei; ""drei""",');
  });

  test('as ZIP holds a picture of each code, and a manifest that says which is which', async () => {
    const { headers, body } = await exported('format=zip&picture=png&size=400');
    expect(headers.get('content-type')).toBe('application/zip');
    const files = unpacked(body);
    const manifest = textOf(files.get('manifest.csv')).trim().split('\r\n').slice(1);
    const names = manifest.map(line => line.split(',').at(-1)!);
    expect([...files.keys()].sort()).toEqual([...names, 'manifest.csv'].sort());
    const said = await Promise.all(names.map(async name => (await decode(files.get(name)!))[0]));
    expect(said).toEqual(['WIFI:T:nopass;S:Guests;;', codes[1]!.shortUrl, codes[0]!.shortUrl]);
  });

  test('of chosen codes has them in that order, as SVG and PDF too', async () => {
    for (const picture of ['svg', 'pdf']) {
      const { body } = await exported(`ids=${codes[1]!.id},${codes[0]!.id}&picture=${picture}&unit=mm&size=30`);
      const files = unpacked(body);
      expect(files.size).toBe(3);
      const lines = textOf(files.get('manifest.csv')).trim().split('\r\n').slice(1);
      expect(lines.map(line => line.split(',')[0])).toEqual([codes[1]!.id, codes[0]!.id]);
    }
  });

  test('of a search has what is found, and may be empty', async () => {
    expect(
      textOf((await exported('format=ndjson&search=Lobby')).body)
        .trim()
        .split('\n'),
    ).toHaveLength(1);
    expect(textOf((await exported('format=ndjson&search=nothing')).body)).toBe('');
    expect(unpacked((await exported('search=nothing')).body).size).toBe(1);
  });

  test.each([
    'type=wifi',
    'static=true',
    'tags=Hotel',
    'folder=Signs',
    'tags=hotel&tagMatch=all&createdFrom=2026-01-01',
  ])('of the filter %s has the codes that the list has', async filter => {
    const listed = (await call('GET', `/v1/qr?${filter}`)).body.data as { id: string }[];
    const lines = textOf((await exported(`format=ndjson&${filter}`)).body)
      .trim()
      .split('\n');
    expect(lines.map(line => JSON.parse(line).id)).toEqual(listed.map(code => code.id));
    expect(lines).toHaveLength(1);
  });

  test.each<[string, number, string, string[]]>([
    ['ids=qr_x', 404, 'not_found', ['?ids unknown']],
    ['ids=qr_x&search=y', 422, 'validation_failed', ['?search not_allowed']],
    ['ids=qr_x&tags=a&folder=b', 422, 'validation_failed', ['?tags not_allowed', '?folder not_allowed']],
    ['createdFrom=today&tagMatch=all', 422, 'validation_failed', ['?createdFrom format', '?tagMatch not_allowed']],
    ['format=csv&picture=png', 422, 'validation_failed', ['?picture not_allowed']],
    ['picture=png&size=100', 422, 'validation_failed', ['?size too_small']],
    ['picture=png&size=9000', 422, 'validation_failed', ['?size too_large']],
    ['format=xls', 422, 'validation_failed', ['?format not_allowed']],
  ])('is refused with %s', async (query, status, code, expected) => {
    expect(places(refusal(await exported(query), status, code))).toEqual(expected);
  });
});

test.each<[unknown, string]>([
  [null, ''],
  [true, 'true'],
  ['a', 'a'],
  ['a,b', '"a,b"'],
  ['a"b', '"a""b"'],
  ['a\nb', '"a\nb"'],
  ['+49', "'+49"],
  ['-1', "'-1"],
  ['@a', "'@a"],
  [{ a: 1 }, '"{""a"":1}"'],
])('%j in CSV is %j', (value, expected) => {
  expect(cell(value)).toBe(expected);
});
