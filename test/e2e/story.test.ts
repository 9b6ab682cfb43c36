/**
 * The main job on real input, from the first code to the last rebuild: the real program, data nobody here wrote, and a
 * count of the test's own to hold the analytics against. The chapters share one program and build on each other.
 */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { Resvg } from '@resvg/resvg-js';
import postgres from 'postgres';
import { projections } from '../../projections/index.ts';
import { schemaOf } from '../../projections/projection.ts';
import { connect } from '../../src/store/connect.ts';
import { Ledger } from '../../src/store/ledger.ts';
import { EmbeddedFeed } from '../../src/stream/embedded.ts';
import { type Call, caller } from '../support/client.ts';
import { decode } from '../support/decode.ts';
import { type Program, startProgram } from '../support/program.ts';
import { rebuild } from '../support/read-models.ts';
import { liftLimits } from '../support/tenants.ts';
import { dumpReadModels } from './dump.ts';
import { parallel } from './parallel.ts';
import { browsers, crawlers, destinations, notDestinations } from './real-input.ts';
import { type Code, crowd, people, scan, Visits, visitor } from './visits.ts';

setDefaultTimeout(180_000);

const atOnce = 32;
const days = ['2026-11-20', '2026-11-21', '2026-11-22'] as const;
/** The program's clock stands at noon of a day when it starts. */
const noonOf = (day: string) => ({
  BUN_OPTIONS: `--preload ${join(import.meta.dirname, 'clock.ts')}`,
  CLOCK_START: String(Date.parse(`${day}T12:00:00Z`)),
});

let program: Program;
let call: Call;
let today: string = days[0];
const codes: Code[] = [];
const deleted: Code[] = [];
const visits = new Visits();
const pictures = new Map<string, string>();
const crowded: { code: Code; visits: number; different: number }[] = [];

const slugOf = (shortUrl: string): string => new URL(shortUrl).pathname.slice(1);
const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
const visit = (code: Code, n: number) => visits.make(program.url, today, code, visitor(n));

async function start(day: string): Promise<void> {
  program = await startProgram({ env: noonOf(day), ...(program && { again: program }), runtime: 'bun' });
  call = caller(program.url, program.key);
  today = day;
}

async function pictureOf(code: Code): Promise<Uint8Array> {
  const { status, body } = await call('GET', `/v1/qr/${code.id}/image?size=256`);
  expect(status).toBe(200);
  return body as Uint8Array;
}

/** What the API says of every code that is left, over all days of the story so far. */
async function analytics(): Promise<unknown[]> {
  const range = `from=${days[0]}&to=${today}`;
  return parallel(codes, atOnce, async ({ id }) => (await call('GET', `/v1/qr/${id}/analytics?${range}`)).body);
}

/** Holds the analytics of every code against the test's own count. */
async function compare(): Promise<void> {
  const range = days.slice(0, days.indexOf(today as (typeof days)[number]) + 1);
  const said = (await analytics()) as { id: string; uniqueScans: number }[];
  for (const [i, { id }] of codes.entries()) {
    const { visitors, ...exact } = visits.tally.expected(id, range);
    const { uniqueScans, ...rest } = said[i]!;
    expect(rest as unknown).toMatchObject({ id, ...exact });
    // Of a handful one may share a coordinate with another.
    expect(Math.abs(uniqueScans - visitors)).toBeLessThanOrEqual(Math.max(1, 0.02 * visitors));
  }
}

beforeAll(async () => {
  await start(days[0]);
  // Which visitors share a coordinate depends on this secret: with a fixed one the 2 % hold always or never.
  await program.stop();
  const sql = postgres(program.databaseUrl, { max: 1 });
  await sql`update public.indelible_secrets set value = ${Buffer.alloc(32, 7)} where name = 'visitor'`;
  await sql.end();
  await start(days[0]);
  await liftLimits(program);
});

afterAll(async () => void (await program?.kill()));

