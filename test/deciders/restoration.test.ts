import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import type { QrFact } from '../../events/qr.ts';
import { fold } from '../../src/decider.ts';
import { hostRules } from '../../src/deciders/destination.ts';
import { type QrCommand, qr } from '../../src/deciders/qr.ts';
import { differences } from '../../src/deciders/restoration.ts';
import { faultsOf, problemOf } from '../support/problem-of.ts';

const hosts = hostRules({ own: ['qr.example'] });
const created: QrFact = {
  type: 'qr.created',
  data: { slug: 'sale', type: 'url', destination: 'https://a.example/', label: 'Old', tags: ['a'], folder: 'F' },
};
const retargeted: QrFact = { type: 'qr.retargeted', data: { destination: 'https://b.example/' } };
const deleted: QrFact = { type: 'qr.deleted', data: {} };
const logo = { sha256: 'ab'.repeat(32), width: 640, height: 320 };

type Pointer = Extract<QrCommand, { do: 'restore' }>['pointer'];
/** Restores what these facts made to the version after the first so many. */
const when = (given: readonly QrFact[], version: number, pointer: Pointer = '/version') =>
  qr.decide({ do: 'restore', version, to: fold(qr, given.slice(0, version)), pointer, hosts }, fold(qr, given));

describe('a restoration', () => {
  test('is one fact that says the version, and the precise facts for what differs', () => {
    const given: QrFact[] = [
      created,
      retargeted,
      { type: 'qr.relabeled', data: { label: null } },
      { type: 'qr.tagged', data: { tags: [] } },
      { type: 'qr.filed', data: { folder: null } },
      { type: 'qr.logo_attached', data: { logo } },
      { type: 'qr.restyled', data: { style: { dotColor: '#eee' }, forced: true } },
    ];
    expect(when(given, 1)).toEqual([
      { type: 'qr.restored', data: { version: 1 } },
      { type: 'qr.retargeted', data: { destination: 'https://a.example/' } },
      { type: 'qr.relabeled', data: { label: 'Old' } },
      { type: 'qr.restyled', data: { style: {} } },
      { type: 'qr.logo_removed', data: {} },
      { type: 'qr.tagged', data: { tags: ['a'] } },
      { type: 'qr.filed', data: { folder: 'F' } },
    ]);
  });

  test('of a deleted code makes it active, and changes nothing that has not changed', () => {
    expect(when([created, retargeted, deleted], 2, '')).toEqual([{ type: 'qr.restored', data: { version: 2 } }]);
    expect(when([created, retargeted, deleted], 1)).toHaveLength(2);
  });

  test('to what the code is already is no event', () => {
    expect(
      when([created, retargeted, { type: 'qr.retargeted', data: { destination: 'https://a.example/' } }], 1),
    ).toEqual([]);
  });

  test('of an active code has to name a version or a time', async () => {
    expect(faultsOf(await problemOf(() => when([created, retargeted], 2, '')))).toEqual(['/version required']);
  });

  test('to a version at which the code was deleted is refused where the request named it', async () => {
    const given = [created, deleted, { type: 'qr.restored', data: { version: 1 } } as QrFact];
    expect(faultsOf(await problemOf(() => when(given, 2)))).toEqual(['/version not_allowed']);
    expect(faultsOf(await problemOf(() => when(given, 2, '/asOf')))).toEqual(['/asOf not_allowed']);
  });

  test('of a code that never was is refused as one', async () => {
    expect((await problemOf(() => when([], 0))).code).toBe('not_found');
  });

  test('to a destination that is not allowed any more is refused', async () => {
    const given: QrFact[] = [
      { type: 'qr.created', data: { slug: 'x', type: 'url', destination: 'https://qr.example/loop' } },
      retargeted,
    ];
    const problem = await problemOf(() => when(given, 1));
    expect(faultsOf(problem)).toEqual(['/version own_host']);
    expect(problem.message).toContain('version 1');
  });

  test('to a content that leads where no code may lead any more is refused', async () => {
    const file = (url: string) => ({ content: { url } });
    const given: QrFact[] = [
      { type: 'qr.created', data: { slug: 'x', type: 'file', ...file('https://qr.example/a.pdf') } },
      { type: 'qr.rewritten', data: file('https://good.example/a.pdf') },
      { type: 'qr.relabeled', data: { label: 'L' } },
    ];
    expect(faultsOf(await problemOf(() => when(given, 1)))).toEqual(['/version own_host']);
    expect(when(given, 2)).toHaveLength(2);
  });

  test('never changes what a static code has printed, and restores its label', async () => {
    const printed: QrFact = { type: 'qr.created', data: { static: true, type: 'text', content: { text: 'Table 12' } } };
    const relabeled: QrFact = { type: 'qr.relabeled', data: { label: 'x' } };
    expect(when([printed, relabeled], 1)).toHaveLength(2);
    const other = fold(qr, [
      { type: 'qr.created', data: { static: true, type: 'text', content: { text: 'Table 13' } } } as QrFact,
    ]);
    const problem = await problemOf(() =>
      qr.decide({ do: 'restore', version: 1, to: other, pointer: '/version', hosts }, fold(qr, [printed])),
    );
    expect(faultsOf(problem)).toEqual(['/version static']);
  });
});

