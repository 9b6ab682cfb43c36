/**
 * What the list of codes can be asked: search, filters, order, page and moment, as they arrive in a query and as the read
 * model takes them. A cursor is a place in one order; it is refused in another, where it would skip codes in silence.
 */
import { type Static, Type } from '@sinclair/typebox';
import { QrType } from '../../events/qr.ts';
import type { QrFilter } from '../../projections/qr-filters.ts';
import { type Place, type QrSort, qrSorts } from '../../projections/qr-lists.ts';
import { canonicalFolder, canonicalTags, folderLengthMax, tagLengthMax, tagsMax } from '../deciders/filing.ts';
import { type Fault, invalid } from '../problem.ts';
import { timesIn } from './moments.ts';
import { Closed, OneOf } from './shapes.ts';

const words = (maxLength: number, description: string, minLength = 1) =>
  Type.Optional(Type.String({ minLength, maxLength, description }));
const choice = <const T extends readonly string[]>(words: T, description: string) =>
  Type.Optional(OneOf(words, description));
const timeLengthMax = 40;
const time = (description: string) =>
  words(timeLengthMax, `${description}: an RFC 3339 time, or a day, which means its beginning in UTC`);

/** Everything a code can be chosen by. */
export const filterFields = {
  search: words(200, 'Part of label, destination or slug, or at least 8 characters of an id; capitals do not matter'),
  status: choice(['active', 'deleted'], 'active when absent'),
  type: Type.Optional({ ...QrType, description: 'What the codes hold' }),
  static: Type.Optional(Type.Boolean({ description: 'Only static codes, or only others' })),
  slug: words(64, 'The whole slug; capitals do not matter'),
  team: words(64, 'Id of a team'),
  tags: words(tagsMax * (tagLengthMax + 1), 'Tags with commas between'),
  tagMatch: choice(['any', 'all'], 'Whether a code needs one of the tags, which is the default, or all of them'),
  folder: words(folderLengthMax, 'Name of a folder; empty for codes in none', 0),
  createdFrom: time('Created then or later'),
  createdBefore: time('Created earlier'),
  updatedFrom: time('Last changed then or later'),
  updatedBefore: time('Last changed earlier'),
};

export const filterNames = Object.keys(filterFields) as (keyof typeof filterFields)[];

/** A moment of the past, in a query. */
export const AsOf = words(
  timeLengthMax,
  'As it was at this time (RFC 3339) or position of the ledger, without counts of scans',
);

const cursorLengthMax = 2_000;

export const QrListQuery = Closed({
  page: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000_000, description: 'The first one when absent' })),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 100, default: 20 })),
  cursor: words(cursorLengthMax, 'next_cursor of the page before; instead of page'),
  ...filterFields,
  sort: choice(qrSorts, 'created when absent'),
  order: choice(['asc', 'desc'], 'desc when absent'),
  asOf: AsOf,
});
export type QrListQuery = Static<typeof QrListQuery>;

const timeNames = ['createdFrom', 'createdBefore', 'updatedFrom', 'updatedBefore'] as const;

type Filters = Pick<QrListQuery, keyof typeof filterFields>;

/** The filters as the read model takes them, and every fault in them that the schema can't see. */
export function filtering(query: Filters): { filter: QrFilter; faults: Fault[] } {
  const { tags, folder } = query;
  const { times, faults } = timesIn(query, timeNames);
  if (query.tagMatch !== undefined && tags === undefined) {
    faults.push({ pointer: '?tagMatch', code: 'not_allowed', detail: '"tagMatch" is for tags.' });
  }
  faults.push(...crossed(times));
  const asked = Object.fromEntries(filterNames.map(name => [name, query[name]]));
  const filter: QrFilter = {
    ...asked,
    ...times,
    tags: tags === undefined ? undefined : canonicalTags(tags.split(',')).filter(tag => tag !== ''),
    folder: folder === undefined ? undefined : canonicalFolder(folder)!,
  } as QrFilter;
  return { filter, faults };
}

/** The query as the read model takes it. Throws `validation_failed` with every fault that the schema can't see. */
export function listing(query: QrListQuery) {
  const { page, limit = 20, cursor, sort = 'created', order = 'desc' } = query;
  const { filter, faults } = filtering(query);
  const after = cursor === undefined ? undefined : placeFrom(cursor, sort, order);
  const fault = (pointer: string, code: string, detail: string): unknown => faults.push({ pointer, code, detail });
  if (after === null) fault('?cursor', 'format', 'The cursor is not one that a list in this order has given.');
  if (cursor !== undefined && page !== undefined) fault('?page', 'not_allowed', 'Give a page or a cursor, not both.');
  if (query.asOf !== undefined && sort === 'scans') {
    fault('?sort', 'not_allowed', 'Scans are counted as of now, so that a list of the past has no order by them.');
  }
  if (faults.length > 0) throw invalid(faults);
  const offset = cursor === undefined ? ((page ?? 1) - 1) * limit : 0;
  return { filter, page: page ?? 1, limit, offset, sort, order, after: after ?? undefined };
}

/** Ranges that end before they begin hold nothing, which nobody means. */
function crossed(times: { readonly [N in (typeof timeNames)[number]]?: number }): Fault[] {
  return (['created', 'updated'] as const).flatMap(name => {
    const [from, before] = [times[`${name}From`], times[`${name}Before`]];
    if (from === undefined || before === undefined || from < before) return [];
    const detail = `"${name}From" must be earlier than "${name}Before".`;
    return [{ pointer: `?${name}From`, code: 'too_large', detail }];
  });
}

/** A place as text; it says of which order it is. */
export const cursorOf = ({ key, id }: Place, sort: QrSort, order: 'asc' | 'desc'): string =>
  Buffer.from(JSON.stringify([sort, order, key, id])).toString('base64url');

function placeFrom(cursor: string, sort: QrSort, order: 'asc' | 'desc'): Place | null {
  try {
    const [ofSort, ofOrder, key, id, ...rest] = JSON.parse(Buffer.from(cursor, 'base64url').toString()) as unknown[];
    const isKey = sort === 'label' || sort === 'created' ? typeof key === 'string' : Number.isSafeInteger(key);
    const isPlace = ofSort === sort && ofOrder === order && isKey && /^qr_[0-9A-HJKMNP-TV-Z]{26}$/.test(String(id));
    return isPlace && rest.length === 0 && !String(key).includes('\0') ? ({ key, id } as Place) : null;
  } catch {
    return null;
  }
}
