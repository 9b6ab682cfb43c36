import { describe, expect, test } from 'bun:test';
import type { MemberFact } from '../../events/member.ts';
import { fold } from '../../src/decider.ts';
import { type MemberCommand, member } from '../../src/deciders/member.ts';
import { faultsOf, problemOf } from '../support/problem-of.ts';

const ada = { name: 'Ada', role: 'editor', team: 'team_1' } as const;
const added: MemberFact = { type: 'member.added', data: { ...ada, email: 'ada@example.com' } };
const removed: MemberFact = { type: 'member.removed', data: {} };
const when = (given: readonly MemberFact[], command: MemberCommand) => member.decide(command, fold(member, given));

describe('a member', () => {
  test('is added in a role, for a team or for the organisation, with an address or without', () => {
    expect(when([], { do: 'add', ...ada, name: ' Ada ', email: 'ada@example.com' })).toEqual([added]);
    for (const email of [undefined, null]) {
      expect(when([], { do: 'add', ...ada, team: null, email })).toEqual([
        { type: 'member.added', data: { ...ada, team: null } },
      ]);
    }
  });

  test('needs a name', async () => {
    expect(faultsOf(await problemOf(() => when([], { do: 'add', ...ada, name: ' ' })))).toEqual(['/name required']);
    const nameless = () => when([added], { do: 'change', name: 'a\nb' });
    expect(faultsOf(await problemOf(nameless))).toEqual(['/name format']);
  });

  test('is added once, also after being removed', async () => {
    expect((await problemOf(() => when([added], { do: 'add', ...ada }))).code).toBe('conflict');
    expect((await problemOf(() => when([added, removed], { do: 'add', ...ada }))).code).toBe('conflict');
  });

  test('changes by a fact for each thing that becomes another', () => {
    expect(when([added], { do: 'change', name: 'Ada King', email: null, role: 'admin', team: null })).toEqual([
      { type: 'member.renamed', data: { name: 'Ada King' } },
      { type: 'member.readdressed', data: { email: null } },
      { type: 'member.assigned', data: { role: 'admin', team: null } },
    ]);
    expect(when([added], { do: 'change' })).toEqual([]);
    expect(when([added], { do: 'change', ...ada, email: 'ada@example.com' })).toEqual([]);
  });

  test('keeps the role when the team changes, and the team when the role does', () => {
    expect(when([added], { do: 'change', team: 'team_2' })).toEqual([
      { type: 'member.assigned', data: { role: 'editor', team: 'team_2' } },
    ]);
    expect(when([added], { do: 'change', role: 'viewer' })).toEqual([
      { type: 'member.assigned', data: { role: 'viewer', team: 'team_1' } },
    ]);
  });

  test('changes from where earlier changes left it', () => {
    const history: MemberFact[] = [
      added,
      { type: 'member.renamed', data: { name: 'Ada King' } },
      { type: 'member.readdressed', data: { email: null } },
      { type: 'member.assigned', data: { role: 'admin', team: null } },
    ];
    expect(fold(member, history)).toEqual({
      ...{ status: 'active', name: 'Ada King', email: null, role: 'admin', team: null },
    });
  });

  test.each<MemberCommand>([{ do: 'change', name: 'X' }, { do: 'remove' }])(
    'that is not there, or not any more, takes no $do',
    async command => {
      expect((await problemOf(() => when([], command))).code).toBe('not_found');
      expect((await problemOf(() => when([added, removed], command))).code).toBe('not_found');
    },
  );

  test('is removed for good', () => {
    expect(when([added], { do: 'remove' })).toEqual([removed]);
  });

  test('is not changed by a fact it does not know', () => {
    const foreign = { type: 'qr.deleted', data: {} } as unknown as MemberFact;
    expect(fold(member, [added, foreign])).toEqual(fold(member, [added]));
  });
});
