import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { createHash } from 'node:crypto';
import { findBlob, putBlob } from '../../src/store/blobs.ts';
import { requestOf, type TestStore, testStore } from '../support/store.ts';

let store: TestStore;
beforeAll(async () => {
  store = await testStore();
});
afterAll(() => store.close());

const bytes = new Uint8Array([0, 1, 255, 0, 10]);
const blob = { sha256: createHash('sha256').update(bytes).digest('hex'), type: 'image/png', bytes };

describe('blobs', () => {
  test('come back as they were brought, and may be brought again, also by many at once', async () => {
    await Promise.all([1, 2, 3].map(() => putBlob(store.sql, blob)));
    expect(await findBlob(store.sql, blob.sha256)).toEqual(blob);
    const [row] = await store.sql`select count(*) as blobs from ledger.blobs`;
    expect(row!['blobs']).toBe(1);
  });

  test('are unknown until somebody brings them', async () => {
    expect(await findBlob(store.sql, 'ab'.repeat(32))).toBeUndefined();
  });

  test('go by their own hash and no other', async () => {
    expect(putBlob(store.sql, { ...blob, sha256: 'ab'.repeat(32) })).rejects.toThrow('check constraint');
  });

  test('cannot be changed, nor lost while a code that had them is not erased', async () => {
    await putBlob(store.sql, blob);
    const attached = { type: 'qr.logo_attached', data: { logo: { sha256: blob.sha256, width: 1, height: 1 } } };
    const erased = { type: 'qr.erased', data: {} };
    await store.ledger.append(requestOf('qr_1', 0, attached, { type: 'qr.logo_removed', data: {} }));
    await store.ledger.append(requestOf('qr_2', 0, attached, { type: 'qr.deleted', data: {} }));
    for (const change of [
      "update ledger.blobs set type = 'text/html'",
      'delete from ledger.blobs',
      'truncate ledger.blobs',
    ]) {
      await expect(store.sql.unsafe(change).execute()).rejects.toMatchObject({ code: '42501' });
    }
    await store.ledger.append(requestOf('qr_1', 2, erased));
    expect(await findBlob(store.sql, blob.sha256)).toEqual(blob);
    await store.ledger.append(requestOf('qr_2', 2, erased));
    expect(await findBlob(store.sql, blob.sha256)).toBeUndefined();
  });
});
