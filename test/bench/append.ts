/**
 * The append path beside what it stands on: raw COPY of the same rows into a table of the same shape, raw INSERT by
 * the same number of clients, and Emmett, an event store on Postgres from npm. All on one cluster with fsync on. And
 * once more with proofs: while the Merkle trees are grown behind it, in the same process, as if somebody asked for a
 * proof after every commit.
 */
import { execFileSync } from 'node:child_process';
import { getPostgreSQLEventStore } from '@event-driven-io/emmett-postgresql';
import { newId } from '../../src/ids.ts';
import { Grower } from '../../src/proofs/grower.ts';
import type { AppendRequest, Write } from '../../src/store/batch.ts';
import { connect, type Sql } from '../../src/store/connect.ts';
import { type TestStore, testStore } from '../support/store.ts';
import { compared, limited, median, percentile, rate as perSecond, type Row } from './table.ts';

const rounds = 5;
const batch = 1_000;
const batches = 40;
const callers = 32;
const singles = 20_000;
const emmettSingles = 3_000;
const emmettBatches = 10;

const org = newId('org');
const key = newId('key');
let made = 0;

const data = () => ({
  slug: `slug${++made}`,
  type: 'url',
  destination: `https://example.com/landing/${made}?campaign=spring`,
  label: `Campaign A ${made}`,
  style: { dotColor: '#1a1a2e', bgColor: '#ffffff' },
});
const write = (): Write => ({ stream: newId('qr'), expected: 0, facts: [{ type: 'qr.created', data: data() }] });
const request = (writes: Write[]): AppendRequest => ({
  at: Date.now(),
  org,
  actor: key,
  request: newId('req'),
  writes,
});

/** A row as `ledger.events` has it, in COPY's text format. */
function line(position: number): string {
  const json = JSON.stringify(data()).replaceAll('\\', '\\\\');
  return `${position}\t${newId('qr')}\t1\tqr.created\t${Date.now()}\t${org}\t${key}\t${newId('req')}\t${json}\n`;
}

/** `count` pieces of work by `callers` at once; the time of each in milliseconds. */
async function concurrently(count: number, work: () => Promise<unknown>): Promise<number[]> {
  const times: number[] = [];
  let left = count;
  const one = async () => {
    while (left-- > 0) {
      const started = performance.now();
      await work();
      times.push(performance.now() - started);
    }
  };
  await Promise.all(Array.from({ length: callers }, one));
  return times;
}

async function copyBatches(sql: Sql, table: string, first: number): Promise<void> {
  const connection = await sql.reserve();
  for (let i = 0; i < batches; i++) {
    let text = '';
    for (let n = 0; n < batch; n++) text += line(first + i * batch + n);
    const stream = await connection.unsafe(`copy ${table} from stdin`).writable();
    await new Promise<void>((resolve, reject) => {
      stream.on('error', reject).on('finish', () => resolve());
      stream.end(text);
    });
  }
  connection.release();
}

/** Events a second, on a machine whose disk is at rest: see `wrk()`. */
async function rate(count: number, work: () => Promise<unknown>): Promise<number> {
  execFileSync('sync');
  return perSecond(count, work);
}

/** Measures while the trees are grown; they begin and end where the ledger does. */
async function growing(store: TestStore, work: () => Promise<number>): Promise<number> {
  const onError = (error: unknown) => {
    throw error;
  };
  const grower = new Grower(store.sql, onError, store.ledger);
  await grower.settle();
  grower.start();
  const stop = store.ledger.onCommit(() => grower.wake());
  const measured = await work();
  stop();
  await grower.stop();
  await grower.settle();
  return measured;
}

