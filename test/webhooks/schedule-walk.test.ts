/**
 * The schedule over simulated time: the clock is a number that the test moves on, everything else is real. An endpoint
 * that is down gets ten attempts, each at its time; one that is down for five days is disabled, and others are told.
 */
import { describe, expect, test } from 'bun:test';
import { readStream } from '../../src/store/read.ts';
import { delaysMs, disableAfterMs } from '../../src/webhooks/schedule.ts';
import { until } from '../support/until.ts';
import { answering, idsAt, rig, soonMs } from './rig.ts';

const { begin, listen } = rig();
const start = Date.UTC(2026, 3, 8, 12);
const hour = 3_600_000;

describe('a delivery that fails every time', () => {
  test.each([0, 0.5, 0.999])(
    'is tried ten times at the times of the schedule, by a chance of %d',
    async random => {
      let clock = start;
      const telling = await begin({ now: () => clock, random: () => random });
      const endpoint = await listen(answering(500));
      await telling.hook(endpoint.url);
      const pulse = await listen();
      await telling.hook(pulse.url, { events: ['org.renamed'] });
      /** Resolves when the dispatcher has looked at this time: it has told somebody else of something. */
      const looked = async (name: string) => {
        await telling.facts('org_1', { type: 'org.renamed', data: { name } });
        await until(() => pulse.received.some(({ body }) => body.includes(`"${name}"`)), soonMs);
      };
      const scanned = async () => (await telling.rows()).find(({ name }) => name === 'scan.created');
      await telling.scans(1);
      const times: number[] = [];
      for (let attempt = 1; ; attempt++) {
        await until(async () => (await scanned())?.attempts === attempt, soonMs);
        times.push(clock - start);
        const row = await scanned();
        if (row!.due_ms === null) break;
        clock = row!.due_ms - 1;
        await looked(`Just before attempt ${attempt + 1}`);
        expect(endpoint.received).toHaveLength(attempt);
        clock = row!.due_ms;
        telling.webhooks.wake();
      }
      let at = 0;
      const expected = delaysMs.map(ms => (at += Math.round(ms * (0.8 + 0.4 * random))));
      expect(times).toEqual(expected);
      expect(new Set(idsAt(endpoint)).size).toBe(1);
      expect(new Set(endpoint.received.map(({ headers }) => headers['webhook-timestamp'])).size).toBe(10);
      expect(await scanned()).toMatchObject({ status: 'exhausted', attempts: 10, answer: 500 });
    },
    120_000,
  );
});

describe('an endpoint that fails', () => {
  test('for five days is disabled with notice, and what was due is given up', async () => {
    let clock = start;
    const telling = await begin({ now: () => clock });
    const down = await listen(answering(503));
    const watching = await listen();
    const id = await telling.hook(down.url);
    await telling.hook(watching.url, { events: ['webhook.disabled'] });
    const isDisabled = async () =>
      (await readStream(telling.store.sql, id)).some(({ type }) => type === 'webhook.disabled');
    // An event every 8 hours, because it is at attempts that it is noticed.
    for (; clock - start < disableAfterMs; clock += 8 * hour) {
      const before = down.received.length;
      await telling.scans(1);
      await until(() => down.received.length > before, soonMs);
      expect(await isDisabled()).toBe(false);
    }
    clock = start + disableAfterMs + 1_000;
    await telling.scans(1);
    await until(isDisabled, soonMs);
    await telling.settled();
    expect((await readStream(telling.store.sql, id)).at(-1)).toMatchObject({
      ...{ type: 'webhook.disabled', actor: 'system' },
      data: { reason: 'failing', failingSince: start },
    });
    expect(JSON.parse(watching.received[0]!.body.toString())).toMatchObject({
      type: 'webhook.disabled',
      data: { id, reason: 'failing', failingSince: start },
    });
    const rows = (await telling.rows()).filter(({ webhook }) => webhook === id);
    expect(rows.map(({ status }) => status)).toEqual(rows.map(() => 'exhausted'));
  }, 120_000);

  test('once, and takes what comes with it, is not: something has succeeded', async () => {
    let clock = start;
    let status = 503;
    const telling = await begin({ now: () => clock });
    let answers = 0;
    const endpoint = await listen((_, response) => response.writeHead(answers++ === 1 ? 503 : status).end());
    const id = await telling.hook(endpoint.url);
    await telling.scans(1);
    await until(async () => (await telling.rows())[0]!.attempts > 0, soonMs);
    status = 204;
    clock = start + disableAfterMs + hour;
    await telling.scans(3);
    await until(async () => (await telling.rows()).filter(row => row.status === 'delivered').length >= 2, soonMs);
    await telling.scans(1);
    await until(async () => (await telling.rows()).filter(row => row.status === 'delivered').length >= 3, soonMs);
    const facts = await readStream(telling.store.sql, id);
    expect(facts.map(({ type }) => type)).toEqual(['webhook.created']);
  }, 120_000);

  test('and works in between is not: the five days begin anew', async () => {
    let clock = start;
    let status = 503;
    const telling = await begin({ now: () => clock });
    const endpoint = await listen((_, response) => response.writeHead(status).end());
    const id = await telling.hook(endpoint.url);
    const tell = async () => {
      const before = endpoint.received.length;
      await telling.scans(1);
      await until(() => endpoint.received.length > before, soonMs);
      await until(async () => (await telling.rows()).at(-1)!.attempts > 0, soonMs);
    };
    await tell();
    clock += disableAfterMs - hour;
    status = 200;
    await tell();
    status = 503;
    clock += 2 * hour;
    await tell();
    const facts = await readStream(telling.store.sql, id);
    expect(facts.map(({ type }) => type)).toEqual(['webhook.created']);
  }, 120_000);
});
