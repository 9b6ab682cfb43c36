/**
 * Real browsers, crawlers, previews and prefetches scan codes at two redirect nodes, while codes change, Postgres and the
 * broker restart and crash, and programs are killed. Each request carries a number of its own as its campaign, so that
 * afterwards every answer is looked for on record by itself: whether it is there, once, as what it was and where it led.
 */
import { caller } from '../support/client.ts';
import { liftLimits } from '../support/tenants.ts';
import { letPass, until } from '../support/until.ts';
import { chance, crawlers } from './real-input.ts';
import { destinationOf, type Kind, StormBook, type StormCode } from './storm-book.ts';
import { watchMachine } from './storm-machine.ts';
import { openWorld, troubles, type World } from './storm-world.ts';
import { visitor } from './visits.ts';

export interface Storm {
  readonly seed: number;
  /** It ends when each trouble has come so often. */
  readonly rounds: number;
  /** Answers between two troubles. */
  readonly between: number;
  readonly scanners: number;
  /** Longest time that a scanner thinks after an answer. */
  readonly thinkMs: number;
  /** What every node may take to know a change, from its answer or from the end of what kept it away. */
  readonly allowedMs: number;
  /** Longest time that an outage lasts beyond the answers it lasts for. */
  readonly outageMs: number;
}

export interface StormReport {
  readonly seed: number;
  readonly troubles: number;
  readonly changes: number;
  readonly answers: number;
  /** Answers that are not on record, that are there more than once, or as something else. */
  readonly lost: number;
  readonly twice: number;
  readonly wrong: number;
  /** On record although the answer never came: cut off by a kill, or on its way. */
  readonly unanswered: number;
  /** What analytics count, and how many people's scans are on record. */
  readonly counted: number;
  readonly people: number;
  readonly turnedAway: number;
  readonly misled: number;
  readonly stale: number;
  readonly back: number;
  readonly slowestMs: number;
  /** What was going on at the first stale answer of each change. */
  readonly staleWhen: readonly string[];
}

const codeCount = 40;
const changers = 8;

export async function storm({
  seed,
  rounds,
  between,
  scanners,
  thinkMs,
  allowedMs,
  outageMs,
}: Storm): Promise<StormReport> {
  const world = await openWorld();
  const machine = watchMachine(() => [world.office, ...world.nodes].map(({ pid }) => pid));
  try {
    const random = chance(seed);
    const codes = await makeCodes(world);
    const book = new StormBook(allowedMs);
    world.onEnd = node => book.forget(node);
    const staleWhen = new Map<string, string>();
    let [last, lastEndedAt] = ['the start', performance.now()];
    book.onStale = (missing, lateMs) => {
      if (staleWhen.has(missing)) return;
      const sinceMs = performance.now() - lastEndedAt;
      const moment = Number.isFinite(sinceMs) ? `${Math.round(sinceMs)} ms after: ${last}` : `while: ${last}`;
      staleWhen.set(missing, `${missing} for ${Math.round(lateMs)} ms, ${moment}; ${machine.lacking()}`);
    };
    let isOver = false;
    const passed = (answers: number) => {
      const goal = book.answered + answers;
      return until(() => isOver || book.answered >= goal, 120_000).then(() => {});
    };
    const load = Array.from({ length: scanners }, async () => {
      for (; !isOver; await letPass(random(thinkMs))) await scanOnce(world, book, codes[random(codes.length)]!, random);
    });
    // Each has codes of its own, so that the changes of a code come one after the other.
    const changing = Array.from({ length: changers }, async (_, own) => {
      const mine = codes.filter((_, i) => i % changers === own);
      for (; !isOver; await passed(5)) await change(world, mine[random(mine.length)]!);
    });
    const order = Array.from({ length: rounds }, () => shuffled(troubles, random)).flat();
    for (const { name, delays, strike } of order) {
      await passed(between + random(between));
      [last, lastEndedAt] = [name, Number.POSITIVE_INFINITY];
      if (delays) book.calmFrom = Number.POSITIVE_INFINITY;
      await strike(world, random(2), answers => Promise.all([passed(answers), letPass(random(outageMs))]));
      lastEndedAt = performance.now();
      if (delays) book.calmFrom = lastEndedAt;
    }
    await passed(between);
    isOver = true;
    await Promise.all([...load, ...changing]);
    const changes = codes.reduce((sum, { answeredAt }) => sum + answeredAt.size, 0);
    return {
      seed,
      troubles: order.length,
      changes,
      staleWhen: [...staleWhen.values()],
      ...(await settle(world, book)),
    };
  } finally {
    machine.stop();
    await world.close();
  }
}

