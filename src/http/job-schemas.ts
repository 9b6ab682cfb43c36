/**
 * What bulk changes, imports and jobs take and give. A row of a change is a change of one code with its id; what a job
 * tells of a row is the code it was about, or everything that was wrong with it.
 */
import { type Static, Type } from '@sinclair/typebox';
import { JobKind } from '../../events/job.ts';
import { listOf, PageQuery } from './pages.ts';
import { bulkMax, QrPatch } from './schemas.ts';
import { Closed, OneOf, OrNull, Time } from './shapes.ts';

const QrId = Type.String({ minLength: 1, maxLength: 64, description: 'Id of the code, qr_…' });

/** Refused with a word on what to do instead, which who has not heard of it would not get. */
const oneByOne = { description: 'Refused here: set it code by code, with PATCH /v1/qr/:id' };
export const QrChangeRow = Closed(
  {
    id: QrId,
    ...QrPatch.properties,
    slug: { ...QrPatch.properties.slug, ...oneByOne },
    domain: { ...QrPatch.properties.domain, ...oneByOne },
  },
  { title: 'QrChangeRow' },
);
export type QrChangeRow = Static<typeof QrChangeRow>;
export const QrBulkChange = Closed(
  { codes: Type.Array(QrChangeRow, { minItems: 1, maxItems: bulkMax }) },
  {
    title: 'QrBulkChange',
    examples: [{ codes: [{ id: 'qr_01J3K9M2P8XABCDEFGHJKMNPQR', destination: 'https://example.com/new' }] }],
  },
);
export const QrBulkDelete = Closed(
  { ids: Type.Array(QrId, { minItems: 1, maxItems: bulkMax }) },
  { title: 'QrBulkDelete', examples: [{ ids: ['qr_01J3K9M2P8XABCDEFGHJKMNPQR'] }] },
);
export const QrBulkChanged = Type.Object(
  {
    changed: Type.Integer({ description: 'Codes that are another now than before' }),
    codes: Type.Array(Type.Object({ id: Type.String(), version: Type.Integer() })),
  },
  { title: 'QrBulkChanged' },
);
export const QrBulkDeleted = Type.Object(
  { deleted: Type.Integer(), ids: Type.Array(Type.String()) },
  { title: 'QrBulkDeleted' },
);

export const Job = Type.Object(
  {
    id: Type.String({ examples: ['job_01J3K9M2P8XABCDEFGHJKMNPQR'] }),
    kind: JobKind,
    status: OneOf(['queued', 'running', 'finished', 'cancelled', 'failed']),
    rows: Type.Integer(),
    done: Type.Integer({ description: 'Rows that are dealt with, in order' }),
    failed: Type.Integer({ description: 'How many of those failed' }),
    progress: Type.Integer({ description: 'Percent of the rows' }),
    reason: OrNull(Type.String(), 'Why it could not go on'),
    key: Type.String({ description: 'Id of the key in whose name it runs' }),
    createdAt: Time,
    updatedAt: Time,
  },
  { title: 'Job' },
);
export const JobList = listOf(Job);
export const JobQuery = PageQuery({});
export const RowsQuery = Closed({
  outcome: Type.Optional(OneOf(['failed', 'done'], 'All when absent')),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000, default: 100 })),
  cursor: Type.Optional(Type.String({ pattern: '^\\d{1,9}$', description: 'next_cursor of the page before' })),
});
const RowErrors = Type.Array(Type.Object({ pointer: Type.String(), code: Type.String(), detail: Type.String() }));
export const JobRows = Type.Object(
  {
    data: Type.Array(
      Type.Object({
        row: Type.Integer({ description: 'From 0 on' }),
        outcome: OneOf(['done', 'failed']),
        id: OrNull(Type.String(), 'Id of the code'),
        errors: RowErrors,
      }),
    ),
    limit: Type.Integer(),
    has_more: Type.Boolean(),
    next_cursor: OrNull(Type.String()),
  },
  { title: 'JobRows' },
);

export const importMax = 100_000;
export const ImportQuery = Closed({
  dryRun: Type.Optional(Type.Boolean({ description: 'Only tell what is wrong with which rows' })),
  columns: Type.Optional(
    Type.String({
      maxLength: 4_000,
      description:
        'Which column each field comes from where it has another name, as JSON, such as {"destination":"Target URL"}',
    }),
  ),
  force: Type.Optional(Type.Boolean({ description: 'Save looks that do not scan' })),
});
export const ImportReport = Type.Object(
  {
    rows: Type.Integer(),
    valid: Type.Integer(),
    bad: Type.Integer(),
    ignored: Type.Array(Type.String(), { description: 'Columns that are no field of a code' }),
    errors: Type.Array(
      Type.Object({ row: Type.Integer(), pointer: Type.String(), code: Type.String(), detail: Type.String() }),
    ),
  },
  { title: 'ImportReport' },
);
