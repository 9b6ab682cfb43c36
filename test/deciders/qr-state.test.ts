import { expect, test } from 'bun:test';
import type { QrFact } from '../../events/qr.ts';
import { absent, evolve, type QrState } from '../../src/deciders/qr-state.ts';
import { blanked, divide } from '../../src/store/personal.ts';
import { samples } from '../support/samples.ts';

const after = (...facts: QrFact[]): QrState => facts.reduce(evolve, absent);
const created: QrFact = {
  type: 'qr.created',
  data: {
    slug: 'sale',
    type: 'url',
    destination: 'https://a.example/',
    tags: ['a'],
    folder: 'F',
    team: 'team_1',
    test: true,
  },
};
const logo = { sha256: 'ab'.repeat(32), width: 640, height: 320 };

test('a code is what it was created with, and nothing is left open', () => {
  expect(after(created)).toEqual({
    ...absent,
    status: 'active',
    slug: 'sale',
    destination: 'https://a.example/',
    tags: ['a'],
    folder: 'F',
    team: 'team_1',
    test: true,
  });
  expect(after({ type: 'qr.created', data: { static: true, type: 'text', content: { text: 'x' } } })).toEqual({
    ...absent,
    status: 'active',
    type: 'text',
    static: true,
    content: { text: 'x' },
  });
});

test.each([
  [{ type: 'qr.retargeted', data: { destination: 'https://b.example/' } }, { destination: 'https://b.example/' }],
  [{ type: 'qr.rewritten', data: { content: { text: 'y' } } }, { content: { text: 'y' } }],
  [{ type: 'qr.relabeled', data: { label: 'New' } }, { label: 'New' }],
  [
    { type: 'qr.restyled', data: { style: { dotColor: '#000' }, forced: true } },
    { style: { dotColor: '#000' }, forced: true },
  ],
  [{ type: 'qr.logo_attached', data: { logo } }, { logo }],
  [{ type: 'qr.tagged', data: { tags: ['b', 'c'] } }, { tags: ['b', 'c'] }],
  [{ type: 'qr.filed', data: { folder: null } }, { folder: null }],
  [{ type: 'qr.deleted', data: {} }, { status: 'deleted' }],
] as [QrFact, Partial<QrState>][])('%o changes this and nothing else', (fact, change) => {
  expect(after(created, fact)).toEqual({ ...after(created), ...change });
});

test('a restored code is active as it was, and what it was restored to is told by the facts behind', () => {
  const deleted: QrFact = { type: 'qr.deleted', data: {} };
  expect(after(created, deleted, { type: 'qr.restored', data: { version: 1 } })).toEqual(after(created));
  expect(after(created, { type: 'qr.logo_attached', data: { logo } }, { type: 'qr.logo_removed', data: {} })).toEqual(
    after(created),
  );
});

test('an erased code keeps what it is found and seen by, and nothing else', () => {
  const erased = after(created, { type: 'qr.logo_attached', data: { logo } }, { type: 'qr.erased', data: {} });
  const { type, slug, team, test } = after(created);
  expect(erased).toEqual({ ...absent, type, slug, team, test, status: 'erased' });
});

test.each(samples.filter(([type]) => type.startsWith('qr.')))(
  'takes what is left of an erased %s: %j',
  (type, data) => {
    const fact = { type, data: blanked(type, divide(type, data).open) } as unknown as QrFact;
    const erased: QrFact = { type: 'qr.erased', data: {} };
    expect(after(created, fact, erased)).toMatchObject({
      status: 'erased',
      destination: null,
      content: null,
      label: null,
    });
  },
);

test('a fact of another noun changes nothing', () => {
  const state = after(created);
  expect(evolve(state, { type: 'org.created', data: { name: 'A', plan: 'free' } } as unknown as QrFact)).toBe(state);
});