export async function measure(): Promise<Row[]> {
  const store = await testStore();
  const sql = connect(store.url, { max: callers });
  await sql`create schema bench`;
  await sql`create table bench.copied (like ledger.events including all)`;
  await sql`create table bench.inserted (like ledger.events including all)`;
  const emmett = getPostgreSQLEventStore(store.url);
  const emmettEvent = () => ({ type: 'qr.created', data: data(), metadata: { org, key, request: newId('req') } });
  await emmett.appendToStream('warm', [emmettEvent()]);

  const rates = {
    copy: [] as number[],
    ledger: [] as number[],
    provenLedger: [] as number[],
    emmett: [] as number[],
    insert: [] as number[],
    single: [] as number[],
    provenSingle: [] as number[],
    emmettSingle: [] as number[],
  };
  let times: number[] = [];
  let provenTimes: number[] = [];
  const ledgerBatches = async () => {
    // Two at a time: while Postgres writes one batch the next is prepared, as it is under load.
    let left = batches;
    const one = async () => {
      while (left-- > 0) await store.ledger.append(request(Array.from({ length: batch }, write)));
    };
    await Promise.all([one(), one()]);
  };
  const ledgerSingles = () => concurrently(singles, () => store.ledger.append(request([write()])));
  let inserted = 0;
  for (let round = 0; round <= rounds; round++) {
    // The first round warms all of them up.
    if (round === 1) {
      for (const list of Object.values(rates)) list.length = 0;
      times = [];
      provenTimes = [];
    }
    // A cluster in service writes its log over files of before. A new one makes them: 16 MB and 30 ms of waiting for every
    // 21,000 rows, which whoever writes most meets most. A checkpoint sets those of the last round free.
    await sql`checkpoint`;
    const total = batch * batches;
    rates.copy.push(await rate(total, () => copyBatches(sql, 'bench.copied', round * total)));
    rates.ledger.push(await rate(total, ledgerBatches));
    rates.provenLedger.push(await growing(store, () => rate(total, ledgerBatches)));
    rates.emmett.push(
      await rate(batch * emmettBatches, async () => {
        for (let i = 0; i < emmettBatches; i++) {
          await emmett.appendToStream(newId('qr'), Array.from({ length: batch }, emmettEvent));
        }
      }),
    );
    rates.insert.push(
      await rate(singles, () =>
        concurrently(
          singles,
          () => sql`
            insert into bench.inserted values (${++inserted}, ${newId('qr')}, 1, 'qr.created', ${Date.now()}, ${org}, ${key},
              ${newId('req')}, ${JSON.stringify(data())}::text::json)`,
        ),
      ),
    );
    rates.single.push(
      await rate(singles, async () => {
        times = times.concat(await ledgerSingles());
      }),
    );
    rates.provenSingle.push(
      await growing(store, () =>
        rate(singles, async () => {
          provenTimes = provenTimes.concat(await ledgerSingles());
        }),
      ),
    );
    rates.emmettSingle.push(
      await rate(emmettSingles, () =>
        concurrently(emmettSingles, () => emmett.appendToStream(newId('qr'), [emmettEvent()])),
      ),
    );
  }
  await emmett.close();
  await sql.end();
  await store.close();
  const m = Object.fromEntries(Object.entries(rates).map(([name, values]) => [name, median(values)])) as Record<
    keyof typeof rates,
    number
  >;
  return [
    compared('append', 'batches of 1,000', m.ledger, 'events/s', 'raw COPY', m.copy, 0.8),
    compared('append', 'batches of 1,000', m.ledger, 'events/s', 'Emmett', m.emmett, 4),
    compared('append', '32 concurrent singles', m.single, 'events/s', 'raw INSERT', m.insert, 2.5),
    compared('append', '32 concurrent singles', m.single, 'events/s', 'Emmett', m.emmettSingle, 12),
    limited('append', '32 concurrent singles, p99', percentile(times, 0.99), 'ms', 5),
    compared('append', 'batches of 1,000, with proofs', m.provenLedger, 'events/s', 'raw COPY', m.copy, 0.8),
    compared('append', 'batches of 1,000, with proofs', m.provenLedger, 'events/s', 'Emmett', m.emmett, 4),
    compared('append', '32 concurrent singles, with proofs', m.provenSingle, 'events/s', 'raw INSERT', m.insert, 2.5),
    compared('append', '32 concurrent singles, with proofs', m.provenSingle, 'events/s', 'Emmett', m.emmettSingle, 12),
    limited('append', '32 concurrent singles, with proofs, p99', percentile(provenTimes, 0.99), 'ms', 5),
  ];
}
