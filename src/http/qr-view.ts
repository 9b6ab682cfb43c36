/**
 * How a code is shown: the same fields in every answer, whether they come from the rules, from the read model or from
 * the past. Versions of a code are compared by these fields too, so that a history speaks the language of the API.
 */
import { Value } from '@sinclair/typebox/value';
import type { QrRow } from '../../projections/qrs.ts';
import { payloadOf } from '../content/encoded.ts';
import type { QrState } from '../deciders/qr.ts';
import { timeOf } from './replies.ts';

/** Null for a static code: no address of ours stands behind it. */
export const shortUrlOf = (baseUrl: string, { slug }: Pick<QrRow, 'slug'>): string | null =>
  slug === null ? null : `${baseUrl}/${slug}`;

/** What is common to a code in every answer. */
export function shown(baseUrl: string, code: Omit<QrState, 'status'> & Pick<QrRow, 'id'>) {
  const { id, slug, type, destination, content, label, style, logo, forced, tags, folder, team, test } = code;
  return {
    id,
    shortUrl: shortUrlOf(baseUrl, code),
    slug,
    type,
    destination,
    content,
    static: code.static,
    encodes: payloadOf(code, baseUrl),
    label,
    style,
    logoUrl: logo && `${baseUrl}/logos/${logo.sha256}.png`,
    forced,
    tags,
    folder,
    team,
    test,
  };
}

/** A row of the read model, of now or of the past. */
export const rowShown = (baseUrl: string, row: QrRow) => ({
  ...shown(baseUrl, row),
  status: row.status,
  createdAt: timeOf(row.created_ms),
  updatedAt: timeOf(row.updated_ms),
});

/** Fields that an event can change, in the order in which they are told, and what they are before the first. */
const compared = {
  status: null,
  slug: null,
  type: null,
  static: false,
  destination: null,
  content: null,
  label: null,
  style: {},
  logoUrl: null,
  forced: false,
  tags: [],
  folder: null,
  team: null,
  test: false,
} as const;
export const comparedFields = Object.keys(compared) as (keyof typeof compared)[];

export interface Change {
  readonly field: keyof typeof compared;
  readonly from: unknown;
  readonly to: unknown;
}

/** What differs between two versions of a code, field by field; before the first one there is nothing. */
export function changesBetween(baseUrl: string, before: QrRow | undefined, after: QrRow): Change[] {
  const from = before ? rowShown(baseUrl, before) : compared;
  const to = rowShown(baseUrl, after);
  return comparedFields.flatMap(field =>
    Value.Equal(from[field], to[field]) ? [] : [{ field, from: from[field], to: to[field] }],
  );
}
