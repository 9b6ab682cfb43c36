/**
 * The real program sends webhooks and is killed again and again, while events keep coming and a third of the endpoints
 * fails in one way or another. Its clock goes so fast that days of retrying pass in a minute. In the end every event was
 * delivered, as its receiver knows, or is listed as exhausted, and none is stuck. Everything random comes of one seed.
 */
import { join } from 'node:path';
import { Webhook } from 'standardwebhooks';
import type { AnyEvent } from '../../events/index.ts';
import { deliveries } from '../../projections/deliveries.ts';
import { schemaOf } from '../../projections/projection.ts';
import { connect } from '../../src/store/connect.ts';
import { Ledger } from '../../src/store/ledger.ts';
import { readPositions } from '../../src/store/read.ts';
import { messageIdOf } from '../../src/webhooks/signature.ts';
import { type Call, caller } from '../support/client.ts';
import { type Delivered, startEndpoint } from '../support/endpoint.ts';
import { type Program, startProgram } from '../support/program.ts';
import { scanOf, scansTo } from '../support/store.ts';
import { liftLimits } from '../support/tenants.ts';
import { until } from '../support/until.ts';
import { randomFrom } from './real-input.ts';

export interface KillsOptions {
  readonly seed: number;
  readonly events: number;
  readonly endpoints: number;
  readonly kills: number;
  /** How much faster than time the program's clock goes. */
  readonly speed: number;
  /** Longest time from the last event until nothing is pending. */
  readonly settleMs: number;
}

export interface KillsReport {
  readonly seed: number;
  readonly events: number;
  readonly delivered: number;
  readonly exhausted: number;
  /** Of a webhook that had been disabled by then, which five days of failures do: nobody was to be told. */
  readonly untold: number;
  /** Neither delivered nor listed as exhausted. */
  readonly lost: number;
  /** Delivered, says the log, and the receiver has never said yes to it. */
  readonly claimed: number;
  readonly pending: number;
  /** Requests beyond the first to which a receiver had said yes. */
  readonly repeated: number;
  readonly requests: number;
  /** Requests that the receivers' library refused. */
  readonly forged: number;
  readonly disabled: number;
  readonly kills: number;
}

/** How the three of ten that fail do so. */
type Manner = 'well' | 'down' | 'flaky' | 'cutting' | 'busy';
const manners: readonly Manner[] = ['well', 'well', 'down', 'well', 'well', 'flaky', 'well', 'well', 'cutting', 'busy'];
const mannerOf = (n: number): Manner => manners[n % manners.length]!;

interface Written {
  readonly id: string;
  readonly hook: string;
  readonly position: number;
}

const secret = `whsec_${Buffer.alloc(32, 11).toString('base64')}`;
const batch = 250;

export async function killAgainAndAgain(options: KillsOptions): Promise<KillsReport> {
  const { seed, events, endpoints, kills, speed, settleMs } = options;
  const random = randomFrom(seed);
  const receiver = await startReceiver(random);
  const begun = Date.now();
  const clock = () => ({
    BUN_OPTIONS: `--preload ${join(import.meta.dirname, 'clock.ts')}`,
    CLOCK_START: String(begun + (Date.now() - begun) * speed),
    CLOCK_SPEED: String(speed),
    WEBHOOK_ALLOW: 'loopback',
  });
  let program: Program = await startProgram({ env: clock(), runtime: 'bun' });
  await liftLimits(program);
  const { hooks, codes } = await setUp(caller(program.url, program.key), receiver.url, endpoints);

  const written: Written[] = [];
  const writer = writing(program, async scans => {
    const toldTo = (hook: string, scan: AnyEvent) => ({ id: messageIdOf(hook, scan), hook, position: scan.position });
    written.push(...scans.map(({ scan, code }) => toldTo(hooks[code]!, scan)));
  });
  let killed = 0;
  for (let done = 0; done < events; done += batch) {
    await writer.scans(
      Array.from({ length: Math.min(batch, events - done) }, () => Math.floor(random() * endpoints)),
      codes,
    );
    // Somewhere in this stretch of its share of the events.
    if (killed < kills && done + batch >= ((killed + random()) * events) / kills) {
      const goal = receiver.requests() + Math.floor(random() * 200);
      const latest = performance.now() + 5_000;
      await until(() => receiver.requests() >= goal || performance.now() > latest, 10_000);
      await program.kill();
      killed += 1;
      program = await startProgram({ env: clock(), again: program, runtime: 'bun' });
    }
  }
  const call = caller(program.url, program.key);
  const pending = await settled(call, hooks, settleMs);
  const statuses = await writer.statuses();
  const ends = await writer.ends();
  await writer.close();
  const told = written.filter(({ hook, position }) => position < (ends.get(hook) ?? Number.POSITIVE_INFINITY));
  const report = compare(told, statuses, receiver.accepted);
  const states = await Promise.all(hooks.map(async hook => (await call('GET', `/v1/webhooks/${hook}`)).body.status));
  await program.stop();
  await receiver.close();
  return {
    ...{
      seed,
      events: written.length,
      untold: written.length - told.length,
      ...report,
      pending,
      repeated: receiver.repeated(),
      requests: receiver.requests(),
    },
    ...{ forged: receiver.forged(), disabled: states.filter(status => status === 'disabled').length, kills: killed },
  };
}