async function makeCodes(world: World): Promise<StormCode[]> {
  await liftLimits(world.office);
  const call = caller(world.office.url, world.office.key);
  const slugs = Array.from({ length: codeCount }, (_, i) => `storm-${i}`);
  const json = { codes: slugs.map(slug => ({ destination: `https://example.com/${slug}/0`, slug })) };
  const { body } = await call('POST', '/v1/qr/bulk', { json });
  const codes = slugs.map((slug, i) => ({ id: body.codes[i].id as string, slug, sent: 0, answeredAt: new Map() }));
  const known = async (url: string) => (await fetch(`${url}/${slugs.at(-1)}`, { redirect: 'manual' })).status === 302;
  for (const { url } of world.nodes) await until(() => known(url), 10_000);
  return codes;
}

/** A request that a kill cuts off is on record or not; all others are answered. */
async function scanOnce(world: World, book: StormBook, code: StormCode, random: (n: number) => number): Promise<void> {
  const node = random(2);
  const kind: Kind = (['head', 'bot', 'prefetch'] as const)[random(12)] ?? 'scan';
  const { number, answer } = book.ask(node, code, kind);
  const { browser, client } = visitor(random(1_000_000));
  const headers = {
    'user-agent': kind === 'bot' ? crawlers[random(crawlers.length)]! : browser.userAgent,
    'x-forwarded-for': client.address,
    ...(kind === 'prefetch' && { 'sec-purpose': 'prefetch' }),
  };
  const init: RequestInit = { method: kind === 'head' ? 'HEAD' : 'GET', redirect: 'manual', headers };
  const response = await fetch(`${world.nodes[node]!.url}/${code.slug}?utm_campaign=n${number}`, init).catch(
    () => null,
  );
  if (response) answer(response.status, response.headers.get('location') ?? '');
}

/** A change without an answer was made or not; the next one of its code is made after it. */
async function change(world: World, code: StormCode): Promise<void> {
  code.sent += 1;
  const { sent } = code;
  const call = caller(world.office.url, world.office.key);
  const json = { destination: destinationOf(code, sent) };
  const answer = await call('PATCH', `/v1/qr/${code.id}`, { json }).catch(() => null);
  if (answer?.status === 200) code.answeredAt.set(sent, performance.now());
}

function shuffled<T>(items: readonly T[], random: (n: number) => number): T[] {
  const left = [...items];
  return items.map(() => left.splice(random(left.length), 1)[0]!);
}

/** Waits until what was answered is counted, and holds the record against the book. */
async function settle(
  world: World,
  book: StormBook,
): Promise<Omit<StormReport, 'seed' | 'troubles' | 'changes' | 'staleWhen'>> {
  const call = caller(world.office.url, world.office.key);
  const count = async () => {
    const { body } = await call('GET', `/v1/qr?limit=${codeCount}`);
    return (body.data as { scans: number }[]).reduce((sum, { scans }) => sum + scans, 0);
  };
  const expected = book.asked.filter(({ kind, location }) => kind === 'scan' && location !== undefined).length;
  for (const { url } of world.nodes) {
    const waiting = async () => (await (await fetch(`${url}/readyz?verbose`)).json()).redirects.spool.bytes as number;
    await until(async () => (await waiting()) === 0, 60_000);
  }
  // Less than this would be a loss, which is told below.
  await until(async () => (await count()) >= expected, 60_000).catch(() => {});
  const times = new Uint8Array(book.asked.length);
  let [wrong, people] = [0, 0];
  const headers = { authorization: `Bearer ${world.office.key}` };
  const { body } = await fetch(`${world.office.url}/v1/scans/export?format=ndjson`, { headers });
  for await (const line of linesOf(body!)) {
    const { kind, destination, utmCampaign } = JSON.parse(line);
    // Those that looked whether the codes were known had no number.
    if (utmCampaign === null) continue;
    const number = Number(utmCampaign.slice(1));
    const asked = book.asked[number]!;
    times[number]! += 1;
    if (kind === 'scan') people += 1;
    if (kind !== asked.kind || (asked.location ?? destination) !== destination) wrong += 1;
  }
  const { answered, turnedAway, misled, stale, back, slowestMs } = book;
  return {
    ...{ answers: answered, turnedAway, misled, stale, back, slowestMs: Math.round(slowestMs) },
    lost: book.asked.filter(({ location }, n) => location !== undefined && times[n] === 0).length,
    twice: times.reduce((sum, n) => sum + Number(n > 1), 0),
    unanswered: book.asked.filter(({ location }, n) => location === undefined && times[n] !== 0).length,
    ...{ wrong, people, counted: await count() },
  };
}

/** Lines of a text of millions, one by one. */
async function* linesOf(body: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const bytes of body) {
    const lines = (rest + decoder.decode(bytes, { stream: true })).split('\n');
    rest = lines.pop()!;
    yield* lines;
  }
  if (rest !== '') yield rest;
}
