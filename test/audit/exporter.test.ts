import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { readExport } from '../../src/audit/export-file.ts';
import { writeExport } from '../../src/audit/exporter.ts';
import { signerOf, verifierLine } from '../../src/proofs/note.ts';
import { putBlob } from '../../src/store/blobs.ts';
import { entryText, readEntries } from '../../src/store/entries.ts';
import { readHead } from '../../src/store/read.ts';
import { created, requestOf, type TestStore } from '../support/store.ts';
import { ledgerOf } from '../support/tampering.ts';

const signer = signerOf(new Uint8Array(32).fill(7), 'indelible');
const bytes = Uint8Array.from([1, 2, 3]);
const sha256 = '039058c6f2c0cb492c533b0a4d14ef77cc0f78abccced5287d84a1a2011cfb81';
let store: TestStore;

beforeAll(async () => {
  store = await ledgerOf(400);
  await putBlob(store.sql, { sha256, type: 'image/png', bytes });
  await putBlob(store.sql, {
    sha256: '4bf5122f344554c53bde2ebb8cd2b7e3d1600ad631c385a5d7cce23c7785459a',
    type: 'image/png',
    bytes: Uint8Array.from([1]),
  });
  const logo = { type: 'qr.logo_attached', data: { logo: { sha256, width: 1, height: 1 } } };
  await store.ledger.append(requestOf('qr_logo', 0, created('logo'), logo, { type: 'qr.logo_removed', data: {} }));
  await store.ledger.append({ ...requestOf('qr_more', 0, created('more'), logo), org: 'org_2' });
});
afterAll(() => store.close());

async function exported(org: string) {
  const chunks: string[] = [];
  const seen: number[][] = [];
  const report = await writeExport(
    store.sql,
    org,
    signer,
    async text => void chunks.push(text),
    (...told) => seen.push(told),
  );
  const text = chunks.join('');
  async function* whole() {
    yield Buffer.from(text);
  }
  return { report, seen, pieces: await Array.fromAsync(readExport(whole())) };
}

describe('an export', () => {
  test('holds every event of its organisation as it is stored, and none of another', async () => {
    for (const org of ['org_1', 'org_2']) {
      const { report, pieces, seen } = await exported(org);
      const own = await readEntries(store.sql, 0, await readHead(store.sql), org);
      expect(pieces.flatMap(piece => ('entry' in piece ? [piece.entry] : []))).toEqual(own.map(entryText));
      expect(report.entries).toBe(own.length);
      expect(seen.at(-1)).toEqual([own.length, own.length]);
      const [first] = pieces;
      expect(first).toMatchObject({ record: { export: 1, org, entries: own.length, verifier: verifierLine(signer) } });
    }
  });

  test('holds the bytes that its events name, once, and no others', async () => {
    const { report, pieces } = await exported('org_1');
    const blobs = pieces.flatMap(piece => ('record' in piece && 'blob' in piece.record ? [piece.record] : []));
    expect(blobs).toEqual([{ blob: sha256, type: 'image/png', base64: 'AQID' }]);
    expect(report.blobs).toBe(1);
  });

  test('of nobody is refused', async () => {
    await expect(exported('org_none')).rejects.toThrow('There is no organisation org_none with events.');
  });
});
