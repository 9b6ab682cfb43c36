import { describe, expect, test } from 'bun:test';
import { type Ended, ending } from '../../src/redirect/ending.ts';
import type { Way } from '../../src/routing/route.ts';

const own: Way = { to: 'own', rule: null };
const ended = (more: Partial<Ended> = {}, entry: Partial<Ended['entry']> = {}): Ended => ({
  entry: { org: 'org_1', slug: 'menu', destination: 'https://example.com/', ...entry },
  ...{ routing: {}, site: undefined, query: () => new URLSearchParams('utm_source=x'), os: 'iOS', isForm: false },
  ...more,
});
const willing = () => undefined;
const told = (way: Way, visit: Ended, objection: Parameters<typeof ending>[0] = willing) => {
  const { answer, closed } = ending(objection, way, visit);
  return [answer.status, answer.headers.get('location'), closed];
};

describe('a visit ends', () => {
  test('where the code leads, with its parameters, and after a form so that it is not sent on', () => {
    const routing = { parameters: { pass: 'utm' as const, add: {} } };
    expect(told(own, ended({ routing }))).toEqual([302, 'https://example.com/?utm_source=x', undefined]);
    expect(told(own, ended({ isForm: true }))).toEqual([303, 'https://example.com/', undefined]);
    const elsewhere: Way = { to: 'destination', destination: 'https://example.com/ü', rule: 'r' };
    expect(told(elsewhere, ended())).toEqual([302, 'https://example.com/%C3%BC', undefined]);
  });

  test('at what closes the way, also by a page of the domain’s own', () => {
    const pages = { root: null, unknown: null, gone: { url: 'https://example.com/over' } };
    const site = { id: 'dom_1', host: 'go.example', pages };
    expect(told({ to: 'closed', why: 'expired' }, ended())).toEqual([410, null, 'expired']);
    expect(told({ to: 'closed', why: 'full' }, ended({ site }))).toEqual([302, 'https://example.com/over', 'full']);
    for (const why of ['not_started', 'paused'] as const) {
      expect(told({ to: 'closed', why }, ended({ site }))).toEqual([404, null, why]);
    }
    expect(told({ to: 'locked' }, ended())).toEqual([200, null, undefined]);
  });

  test('nowhere when it would be a destination that is blocked by now, whatever the code holds', () => {
    const objection = (_: string, destination: string) => (destination.includes('bad.example') ? 'blocked' : undefined);
    const file = { destination: null, held: { type: 'file' as const, content: { url: 'https://bad.example/a.pdf' } } };
    const page = { destination: null, held: { type: 'text' as const, content: { text: 'https://bad.example/' } } };
    expect(told(own, ended({}, file), objection)).toEqual([410, null, 'blocked']);
    expect(told(own, ended({}, { destination: 'https://bad.example/' }), objection)).toEqual([410, null, 'blocked']);
    expect(told(own, ended({}, page), objection)).toEqual([200, null, undefined]);
    expect(told(own, ended(), () => 'circle')).toEqual([404, null, 'circle']);
  });
});
