import { describe, expect, test } from 'bun:test';
import type { KeyFact } from '../../events/key.ts';
import { fold } from '../../src/decider.ts';
import { type KeyCommand, key } from '../../src/deciders/key.ts';
import { problemOf } from '../support/problem-of.ts';

const issue = {
  do: 'issue',
  plan: 'enterprise',
  name: 'Shop',
  mode: 'live',
  scope: 'write',
  hash: 'ab12',
  lastFour: 'wxyz',
} as const;
const { do: _, plan: __, ...data } = issue;
const issued: KeyFact = { type: 'key.issued', data };
const revoked: KeyFact = { type: 'key.revoked', data: {} };
const when = (given: readonly KeyFact[], command: KeyCommand) => key.decide(command, fold(key, given));

describe('a key', () => {
  test('is issued to an organisation whose plan includes the API', () => {
    expect(when([], issue)).toEqual([issued]);
  });

  test('says that it was chosen by the operator only when it was', () => {
    expect(when([], { ...issue, chosen: false })).toEqual([issued]);
    expect(when([], { ...issue, chosen: true })).toEqual([{ type: 'key.issued', data: { ...data, chosen: true } }]);
  });

  test.each(['free', 'pro'] as const)('is not issued on the plan %s', async plan => {
    const problem = await problemOf(() => when([], { ...issue, plan }));
    expect(problem).toMatchObject({ code: 'plan_upgrade_required', status: 403 });
    expect(problem.message).toContain(plan);
  });

  test('is issued once, whether it was revoked meanwhile or not', async () => {
    expect((await problemOf(() => when([issued], issue))).code).toBe('conflict');
    expect((await problemOf(() => when([issued, revoked], issue))).code).toBe('conflict');
  });

  test('is revoked once; a second time changes nothing', () => {
    expect(when([issued], { do: 'revoke' })).toEqual([revoked]);
    expect(when([issued, revoked], { do: 'revoke' })).toEqual([]);
  });

  test('that was never issued can not be revoked', async () => {
    expect((await problemOf(() => when([], { do: 'revoke' }))).code).toBe('not_found');
  });

  test('is not changed by a fact it does not know', () => {
    const foreign = { type: 'qr.deleted', data: {} } as unknown as KeyFact;
    expect(fold(key, [foreign])).toEqual(key.initial);
    expect(fold(key, [issued, foreign])).toEqual({ status: 'active' });
  });
});
