/**
 * An import that is cut off at any point goes on where it was, and comes to what it would have come to at once.
 */
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeExport } from '../../src/audit/exporter.ts';
import { importLedger } from '../../src/audit/importer.ts';
import { Taking } from '../../src/audit/taking.ts';
import { signerOf, verifierLine } from '../../src/proofs/note.ts';
import type { AppendRequest } from '../../src/store/batch.ts';
import { connect } from '../../src/store/connect.ts';
import { type Entry, entriesOf } from '../../src/store/entries.ts';
import { readHead, readRun } from '../../src/store/read.ts';
import { audit } from '../support/audit.ts';
import { scratchDirectory, testDatabase } from '../support/postgres.ts';
import { eventOf } from '../support/read-models.ts';
import { created, requestOf, type TestStore, testStore } from '../support/store.ts';
import { ledgerOf } from '../support/tampering.ts';
import { until } from '../support/until.ts';

const signer = signerOf(new Uint8Array(32).fill(3), 'indelible');
const claims = { verifier: signer, kept: [] };
const org = 'org_1';
const events = 8_000;
/** A ledger and its export. */
interface Source {
  readonly store: TestStore;
  readonly file: string;
}
let scanned: Source;
let busy: Source;

beforeAll(async () => {
  scanned = await exported(await ledgerOf(events));
  busy = await exported(await ledgerOfFacts());
}, 120_000);
afterAll(() => Promise.all([scanned.store.close(), busy.store.close()]));

async function exported(store: TestStore): Promise<Source> {
  let text = '';
  await writeExport(store.sql, org, signer, async more => {
    text += more;
  });
  const file = join(scratchDirectory(), 'cut.ledger');
  writeFileSync(file, text);
  return { store, file };
}

/** Facts alone, so that many go into the ledger together: of eight callers, and of one with requests of all sizes. */
async function ledgerOfFacts(): Promise<TestStore> {
  const store = await testStore();
  const label = { type: 'qr.relabeled', data: { label: 'Ölüdeniz' } };
  const append = (request: string, ...writes: AppendRequest['writes']) =>
    store.ledger.append({ ...requestOf('', 0), request, writes });
  const call = async (caller: number) => {
    for (let n = caller; n < 900; n += 8) {
      const write = { stream: `qr_${n}`, expected: 0, facts: [created(`s${n}`), label, label, label] };
      await append(`req_${n}`, write);
    }
  };
  await Promise.all(Array.from({ length: 8 }, (_, caller) => call(caller)));
  // One that writes what another has just written, with others around it.
  for (let n = 0; n < 20; n++) {
    await append(`first_${n}`, { stream: `qr_${n}`, expected: 4, facts: [label] });
    const streams = [`qr_a${n}`, `qr_${n}`, `qr_b${n}`];
    await append(
      `second_${n}`,
      ...streams.map((stream, i) => ({
        stream,
        expected: i === 1 ? 5 : 0,
        facts: [i === 1 ? label : created(stream)],
      })),
    );
    await append(`third_${n}`, { stream: `qr_c${n}`, expected: 0, facts: [created(`qr_c${n}`)] });
  }
  // One that goes to and fro between two streams, under the same request id.
  for (let n = 1; n < 10; n++) {
    for (const name of ['qr_a0', 'qr_b0']) await append('fro', { stream: name, expected: n, facts: [label] });
  }
  const many = Array.from({ length: 2_500 }, (_, n) => ({
    ...{ stream: `qr_many${n}`, expected: 0 },
    facts: [created(`many${n}`)],
  }));
  await append('req_many', ...many);
  return store;
}

