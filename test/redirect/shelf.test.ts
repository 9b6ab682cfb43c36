import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { keyOf, type Redirect } from '../../projections/redirects.ts';
import { entryFrom } from '../../src/redirect/entry-text.ts';
import { Shelf } from '../../src/redirect/shelf.ts';

const entry = (n: number, more: Partial<Redirect> = {}): Redirect => ({
  ...{ slug: `slug-${n}`, qr: `qr_${n}`, org: 'org_1', version: 1, destination: `https://example.com/${n}` },
  ...more,
});

/** The entry with another slug, if one is given; it keeps those it had. */
function named(before: Redirect, suffix: number | undefined): Redirect {
  if (suffix === undefined) return before;
  const slug = `${before.qr.replace('_', '-')}-${suffix}`;
  const also = new Set([...(before.also ?? []), keyOf(before)]);
  also.delete(slug);
  return { ...before, slug, also: [...also] };
}

const all = (shelf: Shelf): Redirect[] => [...shelf.texts()].flat().map(entryFrom);
const byQr = (a: Redirect, b: Redirect) => (a.qr < b.qr ? -1 : 1);

describe('a shelf', () => {
  test('gives back what was put last, by slug and by code, as a map does', () => {
    const step = fc.record({
      n: fc.nat({ max: 30 }),
      version: fc.integer({ min: 1, max: 1_000_000 }),
      // Short ones stay in place, long ones move.
      length: fc.constantFrom(0, 3, 40, 2_000, 70_000),
      slug: fc.option(fc.nat({ max: 2 }), { nil: undefined }),
    });
    fc.assert(
      fc.property(fc.array(step, { minLength: 10, maxLength: 120, size: 'max' }), steps => {
        const shelf = new Shelf();
        const model = new Map<string, Redirect>();
        for (const { n, version, length, slug } of steps) {
          const before = model.get(`qr_${n}`);
          const destination = `https://example.com/${'ü'.repeat(length)}`;
          const next = named(entry(n, { ...before, version, destination }), slug);
          shelf.put(next);
          model.set(next.qr, next);
        }
        expect(shelf.size).toBe(model.size);
        for (const next of model.values()) {
          expect(shelf.find(next.qr)).toStrictEqual(next);
          for (const key of [keyOf(next), ...(next.also ?? [])]) expect(shelf.get(key)).toStrictEqual(next);
        }
        expect(shelf.get('slug-31')).toBeUndefined();
        expect(all(shelf).sort(byQr)).toStrictEqual([...model.values()].sort(byQr));
      }),
      { numRuns: 60 },
    );
  });

  test('gives what was put last, also where it was asked for before', () => {
    const shelf = new Shelf();
    shelf.put(entry(1));
    shelf.put(entry(2));
    expect(shelf.get('slug-1')?.version).toBe(1);
    const next = entry(1, {
      slug: 'new',
      also: ['slug-1'],
      version: 2,
      destination: `https://example.com/${'a'.repeat(99)}`,
    });
    shelf.put(next);
    for (const key of ['new', 'slug-1']) expect(shelf.get(key)).toEqual(next);
    shelf.put({ ...next, version: 3, deleted: true });
    for (const key of ['new', 'slug-1']) expect(shelf.get(key)).toMatchObject({ version: 3, deleted: true });
    expect(shelf.get('slug-2')?.version).toBe(1);
  });

  test('knows a code by the slugs it had before and by its domain, and by no part of them', () => {
    const shelf = new Shelf();
    shelf.put(entry(1));
    shelf.put(entry(1, { slug: 'new', domain: 'dom_1', also: ['slug-1'], version: 2 }));
    expect(shelf.get('slug-1')?.version).toBe(2);
    expect(shelf.get('dom_1/new')?.version).toBe(2);
    for (const key of ['new', 'dom_1/slug-1', 'dom_1', 'qr_1']) expect(shelf.get(key)).toBeUndefined();
  });

  test('takes the room of what was changed again', () => {
    const shelf = new Shelf();
    const grow = (version: number) => {
      for (let n = 0; n < 5_000; n++)
        shelf.put(entry(n, { version, destination: `https://example.com/${'x'.repeat(version * 9)}` }));
    };
    grow(1);
    for (let version = 2; version < 60; version++) grow(version);
    // 58 rounds of 5,000 entries of up to 620 bytes would be 90 MB; what is there is 3, in buffers that are half full.
    expect(shelf.remains().length).toBeLessThan(8_000_000);
    for (const n of [0, 2_500, 4_999]) expect(shelf.get(`slug-${n}`)?.version).toBe(59);
  });

  test('holds nothing of what an entry was before', () => {
    const shelf = new Shelf();
    shelf.put(entry(1, { destination: 'https://secret.example/in-place' }));
    shelf.put(entry(1, { destination: null }));
    shelf.put(entry(2, { destination: 'https://secret.example/moved' }));
    shelf.put(entry(2, { destination: `https://example.com/${'x'.repeat(99)}` }));
    expect(shelf.remains()).not.toContain('secret');
  });
});
