/**
 * What a list can be asked, without a server: how a query becomes a filter, a page and an order, which faults the schema
 * can't see, and that a cursor leads back to the one place and order it was made for.
 */
import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { type Place, qrSorts } from '../../projections/qr-lists.ts';
import { cursorOf, listing, type QrListQuery } from '../../src/http/qr-queries.ts';
import { newId } from '../../src/ids.ts';
import { Problem } from '../../src/problem.ts';

const id = newId('qr', 1_000);
const orders = ['asc', 'desc'] as const;

/** The faults of a query as `pointer code`; none when it is taken. */
function faults(query: QrListQuery): string[] {
  try {
    listing(query);
    return [];
  } catch (error) {
    expect(error).toBeInstanceOf(Problem);
    return (error as Problem).errors!.map(({ pointer, code }) => `${pointer} ${code}`);
  }
}

describe('a page', () => {
  test('is the first twenty codes, newest first, unless something else is asked', () => {
    expect(listing({})).toMatchObject({ page: 1, limit: 20, offset: 0, sort: 'created', order: 'desc' });
    expect(listing({ page: 3, limit: 7 })).toMatchObject({ page: 3, limit: 7, offset: 14 });
  });

  test('begins behind the place that a cursor names, and counts no offset', () => {
    const cursor = cursorOf({ key: '', id }, 'created', 'desc');
    expect(listing({ cursor, limit: 7 })).toMatchObject({ page: 1, offset: 0, after: { key: '', id } });
  });

  test('is asked for by number or by cursor, not by both', () => {
    expect(faults({ cursor: cursorOf({ key: '', id }, 'created', 'desc'), page: 2 })).toEqual(['?page not_allowed']);
  });
});

describe('a cursor', () => {
  const place: fc.Arbitrary<readonly [(typeof qrSorts)[number], Place]> = fc.constantFrom(...qrSorts).chain(sort => {
    const text = fc.string({ unit: 'binary', maxLength: 20 }).filter(key => !key.includes('\0') && key.isWellFormed());
    const key = sort === 'label' ? text : sort === 'created' ? fc.constant('') : fc.maxSafeNat();
    return key.map(key => [sort, { key, id }] as const);
  });

  test('leads back to its place, in its own order and in no other', () => {
    fc.assert(
      fc.property(place, fc.constantFrom(...orders), ([sort, at], order) => {
        const cursor = cursorOf(at, sort, order);
        expect(cursor).toMatch(/^[\w-]+$/);
        expect(listing({ cursor, sort, order }).after).toEqual(at);
        for (const otherSort of qrSorts) {
          for (const otherOrder of orders) {
            if (otherSort === sort && otherOrder === order) continue;
            expect(faults({ cursor, sort: otherSort, order: otherOrder })).toEqual(['?cursor format']);
          }
        }
      }),
    );
  });

  test.each([
    ['nonsense', 'nonsense'],
    ['not JSON', Buffer.from('[').toString('base64url')],
    ['no list', Buffer.from('null').toString('base64url')],
    ['too long a list', Buffer.from(JSON.stringify(['created', 'desc', '', id, 1])).toString('base64url')],
    ['an id of something else', cursorOf({ key: '', id: 'key_1' }, 'created', 'desc')],
    ['a number for a word', cursorOf({ key: 7, id }, 'created', 'desc')],
  ])('that is %s is refused', (_, cursor) => {
    expect(faults({ cursor })).toEqual(['?cursor format']);
  });

  test('with a NUL in it, which the database takes no text with, is refused', () => {
    expect(faults({ cursor: cursorOf({ key: 'a\0', id }, 'label', 'desc'), sort: 'label' })).toEqual([
      '?cursor format',
    ]);
    expect(faults({ cursor: cursorOf({ key: 1.5, id }, 'updated', 'desc'), sort: 'updated' })).toEqual([
      '?cursor format',
    ]);
  });
});

describe('a filter', () => {
  test('compares tags and folders in the form they are kept in', () => {
    expect(listing({ tags: ' Summer  Sale ,B,b,,A', folder: ' Flyers' }).filter).toMatchObject({
      tags: ['a', 'b', 'summer sale'],
      folder: 'Flyers',
    });
    expect(listing({ folder: '' }).filter.folder).toBe('');
    expect(listing({}).filter).toMatchObject({ tags: undefined, folder: undefined });
  });

  test('takes times in any zone, and days as their beginning in UTC', () => {
    const { filter } = listing({ createdFrom: '2026-04-08', updatedBefore: '2026-04-08T12:00:00+02:00' });
    expect(filter.createdFrom).toBe(Date.UTC(2026, 3, 8));
    expect(filter.updatedBefore).toBe(Date.UTC(2026, 3, 8, 10));
  });

  test.each<[string, QrListQuery, string[]]>([
    ['days that no calendar has', { createdFrom: '2026-02-30', updatedFrom: '' }, ['?createdFrom', '?updatedFrom']],
    ['times without a zone', { createdBefore: '2026-04-08T12:00:00' }, ['?createdBefore']],
  ])('refuses %s, all at once', (_, query, expected) => {
    expect(faults(query)).toEqual(expected.map(pointer => `${pointer} format`));
  });

  test('refuses a range that ends before it begins, or where it begins', () => {
    const day = '2026-04-08';
    expect(faults({ createdFrom: day, createdBefore: day })).toEqual(['?createdFrom too_large']);
    expect(faults({ updatedFrom: day, updatedBefore: '2026-04-07' })).toEqual(['?updatedFrom too_large']);
    expect(faults({ createdFrom: day, updatedBefore: day })).toEqual([]);
  });

  test('refuses a way of matching tags without tags, and an order by scans in the past', () => {
    expect(faults({ tagMatch: 'all' })).toEqual(['?tagMatch not_allowed']);
    expect(faults({ asOf: '1', sort: 'scans' })).toEqual(['?sort not_allowed']);
    expect(faults({ tagMatch: 'any', tags: 'a', asOf: '1', sort: 'label' })).toEqual([]);
  });
});
