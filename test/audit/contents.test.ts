/**
 * What events refer to and is not there any more: found wherever it was lost, and no fault where it was erased.
 */
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { createHash } from 'node:crypto';
import { checkExport } from '../../src/audit/export-check.ts';
import { readExport } from '../../src/audit/export-file.ts';
import { writeExport } from '../../src/audit/exporter.ts';
import { inspect } from '../../src/audit/ledger-check.ts';
import { Grower } from '../../src/proofs/grower.ts';
import { signerOf } from '../../src/proofs/note.ts';
import { putBlob } from '../../src/store/blobs.ts';
import type { Sql } from '../../src/store/connect.ts';
import { holdingsIn } from '../../src/store/inspection.ts';
import { created, requestOf, type TestStore, testStore } from '../support/store.ts';
import { tampered } from '../support/tampering.ts';

const bytes = new Uint8Array(Buffer.from('a logo'));
const sha256 = createHash('sha256').update(bytes).digest('hex');
const logo = { type: 'qr.logo_attached', data: { logo: { sha256, width: 1, height: 1 } } };
const erased = { type: 'qr.erased', data: {} };
/** What an endpoint has answered to an event about a code. */
const answered = (position: number, about: string) => ({
  type: 'delivery.attempted',
  data: {
    ...{ webhook: 'wh_1', attempts: [{ position, status: 500, latencyMs: 1 }] },
    ...{ excerpts: { [position]: 'no' }, about },
  },
});
const isShut = (position: number) =>
  `What opens the event at position ${position} is missing or not its own, and it was not erased.`;
const isLost = `The logo ${sha256} is missing, and not all that show it were erased.`;

let store: TestStore;
beforeAll(async () => {
  store = await testStore();
  const { sql, ledger } = store;
  await putBlob(sql, { sha256, type: 'image/png', bytes });
  await ledger.append(requestOf('qr_kept', 0, created('kept'), logo));
  await ledger.append(requestOf('qr_erased', 0, created('erased'), logo));
  await ledger.append(requestOf('deliveries-1', 0, answered(3, 'qr_erased')));
  await ledger.append(requestOf('qr_erased', 2, erased));
  // Told late: it is destroyed as it comes in.
  await ledger.append(requestOf('deliveries-1', 1, answered(3, 'qr_erased'), answered(1, 'qr_kept')));
  await new Grower(sql, () => {}).settle();
}, 60_000);
afterAll(() => store.close());

const found = (attack: (tx: Sql) => Promise<unknown>) =>
  tampered(store.sql, attack, async tx => (await inspect(holdingsIn(tx))).faults);

test('what was erased is missed by nobody, in the database and in an export', async () => {
  const seals = await store.sql`select count(*) as sealed from ledger.events where data ->> 'sealed' is not null`;
  expect(seals[0]!['sealed']).toBe(5);
  expect((await inspect(holdingsIn(store.sql))).faults).toEqual([]);
  const signer = signerOf(new Uint8Array(32).fill(7), 'indelible');
  let text = '';
  await writeExport(store.sql, 'org_1', signer, async more => {
    text += more;
  });
  expect(text.match(/\{"pad"/g)).toHaveLength(2);
  async function* file() {
    yield Buffer.from(text);
  }
  const checking = checkExport(readExport(file()), { verifier: signer, kept: [] });
  let step = await checking.next();
  while (!step.done) step = await checking.next();
  expect(step.value).toMatchObject({ events: 8, blobs: 1 });
});

test.each([
  ['gone', 'delete from vault.pads'],
  ['destroyed', "update vault.pads set pad = decode(repeat('00', length(pad)), 'hex')"],
  ['changed', 'update vault.pads set pad = set_bit(pad, 9, 1 - get_bit(pad, 9))'],
])('what opens a seal is missed when it is %s', async (_, attack) => {
  expect(await found(tx => tx.unsafe(`${attack} where first = 1`))).toEqual([isShut(1)]);
});

test('so is what opens an answer about a code that was not erased', async () => {
  expect(await found(tx => tx.unsafe('delete from vault.pads where first = 7'))).toEqual([isShut(8)]);
});

test('a logo is missed until the last code is erased that has had it', async () => {
  const lose = (tx: Sql) => tx`delete from ledger.blobs`;
  expect(await found(lose)).toEqual([isLost]);
  await store.ledger.append(requestOf('qr_kept', 2, erased));
  expect(await found(lose)).toEqual([]);
});
