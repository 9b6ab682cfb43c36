import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import type { QrFact, QrStyle } from '../../events/qr.ts';
import { fold } from '../../src/decider.ts';
import { hostRules } from '../../src/deciders/destination.ts';
import { type QrCommand, qr } from '../../src/deciders/qr.ts';
import { faultsOf, problemOf } from '../support/problem-of.ts';

const hosts = hostRules({ own: ['qr.example'] });
const create = { do: 'create', type: 'url', slug: 'Sale', destination: 'https://a.example/', hosts } as const;
const created: QrFact = {
  type: 'qr.created',
  data: { slug: 'sale', type: 'url', destination: 'https://a.example/', label: 'Old', style: { dotColor: '#000' } },
};
const retargeted: QrFact = { type: 'qr.retargeted', data: { destination: 'https://b.example/' } };
const relabeled: QrFact = { type: 'qr.relabeled', data: { label: 'New' } };
const restyled: QrFact = { type: 'qr.restyled', data: { style: { bgColor: '#fff' } } };
const deleted: QrFact = { type: 'qr.deleted', data: {} };

const when = (given: readonly QrFact[], command: QrCommand) => qr.decide(command, fold(qr, given));
type Change = Omit<Extract<QrCommand, { do: 'change' }>, 'do' | 'hosts'>;
const change = (given: readonly QrFact[], to: Change) => when(given, { do: 'change', hosts, ...to });

describe('a code', () => {
  test('is created with its slug in lower case and nothing that was not asked for', () => {
    const data = { slug: 'sale', type: 'url' as const, destination: 'https://a.example/' };
    expect(when([], create)).toEqual([{ type: 'qr.created', data }]);
    expect(when([], { ...create, label: null, style: {} })).toEqual([{ type: 'qr.created', data }]);
  });

  test('is created with label and style when they are given', () => {
    expect(when([], { ...create, label: 'Old', style: { dotColor: '#000' } })).toEqual([created]);
  });

  test('is created once, and not again after it was deleted', async () => {
    expect((await problemOf(() => when([created], create))).code).toBe('conflict');
    expect((await problemOf(() => when([created, deleted], create))).code).toBe('conflict');
  });

  test('is refused with every fault at once', async () => {
    const bad = { ...create, slug: 'docs', destination: 'javascript:alert(1)', label: 'a\u0000b' };
    const problem = await problemOf(() => when([], bad));
    expect(problem.code).toBe('validation_failed');
    expect(faultsOf(problem)).toEqual(['/destination scheme', '/slug reserved', '/label format']);
  });

  test('may not lead back to this service, neither at first nor later', async () => {
    const destination = 'https://QR.example./loop';
    const first = await problemOf(() => when([], { ...create, destination }));
    const later = await problemOf(() => change([created], { destination }));
    expect([first, later].map(faultsOf)).toEqual([['/destination own_host'], ['/destination own_host']]);
  });

  test.each(['a\u0000b', 'a\nb', '\u0007', 'half \ud83d', '\udc00', 'a\u0085'])('has no label %j', async label => {
    expect(faultsOf(await problemOf(() => when([], { ...create, label })))).toEqual(['/label format']);
    expect(faultsOf(await problemOf(() => change([created], { label })))).toEqual(['/label format']);
  });

  test.each(['', 'Ünïcödé', '中文', 'emoji 😀👩‍👩‍👧', '<b>&"\'', 'עברית'])('may have the label %j', label => {
    expect(when([], { ...create, label })[0]).toMatchObject({ data: { label } });
  });
});

