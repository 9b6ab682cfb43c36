/**
 * Organisations and keys of a running program, made as its operator makes them: by `bun run org`. Limits are lifted
 * where a test asks more often than a customer may.
 */
import { type Call, caller } from './client.ts';
import type { Program } from './program.ts';
import { until } from './until.ts';

export type Scope = 'read' | 'write' | 'admin' | 'audit';

/** The id of the organisation that the first start has made. */
export async function firstOrganization(program: Program): Promise<string> {
  return found(/org_\w{26}/, await program.org('list'));
}

/** Another organisation with an admin key. */
export async function anotherOrganization(program: Program, name = 'Other'): Promise<{ org: string; key: string }> {
  const output = await program.org('create', '--name', name);
  return { org: found(/org_\w{26}/, output), key: found(/fdqr_\w+/, output) };
}

/** A caller of another organisation, whose key the program has heard of: another process has issued it. */
export async function stranger(program: Program, name = 'Stranger'): Promise<Call> {
  const { key } = await anotherOrganization(program, name);
  const call = caller(program.url, key);
  await until(async () => (await call('GET', '/v1/account/usage')).status === 200, 5_000);
  return call;
}

/** A new key of an organisation, which the program has heard of: another process has issued it. */
export async function keyOf(program: Program, org: string, scope: Scope): Promise<string> {
  const key = found(/fdqr_\w+/, await program.org('key', '--org', org, '--scope', scope));
  const call = caller(program.url, key);
  await until(async () => (await call('GET', '/v1/qr')).status !== 401, 5_000);
  return key;
}

/** Lets the first organisation ask as often and create as much as a test needs. */
export async function liftLimits(program: Program): Promise<void> {
  const org = await firstOrganization(program);
  await program.org('limits', '--org', org, '--codes', '10000000', '--requests', '10000000');
  await limitReached(program, program.key, 10_000_000);
}

/** Resolves when the program has heard of a key's new limit of requests: another process has set it. */
export async function limitReached(program: Program, key: string, requests: number): Promise<void> {
  const ask = caller(program.url, key);
  await until(
    async () => (await ask('GET', '/v1/account/usage')).headers.get('x-ratelimit-limit') === String(requests),
    5_000,
  );
}

function found(pattern: RegExp, output: string): string {
  const [match] = pattern.exec(output) ?? [];
  if (match === undefined) throw new Error(`nothing like ${pattern} in: ${output}`);
  return match;
}
