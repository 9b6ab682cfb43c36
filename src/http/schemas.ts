/**
 * What the API takes and gives, as TypeBox schemas: the same objects check the input, type the handlers and make the
 * OpenAPI document. Field names and shapes are those of the reference; nothing in it may be renamed or retyped.
 */
import { type Static, Type } from '@sinclair/typebox';
import { QrType } from '../../events/qr.ts';
import { QrStyle } from '../../events/style.ts';
import { destinationMaxLength } from '../deciders/destination.ts';
import { folderLengthMax, tagLengthMax, tagsMax } from '../deciders/filing.ts';
import { type ProblemCode, problems } from '../problem.ts';
import { Domain, FormerSlugs, Readdressing, ShownDomain, Slug } from './address-schemas.ts';
import { NewContent, OtherContent, ShownContent } from './content-schemas.ts';
import { listOf } from './pages.ts';
import { Force, StyleId } from './picture-schemas.ts';
import { AsOf } from './qr-queries.ts';
import { RoutingInput, RoutingShown } from './routing-schemas.ts';
import { Closed, OneOf, OrNull, Time } from './shapes.ts';

const Destination = Type.String({
  minLength: 1,
  maxLength: destinationMaxLength,
  description: 'Where the code leads: an http or https URL without credentials',
  examples: ['https://example.com/landing'],
});
const Label = Type.String({ maxLength: 200, description: 'A name for people', examples: ['Campaign A'] });
const Tags = Type.Array(Type.String({ minLength: 1, maxLength: tagLengthMax }), {
  maxItems: tagsMax,
  description: 'Tags; kept in lower case, with single spaces, each once and sorted. None has a comma',
  examples: [['menu', 'summer 2026']],
});
const Folder = Type.String({
  minLength: 1,
  maxLength: folderLengthMax,
  description: 'The folder it lies in: one flat name, kept as it is written',
  examples: ['Flyers'],
});

export const QrCreate = Closed(
  {
    type: Type.Optional({
      ...QrType,
      description: 'What the code holds: url, which needs a destination, when absent; all others need a content',
    }),
    destination: Type.Optional(Destination),
    content: Type.Optional(NewContent),
    static: Type.Optional(
      Type.Boolean({
        description: 'Whether the picture holds the payload itself: no short URL, no scans, no change later',
      }),
    ),
    label: Type.Optional(OrNull(Label)),
    slug: Type.Optional(Slug),
    domain: Type.Optional(OrNull(Domain)),
    tags: Type.Optional(Tags),
    folder: Type.Optional(OrNull(Folder)),
    routing: Type.Optional(RoutingInput),
    style: Type.Optional(QrStyle),
    styleId: StyleId,
    force: Force,
  },
  {
    title: 'QrCreate',
    examples: [
      {
        type: 'url',
        destination: 'https://example.com/landing',
        label: 'Campaign A',
        style: { dotColor: '#1a1a2e', bgColor: '#ffffff' },
      },
      { type: 'wifi', content: { ssid: 'Guests', password: 'correct horse' }, label: 'Lobby' },
      { type: 'text', content: { text: 'Table 12' }, static: true },
    ],
  },
);
export type QrCreate = Static<typeof QrCreate>;

export const QrPatch = Closed(
  {
    destination: Type.Optional(Destination),
    content: Type.Optional(OtherContent),
    label: Type.Optional(OrNull(Label)),
    tags: Type.Optional(Tags),
    folder: Type.Optional(OrNull(Folder)),
    ...Readdressing,
    routing: Type.Optional(RoutingInput),
    style: Type.Optional(QrStyle),
    styleId: StyleId,
    force: Force,
  },
  {
    title: 'QrPatch',
    minProperties: 1,
    examples: [{ destination: 'https://example.com/new-landing', label: 'Campaign A — Updated' }],
  },
);

export const bulkMax = 10_000;
export const QrBulk = Closed(
  { codes: Type.Array(QrCreate, { minItems: 1, maxItems: bulkMax }) },
  {
    title: 'QrBulk',
    examples: [
      {
        codes: [
          { destination: 'https://example.com/product/1', label: 'Product 1' },
          { destination: 'https://example.com/product/2', label: 'Product 2' },
        ],
      },
    ],
  },
);

export const QrQuery = Closed({ asOf: AsOf });

const ShortUrl = OrNull(Type.String({ examples: ['https://vsn.to/abc23456'] }), 'Null for a static code only');