/** What of the organisation's entries is the same wherever they stand: of scans not whose stream they are in. */
async function storyOf({ sql }: TestStore): Promise<string[]> {
  const pages: Entry[][] = [];
  for await (const page of entriesOf(sql, org, 0, await readHead(sql))) pages.push([...page]);
  return pages.flat().map(({ line }) => {
    const [stream, version, ...rest] = line.split('\t');
    // What is sealed is sealed anew.
    const open = rest.map(value => value.replace(/"sealed":"[^"]*"/, '"sealed":"…"'));
    return (rest.length === 6 ? [stream, version, ...open] : open).join('\t');
  });
}

test.each([
  ['of scans and facts', () => scanned],
  ['of facts alone', () => busy],
])(
  'one %s whose ledger is cut off from it again and again goes on each time',
  async (_, source) => {
    const { store, file } = source();
    const target = await testStore();
    let [left, cuts] = [0, 0];
    const append = async (request: AppendRequest) => {
      if (left-- <= 0) throw new Error('cut off');
      return target.ledger.append(request);
    };
    let earlier = -1;
    for (;;) {
      // More each time, so that it ends, and somewhere in a group.
      left = 53 + 17 * cuts++;
      const done = await importLedger({ sql: target.sql, ledger: { append } }, file, claims).catch(() => undefined);
      if (!done) continue;
      ({ earlier } = done);
      break;
    }
    expect(cuts).toBeGreaterThan(5);
    expect(earlier).toBeGreaterThan(0);
    const whole = await testStore();
    await importLedger(whole, file, claims);
    const story = await storyOf(whole);
    expect(story).toEqual(await storyOf(store));
    expect(await storyOf(target)).toEqual(story);
    // Once more there is nothing to do.
    const head = await readHead(target.sql);
    expect(await importLedger(target, file, claims)).toMatchObject({ earlier: story.length });
    expect(await readHead(target.sql)).toBe(head);
    await Promise.all([target.close(), whole.close()]);
  },
  120_000,
);

test('one that was killed goes on, and the state is the same', async () => {
  const [target, whole] = [await testDatabase(), await testDatabase()];
  const sql = connect(target.url, { max: 1, name: 'onlooker' });
  const root = join(import.meta.dirname, '../..');
  const words = ['import', scanned.file, '--key', verifierLine(signer)];
  const env = { ...process.env, DATABASE_URL: target.url };
  const child = spawn(process.execPath, [join(root, 'src/audit.ts'), ...words], { cwd: root, env, stdio: 'ignore' });
  const events = async () =>
    (await sql`select to_regclass('ledger.commits') is not null as there`)[0]!['there'] && (await readHead(sql));
  await until(async () => Number(await events()) > 500, 30_000);
  child.kill('SIGKILL');
  await once(child, 'close');
  expect(await readHead(sql)).toBeLessThan((await storyOf(scanned.store)).length);
  const again = await audit(target.url, ...words);
  expect(again.status).toBe(0);
  expect(again.output).toContain('an import had written that was interrupted');
  const thrice = await audit(target.url, ...words);
  expect([thrice.status, thrice.output]).toEqual([
    0,
    expect.stringMatching(/^All of it was in this ledger already\.\n/),
  ]);
  expect(thrice.output).not.toContain('interrupted');
  const straight = await audit(whole.url, ...words);
  const digestIn = ({ output }: { output: string }) => /digest ([0-9a-f]{64})/.exec(output)?.[1];
  expect(digestIn(again)).toBeString();
  expect(digestIn(again)).toBe(digestIn(straight)!);
  expect((await audit(target.url, 'verify')).status).toBe(0);
  await sql.end();
}, 90_000);

test('one into a ledger that has the organisation otherwise is refused, and nothing is written', async () => {
  const target = await testStore();
  const early = { at: 1, org, actor: 'key_1', request: null, writes: [] };
  const fact = { type: 'org.created', data: { name: 'Other', plan: 'free' as const } };
  await target.ledger.append({ ...early, writes: [{ stream: org, expected: 0, facts: [fact] }] });
  expect(importLedger(target, scanned.file, claims)).rejects.toThrow('is in this ledger already');
  expect(await readHead(target.sql)).toBe(1);
  await target.close();
});

test('an event that speaks of one in the same commit is led to its new place', async () => {
  const target = await testStore();
  await target.ledger.append({ ...requestOf('qr_0', 0, created('there')), org: 'org_2' });
  const taking = new Taking(target.ledger);
  const attempt = { position: 70, status: 200, latencyMs: 1 };
  await taking.add(eventOf('webhook.tested', 'wh_1', {}, { org, position: 70 }), []);
  const told = eventOf('delivery.attempted', 'deliveries-1', { webhook: 'wh_1', attempts: [attempt] });
  await taking.add({ ...told, org, position: 71 }, []);
  await taking.flush();
  const { events } = await readRun(target.sql, 'facts', 1, 10);
  expect(events.map(({ position }) => position)).toEqual([2, 3]);
  expect(events[1]!.data).toMatchObject({ attempts: [{ ...attempt, position: 2 }] });
  await target.close();
});

test('what goes out together is one commit: of two, one could fail and the other stand', async () => {
  const target = await testStore();
  const taking = new Taking(target.ledger);
  for (let n = 1; n <= 300; n++) {
    const event = eventOf('qr.relabeled', `qr_${n}`, { label: 'x' }, { org, position: n });
    await taking.add(event, []);
  }
  await taking.flush();
  const commits = await target.sql`select first, last from ledger.commits where last > 0`;
  expect([...commits]).toEqual([{ first: 1, last: 300 }]);
  await target.close();
});
