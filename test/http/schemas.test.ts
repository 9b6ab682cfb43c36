import { describe, expect, test } from 'bun:test';
import { type TObject, type TSchema, Type } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';
import { Analytics } from '../../src/http/analytics.ts';
import * as schemas from '../../src/http/schemas.ts';

/** Bodies as the API reference prints them. */
const reference = {
  create: {
    id: 'qr_01J3K9M2P8X',
    shortUrl: 'https://vsn.to/abc123',
    destination: 'https://example.com/landing',
    type: 'url',
    createdAt: '2026-04-08T12:00:00Z',
  },
  get: {
    id: 'qr_01J3K9M2P8X',
    shortUrl: 'https://vsn.to/abc123',
    destination: 'https://example.com/landing',
    label: 'Campaign A',
    scans: 1423,
    status: 'active',
    createdAt: '2026-04-08T12:00:00Z',
  },
  patch: {
    id: 'qr_01J3K9M2P8X',
    destination: 'https://example.com/new-landing',
    updatedAt: '2026-04-08T14:30:00Z',
  },
  delete: { deleted: true, id: 'qr_01J3K9M2P8X' },
  analytics: {
    id: 'qr_01J3K9M2P8X',
    totalScans: 1423,
    uniqueScans: 891,
    timeSeries: [
      { date: '2026-04-07', scans: 203 },
      { date: '2026-04-08', scans: 187 },
    ],
    topCountries: [
      { country: 'US', scans: 612 },
      { country: 'GB', scans: 241 },
    ],
    devices: { mobile: 72, desktop: 22, tablet: 6 },
  },
  bulk: {
    created: 2,
    codes: [
      { id: 'qr_01J3K9M2P8X', shortUrl: 'https://vsn.to/abc123' },
      { id: 'qr_01J3K9M2P8Y', shortUrl: 'https://vsn.to/def456' },
    ],
  },
  list: {
    data: [{ id: 'qr_01J3K9M2P8X', label: 'Campaign A', scans: 1423, status: 'active' }],
    total: 47,
    page: 1,
    limit: 20,
  },
  usage: {
    plan: 'enterprise',
    period: '2026-04',
    qrCodesCreated: 4821,
    apiRequests: 92311,
    limits: { qrCodesPerMonth: 50000, apiRequestsPerMinute: 1000 },
  },
};

/** The schema with only the fields that the sample has, all of them required, so that nothing can be left out. */
function narrowed(schema: TSchema, sample: unknown): TSchema {
  if (Array.isArray(sample)) return Type.Array(narrowed((schema as unknown as { items: TSchema }).items, sample[0]));
  if (typeof sample !== 'object' || sample === null) return schema;
  const { properties, required = [] } = schema as TObject;
  for (const name of Object.keys(sample)) if (!required.includes(name)) throw new Error(`${name} may be left out`);
  return Type.Object(
    Object.fromEntries(Object.entries(sample).map(([name, value]) => [name, narrowed(properties[name]!, value)])),
    { additionalProperties: false },
  );
}

describe('answers', () => {
  test.each([
    ['create', schemas.QrCreated],
    ['get', schemas.Qr],
    ['patch', schemas.QrChanged],
    ['delete', schemas.QrDeleted],
    ['analytics', Analytics],
    ['bulk', schemas.QrBulkCreated],
    ['list', schemas.QrList],
    ['usage', schemas.Usage],
  ] as const)('always have every field of the reference with its name and type: %s', (name, schema) => {
    const fields = narrowed(schema as TSchema, reference[name]);
    // Formats are for readers of the document; what is compared here is names and types.
    expect([...Value.Errors(fields, reference[name])].filter(error => !/format/.test(error.message))).toEqual([]);
  });
});

describe('requests', () => {
  const create = {
    type: 'url',
    destination: 'https://example.com/landing',
    label: 'Campaign A',
    style: { dotColor: '#1a1a2e', bgColor: '#ffffff' },
  };

  test('of the reference are taken as they are', () => {
    const patch = { destination: 'https://example.com/new-landing', label: 'Campaign A — Updated' };
    const bulk = { codes: [{ destination: 'https://example.com/product/1', label: 'Product 1' }] };
    expect(Value.Check(schemas.QrCreate, create)).toBeTrue();
    expect(Value.Check(schemas.QrPatch, patch)).toBeTrue();
    expect(Value.Check(schemas.QrBulk, bulk)).toBeTrue();
  });

  test('are closed at every level', () => {
    for (const [schema, body] of [
      [schemas.QrCreate, { ...create, extra: 1 }],
      [schemas.QrCreate, { ...create, style: { ...create.style, eyeColor: '#000' } }],
      [schemas.QrPatch, { label: 'x', slug: 'y' }],
      [schemas.QrBulk, { codes: [create], dryRun: true }],
      [schemas.QrBulk, { codes: [{ ...create, extra: 1 }] }],
      [schemas.NoQuery, { page: 1 }],
    ] as const) {
      expect(Value.Check(schema as TSchema, body)).toBeFalse();
    }
  });

  test('take nothing but text for a destination', () => {
    for (const destination of [1, 1e300, true, null, {}, [], ['https://example.com/']]) {
      expect(Value.Check(schemas.QrCreate, { destination })).toBeFalse();
    }
  });

  test.each(['#12', '#12345', '#1234567', 'red', '#ggg', '123456', '#123456 ', 'url(#a)'])(
    'take no colour %j',
    dotColor => {
      expect(Value.Check(schemas.QrCreate, { ...create, style: { dotColor } })).toBeFalse();
    },
  );
});