/** All endpoints at one server, told apart by their path; it knows to which messages it has said yes. */
async function startReceiver(random: () => number) {
  const accepted = new Set<string>();
  const verifier = new Webhook(secret);
  let [repeated, forged, requests] = [0, 0, 0];
  const take = ({ headers, body }: Delivered) => {
    const id = String(headers['webhook-id']);
    if (accepted.has(id)) repeated += 1;
    accepted.add(id);
    return body;
  };
  const server = await startEndpoint((delivered, response, request) => {
    requests += 1;
    server.received.length = 0;
    if (!isSigned(verifier, delivered)) forged += 1;
    const manner = mannerOf(Number(delivered.path.slice('/hook/'.length)));
    const isWell =
      manner === 'well' || (manner === 'flaky' && random() < 0.4) || (manner === 'cutting' && random() < 0.2);
    if (isWell) {
      take(delivered);
      return response.writeHead(204).end();
    }
    if (manner === 'cutting') return request.socket.destroy();
    if (manner === 'busy') return response.writeHead(503, { 'retry-after': '60' }).end('later');
    return response.writeHead(500).end('<html>something broke');
  });
  return {
    ...{ url: server.url, accepted, close: server.close },
    ...{ repeated: () => repeated, forged: () => forged, requests: () => requests },
  };
}

/** The library looks at the time too, and the program's is another one: it is given a verdict on the signature alone. */
function isSigned(verifier: Webhook, { headers, body }: Delivered): boolean {
  const at = new Date(Number(headers['webhook-timestamp']) * 1_000);
  return headers['webhook-signature'] === verifier.sign(String(headers['webhook-id']), at, body.toString());
}

/** A code for each endpoint, and a webhook that is told of its scans alone. */
async function setUp(call: Call, url: string, endpoints: number) {
  const json = { codes: Array.from({ length: endpoints }, (_, n) => ({ destination: `https://example.com/${n}` })) };
  const codes = (await call('POST', '/v1/qr/bulk', { json })).body.codes.map(
    ({ id }: { id: string }) => id,
  ) as string[];
  const hooks: string[] = [];
  for (const [n, code] of codes.entries()) {
    const hook = { url: `${url}/${n}`, events: ['scan.created'], codes: [code], secret };
    hooks.push((await call('POST', '/v1/webhooks', { json: hook })).body.id);
  }
  return { hooks, codes };
}

/** Scans from another process, so that they go on while the program is dead. */
function writing(program: Program, onWritten: (scans: { scan: AnyEvent; code: number }[]) => Promise<void>) {
  const sql = connect(program.databaseUrl, { max: 2, searchPath: [schemaOf(deliveries)] });
  const ledger = new Ledger(program.databaseUrl);
  let version = 0;
  return {
    async scans(numbers: readonly number[], codes: readonly string[]) {
      const [row] = await sql`select org from ledger.events where type = 'webhook.created' limit 1`;
      const scans = numbers.map(n => ({ ...scanOf(codes[n]!, {}, Date.now()), org: row!['org'] as string }));
      const written = await ledger.append(scansTo('scans-campaign', version, ...scans));
      version += scans.length;
      await onWritten(written.map((scan, i) => ({ scan, code: numbers[i]! })));
    },
    /** Message id → state, for all deliveries in the read model. */
    async statuses(): Promise<Map<string, string>> {
      const rows = await sql`
        select t.webhook, d.position, d.status from deliveries d join delivery_targets t using (hook)`;
      const told = await readPositions(sql, [...new Set(rows.map(row => row['position'] as number))]);
      const events = new Map(told.map(event => [event.position, event]));
      return new Map(rows.map(row => [messageIdOf(row['webhook'], events.get(row['position'])!), row['status']]));
    },
    /** Where webhooks were disabled. */
    async ends(): Promise<Map<string, number>> {
      const rows = await sql`select stream, position from ledger.events where type = 'webhook.disabled'`;
      return new Map(rows.map(row => [row['stream'] as string, row['position'] as number]));
    },
    async close() {
      await ledger.close();
      await sql.end();
    },
  };
}

/** Waits until nothing is pending; how many webhooks had something pending at the end. */
async function settled(call: Call, hooks: readonly string[], timeoutMs: number): Promise<number> {
  const open = new Set(hooks);
  const look = async () => {
    for (const hook of open) {
      const { status, body } = await call('GET', `/v1/webhooks/${hook}/deliveries?status=pending&limit=1`);
      // The read model may have a backlog to take in first.
      if (status !== 200 || body.data.length > 0) return false;
      open.delete(hook);
    }
    return true;
  };
  await until(look, timeoutMs).catch(() => {});
  return open.size;
}

function compare(
  told: readonly { id: string }[],
  statuses: ReadonlyMap<string, string>,
  accepted: ReadonlySet<string>,
) {
  const of = (status: string) => told.filter(({ id }) => statuses.get(id) === status);
  return {
    delivered: of('delivered').length,
    exhausted: of('exhausted').length,
    lost: told.filter(({ id }) => !accepted.has(id) && statuses.get(id) !== 'exhausted').length,
    claimed: of('delivered').filter(({ id }) => !accepted.has(id)).length,
  };
}