describe('a story on real input:', () => {
  test('there is enough of it', () => {
    expect(destinations.length).toBeGreaterThanOrEqual(1_000);
    expect(browsers.length).toBeGreaterThanOrEqual(500);
    expect(new Set(people.flatMap(({ country }) => country ?? [])).size).toBeGreaterThanOrEqual(30);
  });

  test('real destinations become codes, one by one and in bulk, and what is none is refused', async () => {
    const single = destinations.slice(0, 395);
    codes.push(
      ...(await parallel(single, atOnce, async destination => {
        const { status, body } = await call('POST', '/v1/qr/create', { json: { type: 'url', destination } });
        expect([status, body.destination]).toEqual([201, destination]);
        return { id: body.id, slug: slugOf(body.shortUrl), destination };
      })),
    );
    for (let from = single.length; from < destinations.length; from += 300) {
      const part = destinations.slice(from, from + 300);
      const json = { codes: part.map(destination => ({ destination, label: new URL(destination).host })) };
      const { status, body } = await call('POST', '/v1/qr/bulk', { json });
      expect([status, body.created]).toEqual([201, part.length]);
      for (const [i, { id, shortUrl }] of body.codes.entries()) {
        codes.push({ id, slug: slugOf(shortUrl), destination: part[i]! });
      }
    }
    for (const destination of notDestinations) {
      const { status, body } = await call('POST', '/v1/qr/create', { json: { destination } });
      expect([status, body.errors[0].pointer]).toEqual([422, '/destination']);
    }
    const mixed = [...destinations.slice(0, 50), ...notDestinations].map(destination => ({ destination }));
    const { status, body } = await call('POST', '/v1/qr/bulk', { json: { codes: mixed } });
    expect(status).toBe(422);
    expect(body.errors.map((error: { pointer: string }) => error.pointer)).toEqual([
      '/codes/50/destination',
      '/codes/51/destination',
    ]);
    expect((await call('GET', '/v1/qr?limit=1')).body.total).toBe(destinations.length);
    expect((await call('GET', '/v1/account/usage')).body.qrCodesCreated).toBe(destinations.length);
  });

  test('every picture leads a decoder to the short URL of its code', async () => {
    await parallel(codes, atOnce, async code => {
      const png = await pictureOf(code);
      expect(await decode(png)).toEqual([`http://localhost:${new URL(program.url).port}/${code.slug}`]);
      pictures.set(code.id, sha256(png));
    });
    expect(new Set(pictures.values()).size).toBe(codes.length);
    await parallel(codes.slice(0, 50), atOnce, async ({ id, slug }) => {
      const { body } = await call('GET', `/v1/qr/${id}/image?format=svg`);
      expect(await decode(new Resvg(body).render().asPng())).toEqual([
        `http://localhost:${new URL(program.url).port}/${slug}`,
      ]);
    });
  });

  test('every code leads to its destination, and analytics say what was counted here', async () => {
    await parallel(codes, atOnce, (code, i) => visit(code, i));
    await compare();
  });

  test('crowds are counted as they come: total, day, country and device exactly, visitors within 2 %', async () => {
    crowded.push(
      { code: codes[3]!, visits: 4_000, different: 2_500 },
      { code: codes[700]!, visits: 900, different: 400 },
    );
    for (const [i, { code, visits: count, different }] of crowded.entries()) {
      await parallel(crowd(count, different, i + 1), atOnce, who => visits.make(program.url, today, code, who));
      expect(visits.tally.expected(code.id, [today]).visitors).toBeGreaterThanOrEqual(different);
    }
    await compare();
  });

  test('crawlers and HEAD requests are led on and not counted', async () => {
    const { code } = crowded[0]!;
    const answers = await parallel(crawlers.slice(0, 500), atOnce, (userAgent, i) =>
      scan(program.url, code.slug, { browser: { userAgent }, client: people[i]! }),
    );
    const heads = await parallel(browsers.slice(0, 50), atOnce, (browser, i) =>
      scan(program.url, code.slug, { browser, client: people[i]! }, 'HEAD'),
    );
    for (const answer of [...answers, ...heads]) expect(answer).toEqual({ status: 302, location: code.destination });
    await compare();
  });

  test('a retargeted code leads elsewhere at once, a deleted one nowhere', async () => {
    await parallel(
      [...codes.entries()].filter(([i]) => i % 10 === 0),
      atOnce,
      async ([i, code]) => {
        const destination = codes[(i + 1) % codes.length]!.destination;
        const { status, body } = await call('PATCH', `/v1/qr/${code.id}`, { json: { destination } });
        expect([status, body.destination]).toEqual([200, destination]);
        code.destination = destination;
        await visit(code, i);
      },
    );
    const gone = codes.filter((_, i) => i % 17 === 5);
    await parallel(gone, atOnce, async ({ id, slug }) => {
      expect((await call('DELETE', `/v1/qr/${id}`)).body).toEqual({ deleted: true, id });
      expect((await scan(program.url, slug, visitor(1))).status).toBe(410);
      expect((await call('GET', `/v1/qr/${id}`)).status).toBe(404);
    });
    deleted.push(...gone);
    for (const code of gone) codes.splice(codes.indexOf(code), 1);
    expect((await call('GET', '/v1/qr?limit=1')).body.total).toBe(codes.length);
    await compare();
  });

  test('after kill -9 the numbers are the same, and every picture and redirect is as it was', async () => {
    const before = await analytics();
    await program.kill();
    await start(days[0]);
    expect(await analytics()).toEqual(before);
    await parallel(codes, atOnce, async (code, i) => {
      expect(sha256(await pictureOf(code))).toBe(pictures.get(code.id)!);
      await visit(code, i + 5_000);
    });
    for (const { slug } of deleted) expect((await scan(program.url, slug, visitor(1))).status).toBe(410);
    await compare();
  });

  test('days are told apart, and a visitor of two days is one visitor of the range', async () => {
    await program.kill();
    await start(days[2]);
    for (const { code } of crowded) {
      const before = visits.tally.expected(code.id, days).visitors;
      await parallel(crowd(300, 300, 1), atOnce, who => visits.make(program.url, today, code, who));
      expect(visits.tally.expected(code.id, days).visitors).toBeLessThan(before + 301);
    }
    await compare();
  });

  test('read models rebuilt from zero have identical rows, and go on counting', async () => {
    // Puts on record what is counted of the API so far, itself included: nothing moves any more.
    await call('GET', '/v1/account/usage');
    const before = await dumpReadModels(program.databaseUrl);
    const sql = connect(program.databaseUrl, { max: 4, searchPath: projections.map(schemaOf) });
    const ledger = new Ledger(program.databaseUrl);
    const feed = new EmbeddedFeed(ledger, sql);
    const failures: unknown[] = [];
    await rebuild({ sql, feed, onError: error => failures.push(error) }, ...projections);
    for (const close of [() => feed.close(), () => ledger.close(), () => sql.end()]) await close();
    const after = await dumpReadModels(program.databaseUrl);
    expect([...after.keys()]).toEqual([...before.keys()]);
    for (const [table, rows] of before) expect({ table, rows: after.get(table) }).toEqual({ table, rows });
    expect(failures).toEqual([]);
    await parallel(codes.slice(0, 200), atOnce, (code, i) => visit(code, i + 9_000));
    await compare();
  });
});
