/**
 * What an operator does to a running program's ledger, from another process as it were: by the same functions as
 * `bun run org`, without its quarter of a second for a process each time. `test/org.test.ts` is about the command itself.
 */
import type { Operator } from '../../src/bootstrap.ts';
import { connect } from '../../src/store/connect.ts';
import { Ledger } from '../../src/store/ledger.ts';
import type { Place } from './program.ts';

/** Does one piece of work; the program hears of it at once. */
export async function asOperator<T>(
  { databaseUrl }: Pick<Place, 'databaseUrl'>,
  work: (operator: Operator) => Promise<T>,
): Promise<T> {
  const sql = connect(databaseUrl, { max: 1 });
  const ledger = new Ledger(databaseUrl);
  try {
    const result = await work({ deps: { ledger, sql }, actor: 'operator', now: Date.now });
    await sql.notify('indelible_ledger', '');
    return result;
  } finally {
    await ledger.close();
    await sql.end();
  }
}
