/**
 * Who wants to be told of what. The rule is asked directly, with a target, an event and what is known of its code.
 */
import { describe, expect, test } from 'bun:test';
import type { AnyEvent } from '../../events/index.ts';
import {
  type Code,
  codeOf,
  evolveCode,
  evolveTarget,
  isListening,
  tried,
  type Wanting,
  wantedAs,
} from '../../projections/delivery-targets.ts';
import { eventOf } from '../support/read-models.ts';

const target = (more: Partial<Wanting> = {}): Wanting => ({
  ...{ webhook: 'wh_1', events: ['*'], codes: null, tags: null, test: false },
  ...more,
});
const scanOf = (more: object = {}): AnyEvent =>
  eventOf('scan.recorded', 'scans-1', { qr: 'qr_1', kind: 'scan', ...more } as never);
const retargeted = eventOf('qr.retargeted', 'qr_1', { destination: 'https://example.com' });
const renamed = eventOf('org.renamed', 'org_1', { name: 'Acme' });
const menu: Code = { tags: ['menu', 'lunch'], test: false };
const testing: Code = { tags: ['menu'], test: true };

describe('a target wants', () => {
  test.each<[string, Partial<Wanting>, AnyEvent, Code | undefined, string | undefined]>([
    ['what it is subscribed to', {}, scanOf(), undefined, 'scan.created'],
    ['nothing else', { events: ['qr.created'] }, scanOf(), undefined, undefined],
    ['what is about no code', {}, renamed, undefined, 'org.renamed'],
    ['scans of its codes', { codes: ['qr_1'] }, scanOf(), undefined, 'scan.created'],
    ['no scans of others', { codes: ['qr_2'] }, scanOf(), undefined, undefined],
    ['changes of its codes', { codes: ['qr_2', 'qr_1'] }, retargeted, undefined, 'qr.updated'],
    ['codes with one of its tags', { tags: ['lunch', 'dinner'] }, scanOf(), menu, 'scan.created'],
    ['no codes with other tags', { tags: ['dinner'] }, scanOf(), menu, undefined],
    ['no codes without tags', { tags: ['menu'] }, scanOf(), undefined, undefined],
    ['codes that are both named and tagged', { codes: ['qr_1'], tags: ['menu'] }, retargeted, menu, 'qr.updated'],
    ['none that are only one of it', { codes: ['qr_2'], tags: ['menu'] }, retargeted, menu, undefined],
    ['nothing about no code when it is narrowed to codes', { codes: ['qr_1'] }, renamed, undefined, undefined],
    ['nothing about no code when it is narrowed to tags', { tags: ['menu'] }, renamed, undefined, undefined],
    ['no scans of test codes', {}, scanOf({ test: true }), undefined, undefined],
    ['no changes of test codes', {}, retargeted, testing, undefined],
    ['scans of test codes when it is for them', { test: true }, scanOf({ test: true }), undefined, 'scan.created'],
    ['changes of test codes when it is for them', { test: true }, retargeted, testing, 'qr.updated'],
    ['no live codes when it is for test codes', { test: true }, retargeted, menu, undefined],
    ['nothing about no code when it is for test codes', { test: true }, renamed, undefined, undefined],
  ])('%s', (_, more, event, code, name) => {
    expect(wantedAs(target(more), event, code)).toBe(name as string);
  });

  test('its own test, whatever it is subscribed to, and those of others as it is subscribed', () => {
    const tested = eventOf('webhook.tested', 'wh_1', {});
    expect(wantedAs(target({ events: ['qr.created'], codes: ['qr_9'], test: true }), tested, undefined)).toBe(
      'webhook.tested',
    );
    expect(wantedAs(target({ webhook: 'wh_2', events: ['qr.created'] }), tested, undefined)).toBeUndefined();
    expect(wantedAs(target({ webhook: 'wh_2' }), tested, undefined)).toBe('webhook.tested');
  });
});

test('an event is about the code it happened to', () => {
  expect([scanOf(), retargeted, renamed].map(codeOf)).toEqual(['qr_1', 'qr_1', undefined]);
});

test('of a code nothing is known but its tags and whether it is for tests, and mostly nothing at all', () => {
  const created = (more: object) => eventOf('qr.created', 'qr_1', { type: 'url', slug: 'a', ...more });
  const tagged = (tags: string[]) => eventOf('qr.tagged', 'qr_1', { tags });
  expect(evolveCode(undefined, created({}))).toBeUndefined();
  expect(evolveCode(undefined, created({ tags: ['a'] }))).toEqual({ tags: ['a'], test: false });
  expect(evolveCode(undefined, created({ test: true }))).toEqual({ tags: [], test: true });
  expect(evolveCode({ tags: [], test: true }, tagged(['b']))).toEqual({ tags: ['b'], test: true });
  expect(evolveCode({ tags: ['b'], test: false }, tagged([]))).toEqual({ tags: [], test: false });
  expect(evolveCode(undefined, tagged([]))).toBeUndefined();
  expect(evolveCode(menu, retargeted)).toBe(menu);
});

describe('a target', () => {
  const created = eventOf(
    'webhook.created',
    'wh_1',
    { url: 'https://a.example', events: ['qr.*'], secret: 'whsec_a' },
    { position: 7 },
  );
  const begun = evolveTarget(undefined, created)!;

  test('begins with its webhook and knows no secret', () => {
    expect(begun).toEqual({
      ...{ hook: 7, webhook: 'wh_1', org: 'org_1', events: ['qr.*'], codes: null, tags: null, test: false },
      ...{ status: 'active', failing_since: null, changed: 7 },
    });
  });

  test('is kept up to date, and listens while it is active or paused', () => {
    const after = (type: 'paused' | 'resumed' | 'deleted') =>
      evolveTarget(begun, eventOf(`webhook.${type}`, 'wh_1', {}, { position: 9 }))!;
    expect([begun, after('paused'), after('resumed'), after('deleted')].map(isListening)).toEqual([
      true,
      true,
      true,
      false,
    ]);
    expect(after('paused')).toMatchObject({ status: 'paused', changed: 9 });
    expect(isListening(evolveTarget(begun, eventOf('webhook.disabled', 'wh_1', { reason: 'gone' }))!)).toBe(false);
    expect(evolveTarget(undefined, eventOf('webhook.paused', 'wh_1', {}))).toBeUndefined();
  });

  test('fails since its first failure after its last success, and not when it was taken up again', () => {
    const attempts = (at: number, ...statuses: (number | null)[]) => {
      const tries = statuses.map(status => ({ position: 1, status, latencyMs: 1 }));
      return eventOf('delivery.attempted', 'deliveries', { webhook: 'wh_1', attempts: tries }, { at }) as Extract<
        AnyEvent,
        { type: 'delivery.attempted' }
      >;
    };
    const failing = tried(tried(begun, attempts(100, 500)), attempts(200, null, 302));
    expect(failing.failing_since).toBe(100);
    expect(tried(failing, attempts(300, 204)).failing_since).toBeNull();
    expect(tried(failing, attempts(300, 204, 500)).failing_since).toBe(300);
    expect(tried(begun, attempts(300, 200))).toBe(begun);
    expect(evolveTarget(failing, eventOf('webhook.resumed', 'wh_1', {}))!.failing_since).toBeNull();
    expect(evolveTarget(failing, eventOf('webhook.retargeted', 'wh_1', { url: 'x' }))!.failing_since).toBeNull();
    expect(evolveTarget(failing, eventOf('webhook.paused', 'wh_1', {}))!.failing_since).toBe(100);
  });
});
