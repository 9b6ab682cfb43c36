import { describe, expect, test } from 'bun:test';
import { listed, sought } from '../../src/http/pages.ts';
import { newId } from '../../src/ids.ts';
import { faultsOf, problemOf } from '../support/problem-of.ts';

const rows = Array.from({ length: 6 }, () => ({ id: newId('team') })).reverse();
const shown = ({ id }: { id: string }) => ({ id, shown: true });

describe('a page', () => {
  test('looks for one row more than it shows, and says whether there are more', async () => {
    expect(sought({}, 'team')).toEqual({ limit: 21 });
    expect(sought({ limit: 5 }, 'team')).toEqual({ limit: 6 });
    const body = await listed({ limit: 5 }, { rows, total: 9 }, shown).json();
    expect(body).toMatchObject({ total: 9, limit: 5, has_more: true });
    expect(body.data).toEqual(rows.slice(0, 5).map(shown));
    const last = await listed({ limit: 6 }, { rows, total: 6 }, shown).json();
    expect(last).toMatchObject({ has_more: false, next_cursor: null });
    expect(await listed({}, { rows: [], total: 0 }, shown).json()).toEqual({
      ...{ data: [], total: 0, page: 1, limit: 20, has_more: false, next_cursor: null },
    });
  });

  test('goes on behind the last one that was shown', async () => {
    const { next_cursor } = await listed({ limit: 5 }, { rows, total: 9 }, shown).json();
    expect(sought({ cursor: next_cursor }, 'team')).toEqual({ limit: 21, before: rows[4]!.id });
  });

  test('has a number too, instead of what it goes on behind', async () => {
    expect(sought({ page: 3, limit: 5 }, 'team')).toEqual({ limit: 6, offset: 10 });
    expect(await listed({ page: 3, limit: 5 }, { rows, total: 16 }, shown).json()).toMatchObject({ page: 3 });
    const cursor = Buffer.from(rows[0]!.id).toString('base64url');
    expect(faultsOf(await problemOf(() => sought({ page: 2, cursor }, 'team')))).toEqual(['?page not_allowed']);
  });

  test.each(['', 'x', Buffer.from(rows[0]!.id.replace('team', 'key')).toString('base64url'), rows[0]!.id])(
    'does not begin behind %j',
    async cursor => {
      expect(faultsOf(await problemOf(() => sought({ cursor }, 'team')))).toEqual(['?cursor format']);
    },
  );
});
