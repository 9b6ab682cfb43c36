import { describe, expect, test } from 'bun:test';
import { addressAfter } from '../../events/qr.ts';
import { addressFaults, formerSlugsMax, readdressed, slugFaults } from '../../src/deciders/address.ts';

const domain = { id: 'dom_1', host: 'go.example' };
const code = { slug: 'menu', domain: null, former: [], static: false };

describe('another address', () => {
  test('is a fact when it is another one, in the form in which slugs are kept', () => {
    const fact = (data: object) => [{ type: 'qr.slug_added' as const, data }] as never;
    expect(readdressed({ slug: 'Carte' }, code)).toEqual(fact({ slug: 'carte' }));
    expect(readdressed({ domain }, code)).toEqual(fact({ slug: 'menu', domain }));
    expect(readdressed({ domain: null }, { ...code, domain })).toEqual(fact({ slug: 'menu' }));
    expect(readdressed({ slug: 'x' }, { ...code, domain })).toEqual(fact({ slug: 'x', domain }));
    for (const same of [{}, { slug: 'MENU' }, { domain: null }]) expect(readdressed(same, code)).toEqual([]);
  });

  test('leaves the ones before in their order, each once', () => {
    const steps = ['b', 'c', 'menu', 'c'].map(slug => ({ slug }));
    const last = steps.reduce(addressAfter, code as Parameters<typeof addressAfter>[0]);
    expect([last.slug, last.former.map(({ slug }) => slug)]).toEqual(['c', ['b', 'menu']]);
  });

  test('has to be one, and of a code that has any', () => {
    const places = (...asked: Parameters<typeof addressFaults>) =>
      addressFaults(...asked).map(({ pointer, code }) => `${pointer} ${code}`);
    expect(places({ slug: 'a b' }, code)).toEqual(['/slug pattern']);
    expect(places({ slug: 'admin' }, code)).toEqual(['/slug reserved']);
    expect(places({ slug: 'x' }, { ...code, static: true })).toEqual(['/slug not_allowed']);
    expect(places({ domain }, { ...code, static: true })).toEqual(['/domain not_allowed']);
    const former = Array.from({ length: formerSlugsMax }, (_, n) => ({ slug: `s${n}`, domain: null }));
    expect(places({ slug: 'xx' }, { ...code, former })).toEqual(['/slug too_many']);
    expect(places({ slug: 's3' }, { ...code, former })).toEqual([]);
    expect(places({ slug: 'menu' }, { ...code, former })).toEqual([]);
  });
});

test('a new code has a slug unless it is static', () => {
  const codes = (slug: string | null, isStatic: boolean) => slugFaults(slug, isStatic).map(({ code }) => code);
  expect([codes('menu', false), codes(null, true), codes(null, false), codes('menu', true), codes('-', false)]).toEqual(
    [[], [], ['required'], ['not_allowed'], ['pattern']],
  );
});
