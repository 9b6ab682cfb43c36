/**
 * Checking a ledger of a million events: chain, trees and a kept checkpoint, from the stored rows.
 */
import { checkLedger } from '../../src/audit/ledger-check.ts';
import { Grower } from '../../src/proofs/grower.ts';
import { signerOf } from '../../src/proofs/note.ts';
import { Prover } from '../../src/proofs/prover.ts';
import { created, requestOf, scanOf, scansTo, testStore } from '../support/store.ts';
import { limited, type Row } from './table.ts';

const events = 1_000_000;
const batch = 1_000;

export async function measure(): Promise<Row[]> {
  const store = await testStore();
  for (let done = 0, scanned = 0; done < events; done += batch) {
    if ((done / batch) % 10 === 0) {
      const facts = Array.from({ length: batch }, (_, i) => created(`s${done + i}`));
      await store.ledger.append(requestOf(`qr_${done}`, 0, ...facts));
    } else {
      const scans = Array.from({ length: batch }, (_, i) => scanOf(`qr_${i}`, { visitor: i + 1, agent: i % 500 }));
      await store.ledger.append(scansTo('scans-bench', scanned, ...scans));
      scanned += batch;
    }
  }
  const growing = performance.now();
  await new Grower(store.sql, () => {}).settle();
  const grown = events / ((performance.now() - growing) / 1_000);
  const signer = signerOf(new Uint8Array(32), 'bench');
  const kept = { origin: signer.name, ...(await new Prover(store.sql, signer).checkpoint('org_1')) };
  const started = performance.now();
  const report = await checkLedger(store.sql, [kept]);
  const seconds = (performance.now() - started) / 1_000;
  await store.close();
  if (report.faults.length > 0 || report.events !== events) throw new Error(report.faults.join('\n'));
  return [
    { bench: 'verify', what: 'growing the tree', value: grown, unit: 'events/s' },
    limited('verify', '1,000,000 events, chain and trees', seconds, 's', 60),
  ];
}
