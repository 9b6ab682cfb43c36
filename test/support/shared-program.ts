/**
 * One program for all files that only want one: each gets an organisation of its own on it, as each customer has, and sees
 * nothing of the others. A start costs more than a second of CPU, and dozens of files want one. Whoever kills it, reads its
 * log, counts its events or needs it told something in its environment starts one for himself.
 */
import { caller } from './client.ts';
import { type Place, type Program, startProgram } from './program.ts';
import { anotherOrganization } from './tenants.ts';
import { until } from './until.ts';

let program: Promise<Program> | undefined;

/** A new organisation on the run's program, which the first who asks starts. */
export async function sharedProgram(): Promise<Place> {
  program ??= startProgram();
  const started = await program;
  const { org, key } = await anotherOrganization(started, 'A file of tests');
  await until(async () => (await caller(started.url, key)('GET', '/v1/account/usage')).status === 200, 5_000);
  return { url: started.url, databaseUrl: started.databaseUrl, org, key };
}

/** Ends what this module has started. */
export async function closeShared(): Promise<void> {
  await (await program)?.stop();
}
