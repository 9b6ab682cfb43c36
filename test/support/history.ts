/**
 * Random histories for property tests: a few organisations, keys and codes that live as the deciders would let them,
 * and scans of those codes. Small on purpose, so that events meet in the same rows.
 */
import fc from 'fast-check';
import type { AnyEvent } from '../../events/index.ts';
import type { Scan } from '../../events/scan.ts';
import { eventOf } from './read-models.ts';
import { replayOf, tellingSteps, webhookOf } from './telling-history.ts';
import { jobOf, tenancySteps } from './tenancy-history.ts';

const start = Date.UTC(2026, 0, 30);
/** Times within three days about the end of a month. */
const at = fc.nat({ max: 3 * 86_400_000 }).map(ms => start + ms);
const few = (prefix: string) => fc.nat({ max: 3 }).map(n => `${prefix}_${n}`);
/** Anything that may stand in a label: no control characters, but quotes, backslashes and what looks like an escape. */
export const text = fc
  .oneof(
    fc.string({ unit: 'grapheme', maxLength: 12 }),
    fc.constantFrom('\\u0000', '\\\\u0000', '"', '\\', '%_', "it's", '\u2028', '\u{1F468}\u200D\u{1F469}', '{}', '\\N'),
  )
  .map(value => value.replace(/\p{Cc}/gu, ''));

const destination = text.map(value => `https://example.com/${encodeURIComponent(value)}`);
const style = fc.constantFrom({}, { dotColor: '#000' }, { dotColor: '#123456', bgColor: '#fff' });

const logos = ['ab', 'cd'].map(byte => ({ sha256: byte.repeat(32), width: 64, height: 32 }));
const someRules = [
  { name: 'de', when: { countries: ['DE'] }, destination: 'https://de.example/' },
  { name: 'all', when: {}, destination: 'https://all.example/' },
];
/** Codes that lead somewhere, one that shows a content, and a static one. */
const anyQr = fc.oneof(few('qr'), fc.constantFrom('qr_8', 'qr_9'));

type Step = { stream: string; at: number; change: Parameters<typeof eventOf>[0]; data: object };
const step = (stream: fc.Arbitrary<string>, change: Step['change'], data: fc.Arbitrary<object>) =>
  fc.record({ stream, at, change: fc.constant(change), data });

