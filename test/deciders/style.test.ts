import { describe, expect, test } from 'bun:test';
import type { StyleFact } from '../../events/style.ts';
import { fold } from '../../src/decider.ts';
import { type StyleCommand, style } from '../../src/deciders/style.ts';
import { problemOf } from '../support/problem-of.ts';

const when = (given: readonly StyleFact[], command: StyleCommand) => style.decide(command, fold(style, given));
const looks = { dotColor: '#123456', frame: { shape: 'box', text: 'Hi' } } as const;
const created: StyleFact = { type: 'style.created', data: { name: 'House', style: looks } };
const deleted: StyleFact = { type: 'style.deleted', data: {} };

describe('a style template', () => {
  test('is created once, with its name trimmed', async () => {
    expect(when([], { do: 'create', name: ' House ', style: looks })).toEqual([created]);
    expect((await problemOf(() => when([created], { do: 'create', name: 'House', style: looks }))).code).toBe(
      'conflict',
    );
  });

  test('says on the event that its looks were forced, and only then', () => {
    const [fact] = when([], { do: 'create', name: 'House', style: looks, forced: true });
    expect(fact).toEqual({ type: 'style.created', data: { name: 'House', style: looks, forced: true } });
    const [changed] = when([created], { do: 'change', style: {}, forced: true });
    expect(changed).toEqual({ type: 'style.changed', data: { style: {}, forced: true } });
    expect(fold(style, [fact!, { type: 'style.changed', data: { style: {} } }]).forced).toBe(false);
  });

  test('is renamed and changed by an event each, and by none where nothing changes', () => {
    expect(when([created], { do: 'change', name: 'New', style: {} })).toEqual([
      { type: 'style.renamed', data: { name: 'New' } },
      { type: 'style.changed', data: { style: {} } },
    ]);
    const same = { frame: { text: 'Hi', shape: 'box' }, dotColor: '#123456' } as const;
    expect(when([created], { do: 'change', name: 'House', style: same })).toEqual([]);
  });

  test.each(['', '  ', 'a\u0000b', 'a\nb', '\ud800'])('is not named %j', async name => {
    const problem = await problemOf(() => when([], { do: 'create', name, style: {} }));
    expect(problem.errors).toMatchObject([{ pointer: '/name', code: 'format' }]);
  });

  test('is gone when it is deleted, and was never there before it was created', async () => {
    expect(when([created], { do: 'delete' })).toEqual([deleted]);
    for (const given of [[], [created, deleted]]) {
      for (const command of [{ do: 'delete' }, { do: 'change', name: 'X' }] as const) {
        expect((await problemOf(() => when(given, command))).code).toBe('not_found');
      }
    }
  });
});
