import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { stepsOf } from '../../projections/histories.ts';
import { rowAfter } from '../../projections/qr-rows.ts';
import { changesBetween, comparable, comparedFields, rowShown, shown } from '../../src/http/qr-view.ts';
import { facts } from '../support/history.ts';
import { eventOf } from '../support/read-models.ts';

const base = 'https://qr.example';
const row = rowAfter([
  eventOf('qr.created', 'qr_1', {
    slug: 'menu',
    type: 'url',
    destination: 'https://example.com/a',
    label: 'Menu',
    style: { dotColor: '#123' },
    tags: ['summer'],
    folder: 'Flyers',
  }),
])!;

describe('a code is shown', () => {
  test('with its address, what its picture says, and times in whole seconds', () => {
    expect(rowShown(base, row)).toEqual({
      id: 'qr_1',
      shortUrl: 'https://qr.example/menu',
      slug: 'menu',
      type: 'url',
      destination: 'https://example.com/a',
      content: null,
      static: false,
      encodes: 'https://qr.example/menu',
      label: 'Menu',
      style: { dotColor: '#123' },
      logoUrl: null,
      forced: false,
      tags: ['summer'],
      folder: 'Flyers',
      team: null,
      test: false,
      domain: null,
      formerSlugs: [],
      routing: {
        ...{ rules: [], schedule: [], startsAt: null, expiresAt: null, maxScans: null, password: false, paused: null },
        ...{ parameters: { pass: 'none', add: {} }, appLinks: {} },
      },
      status: 'active',
      createdAt: '2026-04-08T12:00:00Z',
      updatedAt: '2026-04-08T12:00:00Z',
    });
  });

  test('without an address of ours when it is static', () => {
    const text = { ...row, slug: null, static: true, type: 'text' as const, destination: null };
    expect(shown(base, { ...text, content: { text: 'Table 12' } })).toMatchObject({
      shortUrl: null,
      encodes: 'Table 12',
    });
  });

  test('with the slugs it had, each with its address, and with its routing', () => {
    const domain = { id: 'dom_1', host: 'go.example.com' };
    const former = [
      { slug: 'old', domain: null },
      { slug: 'older', domain },
    ];
    expect(
      shown('https://qr.example:8443', { ...row, domain, former, routing: { lock: 'scrypt$1', maxScans: 5 } }),
    ).toMatchObject({
      ...{
        shortUrl: 'https://go.example.com:8443/menu',
        encodes: 'https://go.example.com:8443/menu',
        domain: 'go.example.com',
      },
      formerSlugs: [
        { slug: 'old', domain: null, shortUrl: 'https://qr.example:8443/old' },
        { slug: 'older', domain: 'go.example.com', shortUrl: 'https://go.example.com:8443/older' },
      ],
      routing: { password: true, maxScans: 5 },
    });
  });

  test('with the address of its logo, which is named by its hash', () => {
    const logo = { sha256: 'ab'.repeat(32), width: 1, height: 1 };
    expect(shown(base, { ...row, logo }).logoUrl).toBe(`https://qr.example/logos/${'ab'.repeat(32)}.png`);
  });
});

describe('changes', () => {
  test('of a beginning are told from nothing', () => {
    expect(changesBetween(base, undefined, row)).toEqual([
      { field: 'status', from: null, to: 'active' },
      { field: 'slug', from: null, to: 'menu' },
      { field: 'type', from: null, to: 'url' },
      { field: 'destination', from: null, to: 'https://example.com/a' },
      { field: 'label', from: null, to: 'Menu' },
      { field: 'style', from: {}, to: { dotColor: '#123' } },
      { field: 'tags', from: [], to: ['summer'] },
      { field: 'folder', from: null, to: 'Flyers' },
    ]);
  });

  test('are those fields that differ, by what they hold', () => {
    const after = {
      ...row,
      label: null,
      style: { ...row.style },
      tags: ['summer', 'winter'],
      version: 9,
      updated_ms: 1,
    };
    expect(changesBetween(base, row, after)).toEqual([
      { field: 'label', from: 'Menu', to: null },
      { field: 'tags', from: ['summer'], to: ['summer', 'winter'] },
    ]);
  });

  test('of a routing are told part by part, and a password never shows', () => {
    const after = { ...row, routing: { lock: 'scrypt$1', rules: [], startsAt: 0 } };
    expect(changesBetween(base, row, after)).toEqual([
      { field: 'routing.startsAt', from: null, to: '1970-01-01T00:00:00Z' },
      { field: 'routing.password', from: false, to: true },
    ]);
  });

  test('of all steps together lead from nothing to what is shown now', () => {
    fc.assert(
      fc.property(facts, events => {
        for (const stream of new Set(events.map(event => event.stream))) {
          const steps = stepsOf(events.filter(event => event.stream === stream));
          if (steps.length === 0) continue;
          const told: Record<string, unknown> = {};
          for (const { before, after } of steps) {
            for (const { field, from, to } of changesBetween(base, before, after)) {
              if (before) expect(from).toEqual(comparable(base, before)[field]);
              told[field] = to;
            }
          }
          const now = comparable(base, steps.at(-1)!.after);
          for (const field of comparedFields) if (field in told) expect(told[field]).toEqual(now[field]);
          expect(told).toMatchObject({ status: now.status, type: now.type });
        }
      }),
      { numRuns: 50 },
    );
  });
});
