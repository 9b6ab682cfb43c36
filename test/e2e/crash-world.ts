/**
 * What a crash campaign happens to: the program and a redirect node beside it, on a Postgres and a nats-server of their
 * own, and some codes to be scanned.
 */

import { caller } from '../support/client.ts';
import { type OwnCluster, ownCluster } from '../support/cluster.ts';
import { natsServer, type TestNats } from '../support/nats.ts';
import { type Program, startProgram } from '../support/program.ts';
import { liftLimits } from '../support/tenants.ts';
import { until } from '../support/until.ts';
import type { Scanned } from './crash-load.ts';

export interface World {
  readonly postgres: OwnCluster;
  readonly nats: TestNats;
  office: Program;
  node: Program;
  readonly env: Readonly<Record<string, string>>;
}

const scanners = 8;
/** Room for the cluster, its log files and what a campaign writes. */
const diskBytes = 1_500 * 1024 * 1024;

export async function begun(): Promise<World> {
  const [postgres, nats] = await Promise.all([ownCluster(diskBytes), natsServer()]);
  const env = { DATABASE_URL: postgres.url, NATS_URL: nats.url };
  const office = await startProgram({ env, runtime: 'bun' });
  await liftLimits(office);
  const node = await startProgram({ env: { ...env, ROLE: 'redirect' }, runtime: 'bun' });
  return { postgres, nats, office, node, env };
}

export async function codesFor({ office, node }: World): Promise<Scanned[]> {
  const json = { codes: Array.from({ length: scanners }, (_, i) => ({ destination: `https://scanned.example/${i}` })) };
  const { body } = await caller(office.url, office.key)('POST', '/v1/qr/bulk', { json });
  const scanned = (body.codes as { id: string; shortUrl: string }[]).map(({ id, shortUrl }, i) => ({
    code: { id, slug: new URL(shortUrl).pathname.slice(1), destination: json.codes[i]!.destination },
    ...{ answered: 0, unsure: 0 },
  }));
  for (const { code } of scanned) await until(() => leads(node.url, code), 10_000);
  return scanned;
}

/** Looks where a code leads without being counted. */
export async function leads(
  url: string,
  { slug, destination }: { slug: string; destination: string },
): Promise<boolean> {
  const response = await fetch(`${url}/${slug}`, { method: 'HEAD', redirect: 'manual' }).catch(() => undefined);
  return response?.headers.get('location') === destination;
}

/** Says what a failure was a failure of, and the last words of both programs. */
export function told(what: string, { office, node }: World): (error: unknown) => never {
  return error => {
    const last = [office, node].map(program => program.log().slice(-1_500)).join('\n--\n');
    throw new Error(`${what}: ${error instanceof Error ? error.message : error}\n${last}`, { cause: error });
  };
}
