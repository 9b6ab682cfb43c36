/**
 * What a slug leads to, as the table and as the memory of a redirect node have it: one rule for both, that takes each
 * version once and never goes back.
 */
import { afterAll, beforeAll, expect, test } from 'bun:test';
import fc from 'fast-check';
import type { AnyEvent } from '../../events/index.ts';
import { evolveRedirect, keyOf, pageRedirects, type Redirect, redirects } from '../../projections/redirects.ts';
import { facts } from '../support/history.ts';
import { eventOf, prepareModels, trial } from '../support/read-models.ts';
import { type TestStore, testStore } from '../support/store.ts';

let store: TestStore;
beforeAll(async () => {
  store = await testStore();
  await prepareModels(store.sql, [redirects]);
});
afterAll(() => store.close());

const created = (n: number, slug = `slug-${n}`) =>
  eventOf('qr.created', `qr_${n}`, { slug, type: 'url', destination: `https://example.com/${n}` });
const retargeted = (version: number, destination: string) =>
  eventOf('qr.retargeted', 'qr_1', { destination }, { version });

test('an event that comes again or too late changes nothing', () => {
  const first = evolveRedirect(undefined, created(1))!;
  const second = evolveRedirect(first, retargeted(2, 'https://example.com/b'))!;
  expect(second).toEqual({ ...first, version: 2, destination: 'https://example.com/b' });
  expect(evolveRedirect(second, retargeted(2, 'https://example.com/c'))).toBe(second);
  expect(evolveRedirect(second, retargeted(1, 'https://example.com/c'))).toBe(second);
  expect(evolveRedirect(undefined, retargeted(2, 'https://example.com/c'))).toBeUndefined();
});

test('a deleted code says so and keeps what it led to, for the day it is restored', async () => {
  const gone = eventOf('qr.deleted', 'qr_1', {}, { version: 2 });
  const rows = await trial(store.sql, redirects, [[created(1)], [gone]], tx => pageRedirects(tx, '', 10));
  const kept = { slug: 'slug-1', qr: 'qr_1', org: 'org_1', destination: 'https://example.com/1' };
  expect(rows).toEqual([{ ...kept, version: 2, deleted: true }]);
});

test('a content is shown as it was written last, and no longer when its code is deleted', async () => {
  const wifi = eventOf('qr.created', 'qr_1', { slug: 'wlan', type: 'wifi', content: { ssid: 'Guests' } });
  const rewritten = eventOf('qr.rewritten', 'qr_1', { content: { ssid: 'Staff' } }, { version: 2 });
  const gone = eventOf('qr.deleted', 'qr_1', {}, { version: 3 });
  const after = async (...batches: AnyEvent[][]) =>
    (await trial(store.sql, redirects, batches, tx => pageRedirects(tx, '', 10)))[0];
  const begun = { slug: 'wlan', qr: 'qr_1', org: 'org_1', version: 1, destination: null };
  expect(await after([wifi])).toEqual({ ...begun, held: { type: 'wifi', content: { ssid: 'Guests' } } });
  const now = { ...begun, version: 2, held: { type: 'wifi' as const, content: { ssid: 'Staff' } } };
  expect(await after([wifi, rewritten])).toEqual(now);
  expect(await after([wifi], [rewritten])).toEqual(now);
  expect(await after([wifi], [rewritten], [gone])).toStrictEqual({ ...now, version: 3, deleted: true });
  const restored = eventOf('qr.restored', 'qr_1', { version: 1 }, { version: 4 });
  expect(await after([wifi], [rewritten], [gone], [restored])).toStrictEqual({ ...now, version: 4 });
});

test('a code is found by each slug it ever had, and by its own domain', () => {
  const domain = { id: 'dom_1', host: 'go.example' };
  const named = (version: number, data: { slug: string; domain?: typeof domain }) =>
    eventOf('qr.slug_added', 'qr_1', data, { version });
  const steps = [named(2, { slug: 'b' }), named(3, { slug: 'a', domain }), named(4, { slug: 'slug-1' })];
  const states = steps.map((_, i) =>
    steps.slice(0, i + 1).reduce(evolveRedirect, evolveRedirect(undefined, created(1))),
  );
  expect(states.map(state => [keyOf(state!), state!.also as string[]])).toEqual([
    ['b', ['slug-1']],
    ['dom_1/a', ['slug-1', 'b']],
    ['slug-1', ['b', 'dom_1/a']],
  ]);
});

test('what is taken back of a routing leaves no field behind', () => {
  const paused = eventOf('qr.paused', 'qr_1', { fallback: null }, { version: 2 });
  const resumed = eventOf('qr.resumed', 'qr_1', {}, { version: 3 });
  const [begun, between, after] = [[], [paused], [paused, resumed]].map(events =>
    events.reduce(evolveRedirect, evolveRedirect(undefined, created(1))),
  );
  expect(between).toStrictEqual({ ...begun!, version: 2, routing: { paused: { fallback: null } } });
  expect(after).toStrictEqual({ ...begun!, version: 3 });
});

test('a code that leads to an address has no field for a content, because there are a million of them', async () => {
  const rows = await trial(store.sql, redirects, [[created(1)]], tx => pageRedirects(tx, '', 10));
  const fields = ['slug', 'qr', 'org', 'version', 'destination'];
  expect(rows.map(row => Object.keys(row))).toEqual([fields]);
  expect(Object.keys(evolveRedirect(undefined, created(1))!)).toEqual(fields);
});

test('a static code has no entry, whatever happens to it', async () => {
  const history = [
    eventOf('qr.created', 'qr_1', { static: true, type: 'text', content: { text: 'Table 12' } }),
    eventOf('qr.relabeled', 'qr_1', { label: 'x' }, { version: 2 }),
  ];
  expect(await trial(store.sql, redirects, [history], tx => pageRedirects(tx, '', 10))).toEqual([]);
  expect(evolveRedirect(undefined, history[0]!)).toBeUndefined();
});

test('the table holds what the rule makes of the events one by one', async () => {
  await fc.assert(
    fc.asyncProperty(facts, async history => {
      const memory = new Map<string, Redirect>();
      for (const event of history) {
        const entry = evolveRedirect(memory.get(event.stream), event);
        if (entry) memory.set(event.stream, entry);
      }
      const rows = await trial(store.sql, redirects, [history], tx => pageRedirects(tx, '', 100));
      expect(rows).toEqual([...memory.values()].sort((a, b) => (a.qr < b.qr ? -1 : 1)));
    }),
    { numRuns: 30 },
  );
});

test('pages hold every redirect once, in the order of their codes', async () => {
  const numbers = [12, 2, 7, 1, 30, 3, 21];
  await trial(store.sql, redirects, [numbers.map(n => created(n))], async tx => {
    const met: string[] = [];
    for (let after = ''; ; ) {
      const page = await pageRedirects(tx, after, 2);
      met.push(...page.map(({ qr }) => qr));
      if (page.length < 2) break;
      after = page.at(-1)!.qr;
    }
    expect(met).toEqual(numbers.map(n => `qr_${n}`).sort());
  });
});
