/**
 * Webhooks of the real program to a receiver on the same machine, in two phases: people scan at a steady rate and each
 * scan is told as it is recorded; then the receiver is asked id by id for everything that is on record. And what 50
 * endpoints that swallow every request mean for 950 others: the same load with and without them, in turns.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { connect } from '../../src/store/connect.ts';
import { messageIdOf, type Place } from '../../src/webhooks/signature.ts';
import { type Call, caller } from '../support/client.ts';
import { type Program, startProgram } from '../support/program.ts';
import { liftLimits } from '../support/tenants.ts';
import { limited, median, percentile, type Row } from './table.ts';

const rate = 2_000;
const seconds = 20;
const endpoints = 1_000;
const tarPits = 50;
/** Of the second part: what 1,000 endpoints are told together. */
const sharedRate = 500;
const rounds = 3;
const roundSeconds = 12;
const agent =
  'Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/125.0.0.0 Mobile Safari/537.36';

const pause = (ms: number) => new Promise(resolve => setTimeout(resolve, ms));

/** Scans codes one after the other at a steady rate; resolves when the last one is answered. */
async function scanAt(url: string, slugs: readonly string[], perSecond: number, forSeconds: number): Promise<number> {
  const total = perSecond * forSeconds;
  const begun = performance.now();
  const open = new Set<Promise<unknown>>();
  for (let sent = 0; sent < total; ) {
    const due = Math.min(total, Math.floor(((performance.now() - begun) / 1_000) * perSecond));
    for (; sent < due; sent++) {
      const scanning = fetch(`${url}/${slugs[sent % slugs.length]}`, {
        redirect: 'manual',
        headers: { 'user-agent': agent, 'x-forwarded-for': `8.8.${sent % 200}.${(sent >> 8) % 250}` },
      }).then(response => response.body?.cancel());
      open.add(scanning);
      void scanning.finally(() => open.delete(scanning));
    }
    await pause(5);
  }
  await Promise.all(open);
  return total;
}

async function startReceiver() {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'receiver.ts')], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [port] = await once(child.stdout!, 'data');
  const url = `http://127.0.0.1:${String(port).trim()}`;
  const ask = async (path: string, json?: unknown) => {
    const response = await fetch(url + path, {
      method: 'POST',
      ...(json !== undefined && { body: JSON.stringify(json) }),
    });
    return response.status === 204 ? undefined : await response.json();
  };
  return { url, ask, stop: () => child.kill() };
}
type Receiver = Awaited<ReturnType<typeof startReceiver>>;

const created = async (call: Call, count: number) => {
  const json = { codes: Array.from({ length: count }, (_, n) => ({ destination: `https://example.com/${n}` })) };
  const { body } = await call('POST', '/v1/qr/bulk', { json });
  return body.codes.map(({ id, shortUrl }: { id: string; shortUrl: string }) => ({
    id,
    slug: new URL(shortUrl).pathname.slice(1),
  })) as {
    id: string;
    slug: string;
  }[];
};

/** Waits until the receiver has that many, for a while after the last one came. */
async function arrived(receiver: Receiver, count: number): Promise<void> {
  for (let quiet = 0, before = -1; quiet < 50; ) {
    const { count: now } = await receiver.ask('/delays');
    if (now >= count) return;
    quiet = now === before ? quiet + 1 : 0;
    before = now;
    await pause(100);
  }
}

async function throughput(program: Program, call: Call, receiver: Receiver): Promise<Row[]> {
  const [code] = await created(call, 1);
  const hook = (await call('POST', '/v1/webhooks', { json: { url: `${receiver.url}/one`, events: ['scan.created'] } }))
    .body.id;
  // The first seconds are those of a cold program.
  await scanAt(program.url, [code!.slug], rate / 2, 3);
  await arrived(receiver, (rate / 2) * 3);
  await receiver.ask('/begin');
  const begun = Date.now();
  const scans = await scanAt(program.url, [code!.slug], rate, seconds);
  await arrived(receiver, scans);
  const { delays, repeated } = await receiver.ask('/delays');
  const sql = connect(program.databaseUrl, { max: 1 });
  const recorded = await sql<Place[]>`
    select position, stream, s.version, at_ms as at from ledger.scans s join ledger.writers w on w.id = s.writer
    where at_ms >= ${begun} order by position`;
  await sql.end();
  const ids = recorded.map(place => messageIdOf(hook, place));
  let missing = 0;
  let last = begun;
  for (let i = 0; i < ids.length; i += 1_000) {
    const answer = await receiver.ask('/told', ids.slice(i, i + 1_000));
    missing += answer.missing.length;
    last = answer.last;
  }
  await call('DELETE', `/v1/webhooks/${hook}`);
  const perSecond = ((ids.length - missing) / (last - begun)) * 1_000;
  return [
    {
      ...{ bench: 'webhooks', what: `deliveries at ${rate} events/s, each asked for by its id`, value: perSecond },
      ...{
        unit: 'deliveries/s',
        target: `≥ ${0.97 * rate} (all that happened, to the last)`,
        reached: perSecond >= 0.97 * rate,
      },
    },
    limited('webhooks', 'event to first byte, p50', percentile(delays, 0.5), 'ms', 500),
    limited('webhooks', 'event to first byte, p99', percentile(delays, 0.99), 'ms', 500),
    limited('webhooks', `of ${ids.length.toLocaleString('en')} events not at the receiver`, missing, 'events', 0),
    limited('webhooks', 'delivered more than once', repeated, 'deliveries', 0),
  ];
}

async function fairness(program: Program, call: Call, receiver: Receiver): Promise<Row[]> {
  const codes = await created(call, endpoints);
  for (const [n, { id }] of codes.entries()) {
    const url = `${receiver.url}/${n < tarPits ? 'tar' : 'well'}/${n}`;
    await call('POST', '/v1/webhooks', { json: { url, events: ['scan.created'], codes: [id] } });
  }
  const slugs = codes.map(({ slug }) => slug);
  const round = async (swallow: boolean): Promise<number> => {
    await receiver.ask(`/mode?tar=${swallow ? 1 : 0}`);
    await receiver.ask('/begin');
    const scans = await scanAt(program.url, slugs, sharedRate, roundSeconds);
    await arrived(receiver, swallow ? scans * (1 - tarPits / endpoints) : scans);
    return percentile((await receiver.ask('/delays')).delays, 0.99);
  };
  await round(false);
  const [without, beside]: [number[], number[]] = [[], []];
  for (let i = 0; i < rounds; i++) {
    without.push(await round(false));
    beside.push(await round(true));
  }
  const [alone, amidst] = [median(without), median(beside)];
  return [
    {
      ...{
        bench: 'webhooks',
        what: `p99 of ${endpoints - tarPits} endpoints beside ${tarPits} tar pits`,
        value: amidst,
        unit: 'ms',
      },
      ...{
        beside: 'without them',
        besideValue: alone,
        ratio: amidst / alone,
        target: '< 1.1 ×',
        reached: amidst / alone < 1.1,
      },
    },
  ];
}

export async function measure(): Promise<Row[]> {
  const program = await startProgram({ env: { WEBHOOK_ALLOW: 'loopback' } });
  await liftLimits(program);
  const call = caller(program.url, program.key);
  const receiver = await startReceiver();
  try {
    return [...(await throughput(program, call, receiver)), ...(await fairness(program, call, receiver))];
  } finally {
    receiver.stop();
    await program.stop();
  }
}
