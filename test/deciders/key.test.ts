import { describe, expect, test } from 'bun:test';
import type { KeyFact } from '../../events/key.ts';
import { fold } from '../../src/decider.ts';
import { type KeyCommand, key } from '../../src/deciders/key.ts';
import { faultsOf, problemOf } from '../support/problem-of.ts';

const at = 1_775_649_600_000;
const issue = {
  do: 'issue',
  plan: 'enterprise',
  name: 'Shop',
  mode: 'live',
  scope: 'write',
  hash: 'ab12',
  lastFour: 'wxyz',
  at,
} as const;
const { do: _, plan: __, at: ___, ...data } = issue;
const issued: KeyFact = { type: 'key.issued', data };
const revoked: KeyFact = { type: 'key.revoked', data: {} };
const rotated: KeyFact = { type: 'key.rotated', data: { hash: 'cd34', lastFour: 'new1', graceUntil: at + 9 } };
const expiring = (expiresAt: number | null): KeyFact => ({ type: 'key.expiry_changed', data: { expiresAt } });
const wide = { tags: null, domains: null, operations: null, addresses: null };
const narrow = { tags: ['summer'], domains: ['go.example'], operations: ['qr.read'], addresses: ['203.0.113.0/24'] };
const when = (given: readonly KeyFact[], command: KeyCommand) => key.decide(command, fold(key, given));

describe('a key', () => {
  test('is issued to an organisation whose plan includes the API', () => {
    expect(when([], issue)).toEqual([issued]);
  });

  test('says that it was chosen by the operator only when it was', () => {
    expect(when([], { ...issue, chosen: false })).toEqual([issued]);
    expect(when([], { ...issue, chosen: true })).toEqual([{ type: 'key.issued', data: { ...data, chosen: true } }]);
  });

  test('tells all that it was narrowed to, and nothing of what it was not', () => {
    const more = { role: 'editor', member: 'mem_1', team: 'team_1', requestsPerMinute: 60, expiresAt: at + 1 } as const;
    expect(when([], { ...issue, ...narrow, ...more })).toEqual([
      { type: 'key.issued', data: { ...data, ...narrow, ...more } },
    ]);
    const none = { role: undefined, member: null, team: null, requestsPerMinute: null, expiresAt: null } as const;
    expect(when([], { ...issue, ...wide, ...none })).toEqual([issued]);
  });

  test.each(['free', 'pro'] as const)('is not issued on the plan %s', async plan => {
    const problem = await problemOf(() => when([], { ...issue, plan }));
    expect(problem).toMatchObject({ code: 'plan_upgrade_required', status: 403 });
    expect(problem.message).toContain(plan);
  });

  test('needs a name, and an end that has not come yet', async () => {
    expect(faultsOf(await problemOf(() => when([], { ...issue, name: ' ' })))).toEqual(['/name required']);
    for (const expiresAt of [at, at - 1]) {
      const problem = await problemOf(() => when([], { ...issue, expiresAt }));
      expect(faultsOf(problem)).toEqual(['/expiresAt too_small']);
    }
  });

  test('is issued once, whether it was revoked meanwhile or not', async () => {
    expect((await problemOf(() => when([issued], issue))).code).toBe('conflict');
    expect((await problemOf(() => when([issued, revoked], issue))).code).toBe('conflict');
  });

  test('is revoked once; a second time changes nothing', () => {
    expect(when([issued], { do: 'revoke' })).toEqual([revoked]);
    expect(when([issued, revoked], { do: 'revoke' })).toEqual([]);
  });

  test.each<KeyCommand>([
    { do: 'revoke' },
    { do: 'change', name: 'X', at },
    { do: 'rotate', hash: 'cd34', lastFour: 'new1', graceUntil: at, at },
  ])('that was never issued takes no $do', async command => {
    expect((await problemOf(() => when([], command))).code).toBe('not_found');
  });

  test.each<KeyCommand>([
    { do: 'change', name: 'X', at },
    { do: 'rotate', hash: 'cd34', lastFour: 'new1', graceUntil: at, at },
  ])('that was revoked takes no $do', async command => {
    expect((await problemOf(() => when([issued, revoked], command))).code).toBe('conflict');
  });

  test('is not changed by a fact it does not know', () => {
    const foreign = { type: 'qr.deleted', data: {} } as unknown as KeyFact;
    expect(fold(key, [foreign])).toEqual(key.initial);
    expect(fold(key, [issued, foreign])).toEqual(fold(key, [issued]));
  });
});

describe('a change of a key', () => {
  test('is a fact for each thing that becomes another, and none for what stays', () => {
    expect(when([issued], { do: 'change', at })).toEqual([]);
    const asItIs = { name: ' Shop ', ...wide, requestsPerMinute: null, expiresAt: null };
    expect(when([issued], { do: 'change', ...asItIs, at })).toEqual([]);
    expect(
      when([issued], { do: 'change', name: 'Till', tags: ['a'], requestsPerMinute: 5, expiresAt: at + 1, at }),
    ).toEqual([
      { type: 'key.renamed', data: { name: 'Till' } },
      { type: 'key.narrowed', data: { ...wide, tags: ['a'] } },
      { type: 'key.rate_changed', data: { requestsPerMinute: 5 } },
      expiring(at + 1),
    ]);
  });

  test('of one narrowing keeps the others, and null takes it away', () => {
    const narrowed: KeyFact = { type: 'key.narrowed', data: narrow };
    expect(when([issued, narrowed], { do: 'change', domains: null, at })).toEqual([
      { type: 'key.narrowed', data: { ...narrow, domains: null } },
    ]);
    expect(when([issued, narrowed], { do: 'change', ...wide, at })).toEqual([{ type: 'key.narrowed', data: wide }]);
    expect(when([issued, narrowed], { do: 'change', ...narrow, at })).toEqual([]);
  });

  test('sets no end in the past; the one it has may have passed', async () => {
    const problem = await problemOf(() => when([issued], { do: 'change', expiresAt: at, at }));
    expect(faultsOf(problem)).toEqual(['/expiresAt too_small']);
    const expired = [issued, expiring(at)];
    expect(when(expired, { do: 'change', name: 'Old', at })).toEqual([{ type: 'key.renamed', data: { name: 'Old' } }]);
    expect(when(expired, { do: 'change', expiresAt: null, at })).toEqual([expiring(null)]);
  });
});

describe('a rotation', () => {
  const rotate = { do: 'rotate', hash: 'cd34', lastFour: 'new1', graceUntil: at + 9, at } as const;

  test('gives a key a new text and leaves all else as it was', () => {
    expect(when([issued], rotate)).toEqual([rotated]);
    expect(fold(key, [issued, rotated])).toEqual({ ...fold(key, [issued]), lastFour: 'new1' });
  });

  test('is for keys that work: one that has expired needs another one', async () => {
    expect((await problemOf(() => when([issued, expiring(at)], rotate))).code).toBe('conflict');
    expect(when([issued, expiring(at + 1)], rotate)).toEqual([rotated]);
  });
});