const steps = fc.array(
  fc.oneof(
    step(few('org'), 'org.plan_changed', fc.record({ plan: fc.constantFrom('free', 'pro', 'enterprise') })),
    step(
      few('org'),
      'org.limits_changed',
      fc.record({ limits: fc.record({ qrCodesPerMonth: fc.nat(), apiRequestsPerMinute: fc.integer({ min: 1 }) }) }),
    ),
    step(few('key'), 'key.revoked', fc.constant({})),
    step(few('qr'), 'qr.retargeted', fc.record({ destination })),
    step(anyQr, 'qr.relabeled', fc.record({ label: fc.option(text) })),
    step(anyQr, 'qr.restyled', fc.record({ style, forced: fc.constant(true as const) }, { requiredKeys: ['style'] })),
    step(anyQr, 'qr.logo_attached', fc.record({ logo: fc.constantFrom(...logos) })),
    step(anyQr, 'qr.logo_removed', fc.constant({})),
    step(fc.constant('qr_8'), 'qr.rewritten', fc.record({ content: fc.record({ ssid: text }) })),
    step(anyQr, 'qr.tagged', fc.record({ tags: fc.subarray(['a', 'b', 'größe l']) })),
    step(anyQr, 'qr.filed', fc.record({ folder: fc.option(text) })),
    step(few('qr'), 'qr.rules_changed', fc.record({ rules: fc.subarray(someRules) })),
    step(
      few('qr'),
      'qr.scheduled',
      fc.record({ schedule: fc.array(fc.record({ at, destination }), { maxLength: 2 }) }),
    ),
    step(few('qr'), 'qr.window_changed', fc.record({ startsAt: fc.option(at), expiresAt: fc.option(at) })),
    step(few('qr'), 'qr.limited', fc.record({ maxScans: fc.option(fc.integer({ min: 1, max: 9 })) })),
    step(few('qr'), 'qr.locked', fc.constant({ hash: 'scrypt$1' })),
    step(few('qr'), 'qr.unlocked', fc.constant({})),
    step(anyQr, 'qr.paused', fc.record({ fallback: fc.option(destination) })),
    step(anyQr, 'qr.resumed', fc.constant({})),
    step(
      few('qr'),
      'qr.parameters_changed',
      fc.constantFrom({ pass: 'utm', add: { a: 'b' } }, { pass: 'none', add: {} }),
    ),
    step(few('qr'), 'qr.deep_linked', fc.record({ ios: destination }, { requiredKeys: [] })),
    step(few('qr'), 'qr.slug_added', fc.record({ slug: fc.constantFrom('a', 'b', 'c') })),
    step(anyQr, 'qr.deleted', fc.constant({})),
    step(anyQr, 'qr.restored', fc.constant({ version: 1 })),
    step(anyQr, 'qr.erased', fc.constant({})),
    ...tenancySteps(step, text),
    step(few('mem'), 'member.renamed', fc.record({ name: text })),
    step(few('mem'), 'member.readdressed', fc.record({ email: fc.option(text) })),
    step(
      few('mem'),
      'member.assigned',
      fc.record({ role: fc.constantFrom('admin', 'viewer'), team: fc.option(few('team')) }),
    ),
    step(few('mem'), 'member.removed', fc.constant({})),
    step(few('dom'), 'domain.verified', fc.constant({})),
    step(
      few('dom'),
      'domain.pages_changed',
      fc.record({ root: fc.constant(null), unknown: fc.record({ title: text, text }), gone: fc.constant(null) }),
    ),
    step(few('dom'), 'domain.removed', fc.constant({})),
    step(few('blocklist'), 'blocklist.changed', fc.record({ hosts: fc.subarray(['a.example', 'b.example']) })),
    step(few('sty'), 'style.renamed', fc.record({ name: text })),
    step(few('sty'), 'style.changed', fc.record({ style })),
    step(few('sty'), 'style.deleted', fc.constant({})),
    ...tellingSteps,
    step(
      fc.constant('requests'),
      'request.metered',
      fc.record({
        key: few('key'),
        period: fc.constantFrom('2026-01', '2026-02'),
        count: fc.integer({ min: 1, max: 9 }),
      }),
    ),
  ),
  { maxLength: 40, size: 'max' },
);

const first: Record<string, (stream: string) => AnyEvent> = {
  org: stream => eventOf('org.created', stream, { name: `Name "${stream}"`, plan: 'free' }, { at: start, org: stream }),
  key: stream =>
    eventOf(
      'key.issued',
      stream,
      { name: 'K', mode: 'live', scope: 'read', hash: `hash ${stream}`, lastFour: 'abcd' },
      { at: start },
    ),
  mem: stream =>
    eventOf('member.added', stream, { name: 'Ada', email: 'a@example.com', role: 'editor', team: null }, { at: start }),
  job: jobOf(start),
  wh: webhookOf,
  rep: replayOf,
  dom: stream => eventOf('domain.added', stream, { host: `${stream.slice(4)}.example`, token: 'abc' }, { at: start }),
  sty: stream => eventOf('style.created', stream, { name: 'Brand', style: {} }, { at: start }),
  qr: stream =>
    eventOf(
      'qr.created',
      stream,
      stream === 'qr_9'
        ? { static: true, type: 'text', content: { text: 'Table 12' } }
        : stream === 'qr_8'
          ? { slug: 'qr-8', type: 'wifi', content: { ssid: 'Guests' } }
          : { slug: stream.replace('_', '-'), type: 'url', destination: 'https://example.com/' },
      { at: start, org: `org_${Number(stream.at(-1)) % 2}` },
    ),
};

/** There from the start, so that no read model is ever empty. */
const always = ['job_0', 'wh_1', 'org_0', 'mem_0', 'key_0', 'qr_0', 'qr_8', 'qr_9', 'dom_0', 'sty_0'];

/** Organisations and domains go on when what was personal in them was erased. */
const isLast = (change: string): boolean => /^(?!org|domain).*\.erased$/.test(change);

/**
 * Facts in order: a stream begins with its creation, its versions count, what is deleted can only be restored or erased,
 * and what is erased ends there.
 */
