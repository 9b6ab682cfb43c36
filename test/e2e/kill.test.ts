/**
 * `kill -9` in the middle of everything: what was answered is on record, what was not may be, and nothing is there
 * twice. Clients scan and create until the program dies under them; then it is started again and asked.
 */
import { afterAll, beforeAll, expect, setDefaultTimeout, test } from 'bun:test';
import postgres from 'postgres';
import { type Call, caller } from '../support/client.ts';
import { type Program, startProgram } from '../support/program.ts';
import { liftLimits } from '../support/tenants.ts';
import { until } from '../support/until.ts';
import { type Code, scan, visitor } from './visits.ts';

setDefaultTimeout(180_000);

const scanners = 32;
const creators = 8;

let program: Program;
let call: Call;
const codes: Code[] = [];

async function start(): Promise<void> {
  program = await startProgram({ ...(program && { again: program }), runtime: 'bun' });
  call = caller(program.url, program.key);
}

beforeAll(async () => {
  await start();
  await liftLimits(program);
  const destinations = Array.from({ length: 6 }, (_, i) => `https://example.com/${i}`);
  const { body } = await call('POST', '/v1/qr/bulk', {
    json: { codes: destinations.map(destination => ({ destination })) },
  });
  for (const [i, { id, shortUrl }] of body.codes.entries()) {
    codes.push({ id, slug: new URL(shortUrl).pathname.slice(1), destination: destinations[i]! });
  }
});

afterAll(async () => void (await program?.kill()));

/** Calls again and again until the program is gone; tells how often it called and how often it was answered. */
async function untilGone(request: (n: number) => Promise<void>): Promise<void> {
  for (let n = 0; ; n++) {
    try {
      await request(n);
    } catch (error) {
      // Bun's words for a connection that was cut or refused.
      if (
        /ECONNRE|ConnectionRefused|ConnectionClosed|closed unexpectedly/i.test(
          `${error} ${(error as { code?: string }).code}`,
        )
      )
        return;
      throw error;
    }
  }
}

const sent = new Map<string, number>();
const answered = new Map<string, number>();
const sum = (counts: ReadonlyMap<string, number>) => [...counts.values()].reduce((total, count) => total + count, 0);
const add = (counts: Map<string, number>, id: string) => counts.set(id, (counts.get(id) ?? 0) + 1);

/** Idempotency key → id of the code that was answered, or null. */
const keys = new Map<string, string | null>();
const create = (key: string) =>
  call('POST', '/v1/qr/create', {
    json: { destination: `https://example.com/${key}` },
    headers: { 'idempotency-key': key },
  });

async function loadAndKill(round: number, scansBefore: number): Promise<void> {
  const goal = sum(answered) + scansBefore;
  const clients = [
    ...Array.from({ length: scanners }, (_, client) =>
      untilGone(async n => {
        const code = codes[(client + n) % codes.length]!;
        add(sent, code.id);
        const { status, location } = await scan(program.url, code.slug, visitor(client * 1_000 + n));
        expect([status, location]).toEqual([302, code.destination]);
        add(answered, code.id);
      }),
    ),
    ...Array.from({ length: creators }, (_, client) =>
      untilGone(async n => {
        const key = `key-${round}-${client}-${n}`;
        keys.set(key, null);
        const { status, body } = await create(key);
        expect(status).toBe(201);
        keys.set(key, body.id);
      }),
    ),
  ];
  await until(() => sum(answered) >= goal, 30_000);
  await program.kill();
  await Promise.all(clients);
}

for (const [round, scansBefore] of [400, 1_500, 3_000].entries()) {
  test(`kill -9 after ${scansBefore} scans of a crowd: no answered scan or code is lost, none is there twice`, async () => {
    await loadAndKill(round, scansBefore);
    await start();
    for (const { id } of codes) {
      const { totalScans } = (await call('GET', `/v1/qr/${id}/analytics`)).body;
      expect(totalScans).toBeGreaterThanOrEqual(answered.get(id)!);
      expect(totalScans).toBeLessThanOrEqual(sent.get(id)!);
      // What was counted without an answer stays counted.
      answered.set(id, totalScans);
      sent.set(id, totalScans);
    }
    for (const [key, id] of keys) {
      const { status, headers, body } = await create(key);
      expect(status).toBe(201);
      if (id !== null) expect([headers.get('idempotency-replayed'), body.id]).toEqual(['true', id]);
      keys.set(key, body.id);
    }
    expect((await call('GET', '/v1/qr?limit=1')).body.total).toBe(codes.length + keys.size);
  });
}

test('the ledger has no gap afterwards: as many rows as positions', async () => {
  const sql = postgres(program.databaseUrl, { max: 1 });
  const [row] = await sql`
    select (select count(*) from ledger.events) + (select count(*) from ledger.scans) as rows,
      (select count(distinct position) from (select position from ledger.events union all select position from ledger.scans) p) as positions,
      (select position from ledger.head) as head`;
  await sql.end();
  expect(row!['rows']).toBe(row!['head']);
  expect(row!['positions']).toBe(row!['head']);
});