/** A code as it stands. */
const qrFields = {
  id: Type.String({ examples: ['qr_01J3K9M2P8XABCDEFGHJKMNPQR'] }),
  shortUrl: ShortUrl,
  slug: OrNull(Type.String()),
  type: QrType,
  destination: OrNull(Type.String(), 'Of type url; null for all others'),
  content: ShownContent,
  static: Type.Boolean(),
  encodes: Type.String({ description: 'What the picture says, letter by letter' }),
  label: OrNull(Type.String()),
  style: QrStyle,
  logoUrl: OrNull(Type.String()),
  forced: Type.Boolean({ description: 'Whether the looks failed the scannability check and were forced' }),
  tags: Type.Array(Type.String()),
  folder: OrNull(Type.String()),
  team: OrNull(Type.String(), "Null for the organisation's own"),
  test: Type.Boolean({ description: 'Whether it was made with a test key; such keys see only such codes' }),
  domain: ShownDomain,
  formerSlugs: FormerSlugs,
  routing: RoutingShown,
  status: OneOf(['active', 'deleted', 'erased']),
  createdAt: Time,
  updatedAt: Time,
};
export const QrCreated = Type.Object(qrFields, { title: 'QrCreated' });
export const QrChanged = Type.Omit(QrCreated, ['createdAt'], { title: 'QrChanged' });
export const Qr = Type.Object(
  {
    ...qrFields,
    scans: Type.Integer({
      description:
        'All scans ever, by the newest counting rules. It is what a limit of scans and the order of lists go by, so ' +
        'exclusions change nothing about it: analytics are without what is excluded',
    }),
  },
  { title: 'Qr' },
);
/** A code as it was: scans are counted as of now only. */
export const QrPast = Type.Object({ ...qrFields, version: Type.Integer() }, { title: 'QrPast' });

export const QrDeleted = Type.Object({ deleted: Type.Literal(true), id: Type.String() }, { title: 'QrDeleted' });
export const QrErased = Type.Object({ erased: Type.Literal(true), id: Type.String() }, { title: 'QrErased' });
export const QrBulkCreated = Type.Object(
  {
    created: Type.Integer(),
    codes: Type.Array(Type.Object({ id: Type.String(), shortUrl: ShortUrl })),
  },
  { title: 'QrBulkCreated' },
);
export const QrList = listOf(Qr);
export const QrPastList = listOf(QrPast);

const UsagePart = Type.Object(
  {
    id: OrNull(Type.String(), "Null for what no team's key did"),
    name: OrNull(Type.String()),
    qrCodesCreated: Type.Integer(),
    apiRequests: Type.Integer(),
  },
  { title: 'UsagePart' },
);
export const Usage = Type.Object(
  {
    plan: Type.String(),
    period: Type.String({ examples: ['2026-04'] }),
    qrCodesCreated: Type.Integer(),
    apiRequests: Type.Integer(),
    limits: Type.Object({ qrCodesPerMonth: Type.Integer(), apiRequestsPerMinute: Type.Integer() }),
    teams: Type.Array(UsagePart),
    keys: Type.Array(UsagePart),
    events: Type.String({ format: 'uri', description: 'Where the events are that these numbers are the sum of' }),
  },
  { title: 'Usage' },
);
export const UsageEvents = Type.Object(
  {
    data: Type.Array(
      Type.Object({
        position: Type.Integer({ description: 'Place in the ledger' }),
        type: Type.String({ examples: ['qr.created', 'request.metered'] }),
        at: Time,
        key: Type.String(),
        team: OrNull(Type.String()),
        qr: OrNull(Type.String()),
        qrCodesCreated: Type.Integer(),
        apiRequests: Type.Integer(),
      }),
    ),
    limit: Type.Integer(),
    has_more: Type.Boolean(),
    next_cursor: OrNull(Type.String()),
  },
  { title: 'UsageEvents' },
);

export const ProblemBody = Type.Object(
  {
    type: Type.String({ format: 'uri-reference' }),
    title: Type.String(),
    status: Type.Integer(),
    detail: Type.String(),
    code: Type.Unsafe<ProblemCode>({ type: 'string', enum: Object.keys(problems) }),
    request_id: Type.String(),
    errors: Type.Optional(
      Type.Array(
        Type.Object(
          {
            pointer: Type.String({ description: 'JSON Pointer into the body; ?name is a query parameter' }),
            code: Type.String(),
            detail: Type.String(),
          },
          { title: 'Fault' },
        ),
      ),
    ),
  },
  { title: 'ProblemBody', description: 'RFC 9457 problem details' },
);

/** For routes without query parameters: an unknown one is refused, not ignored. */
export const NoQuery = Closed({});
/** The body of routes that only say go. */
export const Nothing = Closed({}, { title: 'Nothing', examples: [{}] });
