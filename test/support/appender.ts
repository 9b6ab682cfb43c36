/**
 * A program that appends as fast as it can, facts and scans in turn, to the ledger of `DATABASE_URL`: one of several
 * writers at once. It promises to print the positions it was given, as JSON, and to fail loudly otherwise.
 */
import { Ledger } from '../../src/store/ledger.ts';
import { created, requestOf, scanOf, scansTo } from './store.ts';

const name = process.env['APPENDER']!;
const rounds = Number(process.env['ROUNDS']);
const ledger = new Ledger(process.env['DATABASE_URL']!);
const positions: number[] = [];
const append = async (...request: Parameters<Ledger['append']>) => {
  for (const { position } of await ledger.append(...request)) positions.push(position);
};

for (let round = 0; round < rounds; round++) {
  const singles = Array.from({ length: 7 }, (_, i) => requestOf(`qr_${name}_${round}_${i}`, 0, created(`${name}${i}`)));
  const scans = scansTo(`scans-${name}`, round * 3, scanOf('qr_1'), scanOf('qr_2'), scanOf('qr_3'));
  await Promise.all([...singles, scans].map(request => append(request)));
}
await ledger.close();
console.log(JSON.stringify(positions));
