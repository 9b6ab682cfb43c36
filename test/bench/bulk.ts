/**
 * Bulk creation over HTTP: 10,000 codes in one request to the real program, until the answer has been read.
 */
import { caller } from '../support/client.ts';
import { startProgram } from '../support/program.ts';
import { liftLimits } from '../support/tenants.ts';
import { limited, median, type Row } from './table.ts';

const rounds = 5;
const codes = 10_000;

export async function measure(): Promise<Row[]> {
  const program = await startProgram();
  await liftLimits(program);
  const call = caller(program.url, program.key);
  const times: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const json = {
      codes: Array.from({ length: codes }, (_, i) => ({
        destination: `https://example.com/product/${i}`,
        label: `Product ${i}`,
      })),
    };
    const started = performance.now();
    const { status, body } = await call('POST', '/v1/qr/bulk', { json });
    times.push(performance.now() - started);
    if (status !== 201 || body.created !== codes) throw new Error(`bulk answered ${status}`);
  }
  await program.stop();
  return [limited('bulk', '10,000 codes in one request', median(times), 'ms', 1000)];
}