describe('a change', () => {
  test.each([
    ['destination', { destination: 'https://b.example/' }, [retargeted]],
    ['label', { label: 'New' }, [relabeled]],
    ['no label', { label: null }, [{ type: 'qr.relabeled', data: { label: null } }]],
    ['style', { style: { bgColor: '#fff' } }, [restyled]],
    ['no style', { style: {} }, [{ type: 'qr.restyled', data: { style: {} } }]],
  ] as [string, Change, QrFact[]][])('to another %s is one event', (_, to, then) => {
    expect(change([created], to)).toEqual(then);
  });

  test('of everything is one event for each, in a fixed order', () => {
    const to = { style: { bgColor: '#fff' }, label: 'New', destination: 'https://b.example/' };
    expect(change([created], to)).toEqual([retargeted, relabeled, restyled]);
  });

  test('to what is there already is no event', () => {
    expect(change([created], {})).toEqual([]);
    const same = { destination: 'https://a.example/', label: 'Old', style: { dotColor: '#000' } };
    expect(change([created], same)).toEqual([]);
    const now = { destination: 'https://b.example/', label: 'New', style: { bgColor: '#fff' } };
    expect(change([created, retargeted, relabeled, restyled], now)).toEqual([]);
  });

  test('back to what it was is an event again', () => {
    expect(change([created, retargeted], { destination: 'https://a.example/' })).toHaveLength(1);
  });

  test('that is partly bad changes nothing', async () => {
    const bad = await problemOf(() => change([created], { label: 'New', destination: 'data:,x' }));
    expect(faultsOf(bad)).toEqual(['/destination scheme']);
  });
});

const wifi = { ssid: 'Guests', password: 'correct horse' };
const holding = { do: 'create', type: 'wifi', slug: 'lobby', content: wifi, hosts } as const;
const written: QrFact = { type: 'qr.created', data: { slug: 'lobby', type: 'wifi', content: wifi } };
const printed: QrFact = { type: 'qr.created', data: { static: true, type: 'wifi', content: wifi } };
const rewritten: QrFact = { type: 'qr.rewritten', data: { content: { ssid: 'Staff' } } };

describe('a code that holds a content', () => {
  test('is created with it, with a slug or as a static one without', () => {
    expect(when([], holding)).toEqual([written]);
    expect(when([], { ...holding, static: false })).toEqual([written]);
    expect(when([], { ...holding, slug: null, static: true })).toEqual([printed]);
    const url = { ...create, slug: null, static: true };
    expect(when([], url)).toEqual([
      { type: 'qr.created', data: { static: true, type: 'url', destination: create.destination } },
    ]);
  });

  test('is rewritten by one event, and to the same content by none', () => {
    expect(change([written], { content: { ssid: 'Staff' } })).toEqual([rewritten]);
    expect(change([written], { content: { password: wifi.password, ssid: wifi.ssid } })).toEqual([]);
    expect(change([written, rewritten], { content: wifi })).toHaveLength(1);
    const all = { content: { ssid: 'Staff' }, label: 'New', style: { bgColor: '#fff' } };
    expect(change([written], all)).toEqual([rewritten, relabeled, restyled]);
  });

  test.each([
    ['static', { ...holding, static: true }, ['/slug not_allowed']],
    ['dynamic without a slug', { ...holding, slug: null }, ['/slug required']],
    [
      'dynamic and has no slug that is right',
      { ...holding, slug: 'docs', content: {} },
      ['/content/ssid required', '/slug reserved'],
    ],
  ] as [string, QrCommand, string[]][])('that is %s is refused for its slug', async (_, command, faults) => {
    expect(faultsOf(await problemOf(() => when([], command)))).toEqual(faults);
  });

  test('that is static can be relabelled and restyled, and never holds anything else', async () => {
    expect(change([printed], { label: 'New', style: { bgColor: '#fff' }, content: wifi })).toEqual([
      relabeled,
      restyled,
    ]);
    const other = await problemOf(() => change([printed], { content: { ssid: 'Staff' }, label: 'New' }));
    expect(faultsOf(other)).toEqual(['/content static']);
    expect(other.message).toContain('printed');
    const url: QrFact = { type: 'qr.created', data: { static: true, type: 'url', destination: 'https://a.example/' } };
    expect(faultsOf(await problemOf(() => change([url], { destination: 'https://b.example/' })))).toEqual([
      '/destination static',
    ]);
    expect(when([printed], { do: 'delete' })).toEqual([deleted]);
  });

  test('that is forced says so until its looks are others', () => {
    const [made] = when([], { ...create, style: { dotColor: '#eee' }, forced: true });
    const [again] = change([made!], { style: { dotColor: '#ddd' }, forced: true });
    expect([made, again]).toMatchObject([{ data: { forced: true } }, { data: { forced: true } }]);
    expect(fold(qr, [made!, again!]).forced).toBe(true);
    expect(fold(qr, [made!, again!, restyled]).forced).toBe(false);
    expect(when([], { ...create, forced: false })[0]!.data).not.toHaveProperty('forced');
  });
});

