/**
 * Guessing codes: who asks for many that there are none of is told to wait, in a way that tells nothing of those that
 * there are.
 */
import { describe, expect, test } from 'bun:test';
import { iPhone } from '../support/client.ts';
import { entryOf, type Redirecting, redirecting } from '../support/redirecting.ts';

const entries = [entryOf('sale')];
const proxies = { cidrs: 'loopback, 10.0.0.0/8' };
const asked = (slug: string) => new Request(`http://localhost/${slug}`, { headers: { 'user-agent': iPhone } });

describe('who tries codes that there are none of', () => {
  const tries = async (redirect: Redirecting, count: number, headers: Record<string, string> = {}) => {
    const statuses: number[] = [];
    for (let n = 0; n < count; n++) statuses.push((await redirect.ask(`guess-${n}`, headers)).status);
    return statuses;
  };

  test('is told to wait after a hundred, for every code, and nobody else is', async () => {
    const guarded = await redirecting(entries);
    const statuses = await tries(guarded, 102);
    expect(statuses).toEqual([...Array(100).fill(404), 429, 429]);
    const [known, unknown] = [await guarded.ask('sale'), await guarded.ask('guess')];
    expect([known.status, unknown.status, known.headers.get('retry-after')]).toEqual([429, 429, '60']);
    expect(await known.text()).toBe(await unknown.text());
    expect(guarded.seen).toEqual([]);
    const other = await guarded.handle(asked('sale'), 'sale', '198.51.100.8');
    expect(other.status).toBe(302);
    await guarded.close();
  });

  test('is known by the first half of an IPv6 address, and has another try after a while', async () => {
    let at = 1_775_649_600_000;
    const guarded = await redirecting(entries, { now: () => at });
    const ask = (slug: string, host: number) => guarded.handle(asked(slug), slug, `2001:db8:1:2::${host}`);
    for (let n = 0; n < 100; n++) await ask('guess', n);
    expect((await ask('sale', 999)).status).toBe(429);
    at += 3_000;
    expect([(await ask('sale', 999)).status, (await ask('guess', 1)).status, (await ask('sale', 2)).status]).toEqual([
      302, 404, 429,
    ]);
    await guarded.close();
  });

  test('is not held responsible for what comes through a proxy that does not say for whom', async () => {
    const guarded = await redirecting(entries, proxies);
    for (const peer of ['127.0.0.1', '10.1.2.3', null]) {
      for (let n = 0; n < 102; n++) expect((await guarded.handle(asked('guess'), 'guess', peer)).status).toBe(404);
    }
    await guarded.close();
  });
});
