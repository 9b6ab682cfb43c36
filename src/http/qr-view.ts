/**
 * How a code is shown: the same fields in every answer, whether they come from the rules, from the read model or from
 * the past. Versions of a code are compared by these fields too, so that a history speaks the language of the API.
 */
import { Value } from '@sinclair/typebox/value';
import type { QrRow } from '../../projections/qrs.ts';
import { payloadOf, shortUrlOf } from '../content/encoded.ts';
import type { QrState } from '../deciders/qr.ts';
import { timeOf } from './replies.ts';
import { routingShown } from './routing-view.ts';

/** Where the logo of a code is served, null when it has none. */
export const logoUrlOf = (baseUrl: string, logo: QrState['logo']): string | null =>
  logo && `${baseUrl}/logos/${logo.sha256}.png`;

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
    logoUrl: logoUrlOf(baseUrl, logo),
    forced,
    tags,
    folder,
    team,
    test,
    domain: code.domain?.host ?? null,
    formerSlugs: code.former.map(former => ({
      slug: former.slug,
      domain: former.domain?.host ?? null,
      shortUrl: shortUrlOf(baseUrl, former)!,
    })),
    routing: routingShown(code.routing),
  };
}

/** A row of the read model, of now or of the past. */
export const rowShown = (baseUrl: string, row: QrRow) => ({
  ...shown(baseUrl, row),
  status: row.status,
  createdAt: timeOf(row.created_ms),
  updatedAt: timeOf(row.updated_ms),
});

/** A row's fields as they are compared, those of its routing one by one. */
export function comparable(baseUrl: string, row: QrRow) {
  const { routing, ...rest } = rowShown(baseUrl, row);
  const parts = Object.entries(routing).map(([name, value]) => [`routing.${name}`, value]);
  return { ...rest, ...Object.fromEntries(parts) } as Record<keyof typeof compared, unknown>;
}

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
  domain: null,
  'routing.rules': [],
  'routing.schedule': [],
  'routing.startsAt': null,
  'routing.expiresAt': null,
  'routing.maxScans': null,
  'routing.password': false,
  'routing.paused': null,
  'routing.parameters': { pass: 'none', add: {} },
  'routing.appLinks': {},
} as const;
export const comparedFields = Object.keys(compared) as (keyof typeof compared)[];

export interface Change {
  readonly field: keyof typeof compared;
  readonly from: unknown;
  readonly to: unknown;
}

/** What differs between two versions of a code, field by field; before the first one there is nothing. */
export function changesBetween(baseUrl: string, before: QrRow | undefined, after: QrRow): Change[] {
  const from = before ? comparable(baseUrl, before) : compared;
  const to = comparable(baseUrl, after);
  return comparedFields.flatMap(field =>
    Value.Equal(from[field], to[field]) ? [] : [{ field, from: from[field], to: to[field] }],
  );
}
