import { describe, expect, test } from 'bun:test';
import type { OrganizationFact } from '../../events/organization.ts';
import { fold } from '../../src/decider.ts';
import { defaultLimits, type OrganizationCommand, organization } from '../../src/deciders/organization.ts';
import { faultsOf, problemOf } from '../support/problem-of.ts';

const created: OrganizationFact = { type: 'org.created', data: { name: 'Acme', plan: 'pro' } };
const planned = (plan: 'free' | 'pro' | 'enterprise'): OrganizationFact => ({
  type: 'org.plan_changed',
  data: { plan },
});
const limited = (qrCodesPerMonth: number, apiRequestsPerMinute: number): OrganizationFact => ({
  type: 'org.limits_changed',
  data: { limits: { qrCodesPerMonth, apiRequestsPerMinute } },
});
const when = (given: readonly OrganizationFact[], command: OrganizationCommand) =>
  organization.decide(command, fold(organization, given));

describe('an organisation', () => {
  test('is created with its name, freed of outer blanks, and its plan', () => {
    expect(when([], { do: 'create', name: '  Acme ', plan: 'pro' })).toEqual([created]);
  });

  test('has the limits of the reference until others are set', () => {
    expect(fold(organization, [created]).limits).toEqual({ qrCodesPerMonth: 50_000, apiRequestsPerMinute: 1_000 });
    expect(fold(organization, [created, limited(7, 8)]).limits).toEqual({
      qrCodesPerMonth: 7,
      apiRequestsPerMinute: 8,
    });
  });

  test.each(['', ' ', '\t\n'])('needs a name, and %j is none', async name => {
    const problem = await problemOf(() => when([], { do: 'create', name, plan: 'free' }));
    expect(faultsOf(problem)).toEqual(['/name required']);
  });

  test('is created once', async () => {
    const again = () => when([created], { do: 'create', name: 'Acme', plan: 'pro' });
    expect((await problemOf(again)).code).toBe('conflict');
  });

  test.each([
    { do: 'change_plan', plan: 'free' },
    { do: 'change_limits', limits: { qrCodesPerMonth: 1 } },
  ] as const)('that does not exist takes no $do', async command => {
    expect((await problemOf(() => when([], command))).code).toBe('not_found');
  });

  test('changes its plan, and a plan it has already is no change', () => {
    expect(when([created], { do: 'change_plan', plan: 'enterprise' })).toEqual([planned('enterprise')]);
    expect(when([created], { do: 'change_plan', plan: 'pro' })).toEqual([]);
    expect(when([created, planned('free')], { do: 'change_plan', plan: 'free' })).toEqual([]);
    expect(when([created, planned('free')], { do: 'change_plan', plan: 'pro' })).toEqual([planned('pro')]);
  });

  test('changes one limit and keeps the other', () => {
    const { apiRequestsPerMinute, qrCodesPerMonth } = defaultLimits;
    expect(when([created], { do: 'change_limits', limits: { qrCodesPerMonth: 0 } })).toEqual([
      limited(0, apiRequestsPerMinute),
    ]);
    expect(when([created], { do: 'change_limits', limits: { apiRequestsPerMinute: 5 } })).toEqual([
      limited(qrCodesPerMonth, 5),
    ]);
    expect(when([created, limited(7, 8)], { do: 'change_limits', limits: { apiRequestsPerMinute: 9 } })).toEqual([
      limited(7, 9),
    ]);
  });

  test('keeps no event of limits that are the same', () => {
    expect(when([created], { do: 'change_limits', limits: defaultLimits })).toEqual([]);
    expect(when([created, limited(7, 8)], { do: 'change_limits', limits: {} })).toEqual([]);
    expect(when([created, limited(7, 8)], { do: 'change_limits', limits: { qrCodesPerMonth: 7 } })).toEqual([]);
  });

  test('is not changed by a fact it does not know', () => {
    const foreign = { type: 'qr.deleted', data: {} } as unknown as OrganizationFact;
    expect(fold(organization, [foreign])).toEqual(organization.initial);
  });
});