describe('a logo', () => {
  const logo = { sha256: 'ab'.repeat(32), width: 640, height: 320 };
  const attached: QrFact = { type: 'qr.logo_attached', data: { logo } };
  const removed: QrFact = { type: 'qr.logo_removed', data: {} };

  test('is attached by one event, replaced by another and removed by a third', () => {
    const attach: QrCommand = { do: 'attach_logo', logo };
    expect(when([created], attach)).toEqual([attached]);
    expect(when([created, attached], attach)).toEqual([]);
    const other = { ...logo, sha256: 'cd'.repeat(32) };
    const forced: QrFact = { type: 'qr.logo_attached', data: { logo: other, forced: true } };
    expect(when([created, attached], { do: 'attach_logo', logo: other, forced: true })).toEqual([forced]);
    expect(when([created, attached], { do: 'remove_logo' })).toEqual([removed]);
    expect(when([created, attached, removed], { do: 'remove_logo' })).toEqual([]);
    expect(fold(qr, [created, attached])).toMatchObject({ logo, forced: false });
    expect(fold(qr, [created, attached, forced])).toMatchObject({ logo: other, forced: true });
    expect(fold(qr, [created, attached, removed]).logo).toBeNull();
  });

  test('is for codes that are there', async () => {
    for (const given of [[], [created, deleted]]) {
      expect((await problemOf(() => when(given, { do: 'attach_logo', logo }))).code).toBe('not_found');
      expect((await problemOf(() => when(given, { do: 'remove_logo' }))).code).toBe('not_found');
    }
  });
});

describe('a code that is not there', () => {
  test.each([
    ['never created', []],
    ['deleted', [created, deleted]],
  ] as [string, QrFact[]][])('because it was %s can be neither changed nor deleted', async (_, given) => {
    expect((await problemOf(() => change(given, { label: 'New' }))).code).toBe('not_found');
    expect((await problemOf(() => change(given, { destination: 'nonsense' }))).code).toBe('not_found');
    expect((await problemOf(() => when(given, { do: 'delete' }))).code).toBe('not_found');
  });

  test('is deleted by one event', () => {
    expect(when([created, retargeted], { do: 'delete' })).toEqual([deleted]);
  });

  test('is not made by a fact of another noun', async () => {
    const foreign = { type: 'org.created', data: { name: 'Acme', plan: 'free' } } as unknown as QrFact;
    expect(fold(qr, [foreign])).toEqual(qr.initial);
    expect((await problemOf(() => when([foreign], { do: 'delete' }))).code).toBe('not_found');
  });
});

const style: fc.Arbitrary<QrStyle> = fc.record(
  { dotColor: fc.constantFrom('#000', '#123456'), bgColor: fc.constantFrom('#fff', '#abcdef') },
  { requiredKeys: [] },
);
const changes = fc.record(
  {
    destination: fc.constantFrom('https://a.example/', 'https://b.example/', 'http://c.example/'),
    label: fc.constantFrom('Old', 'New', null),
    style,
  },
  { requiredKeys: [] },
);

test('after any changes the code is what was asked for last, and asking for it again is no event', () => {
  fc.assert(
    fc.property(fc.array(changes, { maxLength: 8 }), all => {
      let state = fold(qr, [created]);
      for (const to of all) {
        const command: QrCommand = { do: 'change', hosts, ...to };
        state = fold(qr, qr.decide(command, state), state);
        expect(state).toMatchObject(to);
        expect(qr.decide(command, state)).toEqual([]);
      }
      expect(state.slug).toBe('sale');
    }),
  );
});