const style = fc.constantFrom({}, { dotColor: '#000' }, { bgColor: '#eee' });
const forced = fc.constantFrom({}, { forced: true as const });
const change: fc.Arbitrary<QrFact> = fc.oneof(
  fc
    .constantFrom('https://a.example/', 'https://b.example/')
    .map(destination => ({ type: 'qr.retargeted' as const, data: { destination } })),
  fc.constantFrom('Old', 'New', null).map(label => ({ type: 'qr.relabeled' as const, data: { label } })),
  fc.tuple(style, forced).map(([style, flag]) => ({ type: 'qr.restyled' as const, data: { style, ...flag } })),
  forced.map(flag => ({ type: 'qr.logo_attached' as const, data: { logo, ...flag } })),
  fc.constant({ type: 'qr.logo_removed' as const, data: {} }),
  fc.subarray(['a', 'b']).map(tags => ({ type: 'qr.tagged' as const, data: { tags } })),
  fc.constantFrom('F', 'G', null).map(folder => ({ type: 'qr.filed' as const, data: { folder } })),
  fc.constantFrom(null, 9, 10).map(maxScans => ({ type: 'qr.limited' as const, data: { maxScans } })),
  fc.constantFrom<QrFact>({ type: 'qr.paused', data: { fallback: null } }, { type: 'qr.resumed', data: {} }),
  fc.constantFrom<QrFact>({ type: 'qr.locked', data: { hash: 'scrypt$1' } }, { type: 'qr.unlocked', data: {} }),
  fc.constant(deleted),
);

test('after a restoration the code is what it was at that version, whatever happened in between', () => {
  fc.assert(
    fc.property(fc.array(change, { maxLength: 12 }), fc.nat(), (changes, n) => {
      const given = [created, ...changes];
      const version = 1 + (n % given.length);
      const to = fold(qr, given.slice(0, version));
      fc.pre(to.status === 'active');
      const facts = when(given, version);
      expect(fold(qr, [...given, ...facts])).toEqual(to);
      expect(facts.length === 0 || facts[0]!.type === 'qr.restored').toBe(true);
      expect(when([...given, ...facts], version)).toEqual([]);
    }),
    { numRuns: 500 },
  );
});

describe('a plan', () => {
  const plan = (at: number) => ({ at, destination: 'https://soon.example/' });
  const scheduled = (...schedule: ReturnType<typeof plan>[]): QrFact => ({ type: 'qr.scheduled', data: { schedule } });
  const restored = (given: readonly QrFact[], version: number, at: number, rules = hosts) => {
    const to = fold(qr, given.slice(0, version));
    return qr.decide({ do: 'restore', version, to, pointer: '/version', hosts: rules, at }, fold(qr, given));
  };

  test('is brought back without what it had for a time before', () => {
    const given = [created, scheduled(plan(5), plan(50)), scheduled()];
    expect(restored(given, 2, 10)).toEqual([{ type: 'qr.restored', data: { version: 2 } }, scheduled(plan(50))]);
    expect(restored(given, 2, 99)).toEqual([]);
  });

  test('is not brought back to a host that is blocked today', async () => {
    const blocked = hostRules({ blocked: ['soon.example'] });
    const problem = await problemOf(() => restored([created, scheduled(plan(50)), scheduled()], 2, 10, blocked));
    expect(faultsOf(problem)).toEqual(['/version blocked']);
  });
});

test('between a code and itself there is no difference', () => {
  expect(differences(fold(qr, [created]), fold(qr, [created]))).toEqual([]);
});
