/**
 * Organisations and keys of a running program, made as its operator makes them. Limits are lifted where a test asks more
 * often than a customer may.
 */
import type { Scope } from '../../events/key.ts';
import type { Limits } from '../../events/organization.ts';
import { changeLimits, createOrganization, issueKey } from '../../src/bootstrap.ts';
import { readRun } from '../../src/store/read.ts';
import { type Call, caller } from './client.ts';
import { asOperator } from './operator.ts';
import type { Place } from './program.ts';
import { until } from './until.ts';

/** The id of the organisation whose key a test was given. */
export const organizationOf = async (place: Place): Promise<string> =>
  place.org ?? asOperator(place, async ({ deps }) => (await readRun(deps.sql, 'facts', 0, 1)).events[0]!.stream);

/** Another organisation with an admin key. */
export const anotherOrganization = (program: Place, name = 'Other'): Promise<{ org: string; key: string }> =>
  asOperator(program, async operator => {
    const org = await createOrganization(operator, name, 'enterprise');
    return { org, key: await issueKey(operator, { org, name: 'First key', scope: 'admin' }) };
  });

/** A caller of another organisation, whose key the program has heard of: another process has issued it. */
export async function stranger(program: Place, name = 'Stranger'): Promise<Call> {
  const { key } = await anotherOrganization(program, name);
  const call = caller(program.url, key);
  await until(async () => (await call('GET', '/v1/account/usage')).status === 200, 5_000);
  return call;
}

/** A new key of an organisation, which the program has heard of: another process has issued it. */
export async function keyOf(program: Place, org: string, scope: Scope): Promise<string> {
  const key = await asOperator(program, operator => issueKey(operator, { org, name: 'Key', scope }));
  const call = caller(program.url, key);
  await until(async () => (await call('GET', '/v1/qr')).status !== 401, 5_000);
  return key;
}

/** Changes limits of an organisation, of which the program hears soon. */
export const setLimits = (program: Place, org: string, limits: Partial<Limits>): Promise<void> =>
  asOperator(program, operator => changeLimits(operator, org, limits));

/** Lets that organisation ask as often and create as much as a test needs. */
export async function liftLimits(program: Place): Promise<void> {
  await setLimits(program, await organizationOf(program), { qrCodesPerMonth: many, apiRequestsPerMinute: many });
  await limitReached(program, program.key, many);
}
const many = 10_000_000;

/** Resolves when the program has heard of a key's new limit of requests: another process has set it. */
export async function limitReached(program: Place, key: string, requests: number): Promise<void> {
  const ask = caller(program.url, key);
  await until(
    async () => (await ask('GET', '/v1/account/usage')).headers.get('x-ratelimit-limit') === String(requests),
    5_000,
  );
}
