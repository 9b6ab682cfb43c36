/**
 * The part of a random history that is about teams, quotas and jobs. Numbers are drawn from so many that none comes twice,
 * where the deciders would let none come twice.
 */
import fc from 'fast-check';
import { eventOf } from './read-models.ts';

const once = fc.integer({ min: 0, max: 1_000_000_000 });
const few = (prefix: string) => fc.nat({ max: 3 }).map(n => `${prefix}_${n}`);
const quota = fc.record({ qrCodesPerMonth: fc.nat(), requestsPerMinute: fc.nat() }, { requiredKeys: [] });
const fault = (row: number) => ({ row, pointer: '/id', code: 'unknown', detail: 'There is no such code.' });

type Step = (
  stream: fc.Arbitrary<string>,
  change: Parameters<typeof eventOf>[0],
  data: fc.Arbitrary<object>,
) => fc.Arbitrary<{ stream: string; at: number; change: Parameters<typeof eventOf>[0]; data: object }>;

/** Steps of a history, made by its own way of making them. */
export const tenancySteps = (step: Step, text: fc.Arbitrary<string>) => [
  step(few('org'), 'team.created', fc.record({ team: once.map(n => `team_${n}`), name: text, quota })),
  step(few('org'), 'team.deleted', fc.constant({ team: 'team_0' })),
  step(few('org'), 'org.erased', fc.constant({})),
  step(few('mem'), 'member.erased', fc.constant({})),
  step(few('key'), 'key.erased', fc.constant({})),
  step(few('dom'), 'domain.erased', fc.constant({})),
  step(few('sty'), 'style.erased', fc.constant({})),
  step(
    few('job'),
    'job.advanced',
    fc.tuple(once, fc.boolean()).map(([from, isDone]) => ({
      ...{ from, codes: [isDone ? 'qr_1' : null], faults: isDone ? [] : [fault(from)] },
    })),
  ),
  step(few('job'), 'job.cancelled', fc.constant({})),
  step(few('job'), 'job.failed', fc.record({ reason: text })),
  step(few('job'), 'job.finished', fc.constant({})),
  step(
    fc.constant('quotas'),
    'quota.reached',
    fc.record({
      quota: fc.constant('qrCodesPerMonth'),
      threshold: fc.constantFrom(80, 100),
      team: fc.option(few('team')),
      period: fc.constantFrom('2026-01', '2026-02'),
      used: fc.nat(),
      limit: fc.nat(),
    }),
  ),
];

/** A job's first fact. */
export const jobOf = (at: number) => (stream: string) =>
  eventOf('job.requested', stream, { kind: 'create', rows: 9 }, { at });
