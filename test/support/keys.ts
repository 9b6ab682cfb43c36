/**
 * Keys that are narrowed, put on record as the API would put them: a test of what a key sees needs keys of every kind,
 * whatever way they are issued.
 */
import type { Fact } from '../../events/envelope.ts';
import type { KeyFact } from '../../events/key.ts';
import { hashSecret, newSecret } from '../../src/http/secret.ts';
import { newId } from '../../src/ids.ts';
import { readStream } from '../../src/store/read.ts';
import { type Call, caller } from './client.ts';
import { asOperator } from './operator.ts';
import type { Place } from './program.ts';
import { until } from './until.ts';

type Issued = Extract<KeyFact, { type: 'key.issued' }>['data'];

/** Appends facts to a stream of a running program's ledger. */
export const onRecord = (program: Place, org: string, stream: string, ...facts: Fact[]): Promise<void> =>
  asOperator(program, async ({ deps: { sql, ledger }, actor, now }) => {
    const expected = (await readStream(sql, stream)).length;
    await ledger.append({ at: now(), org, actor, request: null, writes: [{ stream, expected, facts }] });
  });

/** A caller with a new key of an organisation, when the program has heard of it. */
export async function callerWith(program: Place, org: string, more: Partial<Issued> = {}): Promise<Call> {
  const { mode = 'live' } = more;
  const secret = newSecret(mode);
  const issued = {
    name: 'Narrow',
    scope: 'admin',
    lastFour: secret.slice(-4),
    hash: hashSecret(secret),
    ...more,
    mode,
  };
  await onRecord(program, org, newId('key', Date.now()), { type: 'key.issued', data: issued });
  const call = caller(program.url, secret);
  await until(async () => (await call('GET', '/v1/account/usage')).status !== 401, 20_000);
  return call;
}