export const facts: fc.Arbitrary<AnyEvent[]> = steps.map(list => {
  const versions = new Map<string, number>();
  const gone = new Set<string>();
  const erased = new Set<string>();
  const events: AnyEvent[] = [];
  const begin = (stream: string) => {
    const event = versions.has(stream) ? undefined : first[stream.split('_')[0]!]?.(stream);
    if (!event) return;
    versions.set(stream, 1);
    events.push({ ...event, position: events.length + 1 });
  };
  for (const stream of always) begin(stream);
  for (const { stream, at, change, data } of list) {
    if (erased.has(stream)) continue;
    if (isLast(change)) erased.add(stream);
    else if (gone.has(stream) !== (change === 'qr.restored')) continue;
    if (/\.(deleted|removed)$/.test(change)) gone.add(stream);
    else gone.delete(stream);
    begin(stream);
    const version = (versions.get(stream) ?? 0) + 1;
    versions.set(stream, version);
    events.push(eventOf(change, stream, data as never, { at, version, position: events.length + 1 }));
  }
  return events;
});

const nullable = (...values: string[]) => fc.constantFrom(null, ...values);

/** What few scans have, each or all of it. */
const rare: fc.Arbitrary<Partial<Scan>> = fc
  .record(
    {
      region: fc.constantFrom('DE-BE', 'Île-de-France'),
      city: fc.constantFrom('Berlin', '東京'),
      utm: fc.record(
        {
          source: fc.constantFrom('poster', 'mail'),
          medium: fc.constant('print'),
          campaign: fc.constant('spring sale'),
        },
        { requiredKeys: [] },
      ),
      test: fc.constant(true as const),
      rules: fc.constantFrom(2, 3),
      earlier: fc.constantFrom<NonNullable<Scan['earlier']>[]>({ 1: 'scan' }, { 1: 'bot', 2: 'prefetch' }),
    },
    { requiredKeys: [] },
  )
  .map(({ utm, ...rest }) => ({ ...rest, ...(utm && Object.keys(utm).length > 0 && { utm }) }));

/** One scan's data. */
export const scanData: fc.Arbitrary<Scan> = fc
  .tuple(
    fc.record({
      qr: few('qr'),
      qrVersion: fc.integer({ min: 1, max: 9 }),
      rule: nullable('weekend'),
      kind: fc.constantFrom('scan', 'scan', 'scan', 'bot', 'head', 'prefetch'),
      country: nullable('DE', 'TR'),
      device: fc.constantFrom('mobile', 'desktop', 'tablet', 'other'),
      os: nullable('iOS', 'Android'),
      browser: nullable('Safari', 'Chrome'),
      referrer: nullable('a.example', 'b.example'),
      language: nullable('de', 'tr'),
      agent: fc.nat({ max: 3 }),
      // Few registers, so that coordinates meet.
      visitor: fc
        .tuple(fc.nat({ max: 4 }), fc.integer({ min: 1, max: 12 }))
        .map(([register, rank]) => register * 16 + rank),
    }),
    fc.oneof(fc.constant({}), rare),
  )
  .map(([plain, more]) => ({ ...plain, ...more }));

/** Scans in order. */
export const scanned: fc.Arbitrary<AnyEvent[]> = fc
  .array(fc.tuple(scanData, at), { maxLength: 60, size: 'max' })
  .map(list => list.map(([data, at], i) => eventOf('scan.recorded', 'scans', data, { at, position: i + 1 })));

/** The same list in pieces. */
export function pieces<T>(list: readonly T[], cuts: readonly number[]): T[][] {
  const borders = [0, ...[...new Set(cuts.map(cut => cut % (list.length + 1)))].sort((a, b) => a - b), list.length];
  return borders.slice(1).map((border, i) => list.slice(borders[i], border));
}

/** Both families in one order. */
export const everything: fc.Arbitrary<AnyEvent[]> = fc
  .tuple(facts, scanned, fc.array(fc.boolean(), { minLength: 200, maxLength: 200 }))
  .map(([some, others, turns]) => {
    const [left, right] = [[...some], [...others]];
    const braided = turns.flatMap(turn => (turn ? left : right).shift() ?? []);
    return [...braided, ...left, ...right].map((event, i) => ({ ...event, position: i + 1 }));
  });
