/**
 * Every bit of a ledger of a thousand events, and of an export of it, changed one after the other: each change has to be
 * found. In the database a bit is found by the entry that is read back, of which the chain and the tree are made; each
 * fiftieth by an inspection of the whole ledger.
 */
import { createHash } from 'node:crypto';
import { checkExport } from '../../src/audit/export-check.ts';
import { readExport } from '../../src/audit/export-file.ts';
import { writeExport } from '../../src/audit/exporter.ts';
import { inspect } from '../../src/audit/ledger-check.ts';
import { signerOf, Unproven } from '../../src/proofs/note.ts';
import { readEntries } from '../../src/store/entries.ts';
import { bitsOf, columnsOf, ledgerOf, put, tableNames, tampered, valuesOf, withBit } from '../support/tampering.ts';
import type { Finding } from './finding.ts';

const size = 1_000;
const signer = signerOf(new Uint8Array(32).fill(7), 'indelible');

export async function campaign(seed: number): Promise<readonly Finding[]> {
  const store = await ledgerOf(size);
  const counts = { stored: 0, refused: 0, inspected: 0, unseen: 0, exported: 0, unseenInExport: 0 };
  const hashOf = (entries: unknown) => createHash('sha256').update(JSON.stringify(entries)).digest('hex');
  for (const table of tableNames) {
    for (const { place, values } of await valuesOf(store.sql, table)) {
      for (const [i, column] of columnsOf(table).entries()) {
        const value = values[i];
        if (!value) continue;
        for (let bit = 0; bit < bitsOf(column, value); bit++) {
          const changed = withBit(column, value, bit);
          if (changed === undefined) continue;
          const isRow = table === 'events' || table === 'scans';
          const position = isRow ? Number(values[0]) : 0;
          const isWhole = !isRow || (counts.stored + seed) % 50 === 0;
          const isFound = await tampered(
            store.sql,
            async tx => {
              const before = hashOf(await readEntries(tx, position - 1, position));
              return { before, isStored: await put(tx, place, column, changed) };
            },
            async (tx, { before, isStored }) => {
              if (!isStored) {
                counts.refused += 1;
                return true;
              }
              counts.stored += 1;
              counts.inspected += Number(isWhole);
              if (isWhole) return (await inspect(tx)).faults.length > 0;
              return hashOf(await readEntries(tx, position - 1, position)) !== before;
            },
          );
          if (!isFound) counts.unseen += 1;
        }
      }
    }
  }
  let text = '';
  await writeExport(store.sql, 'org_1', signer, async more => {
    text += more;
  });
  await store.close();
  const bytes = Buffer.from(text);
  for (let bit = 0; bit < 8 * bytes.length; bit++) {
    bytes[bit >> 3]! ^= 1 << (bit & 7);
    counts.exported += 1;
    if (await isWhole(bytes)) counts.unseenInExport += 1;
    bytes[bit >> 3]! ^= 1 << (bit & 7);
  }
  const count = (what: string, value: number, holds = true): Finding => ({
    what,
    value: value.toLocaleString('en'),
    holds,
  });
  return [
    count('bits changed in the database', counts.stored, counts.stored > 100_000),
    count('of these looked for by an inspection of all', counts.inspected, counts.inspected > 1_000),
    count('changes that the database can not hold', counts.refused),
    count('not found in the database', counts.unseen, counts.unseen === 0),
    count('bits changed in the export', counts.exported, counts.exported > 1_000_000),
    count('not found in the export', counts.unseenInExport, counts.unseenInExport === 0),
  ];
}

async function isWhole(bytes: Uint8Array): Promise<boolean> {
  async function* file() {
    yield bytes;
  }
  const checking = checkExport(readExport(file()), { verifier: signer, kept: [] });
  try {
    while (!(await checking.next()).done);
    return true;
  } catch (error) {
    if (error instanceof Unproven) return false;
    throw error;
  }
}
