/**
 * What is personal in an event is told by its schema alone, taken out whole, and what is left is still an event: that
 * holds for every shape ever shipped and for those to come.
 */
import { describe, expect, test } from 'bun:test';
import { type TSchema, Type } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';
import { catalogue } from '../../events/index.ts';
import { blanked, divide, unite } from '../../src/store/personal.ts';
import { samples } from '../support/samples.ts';

const schemas: Readonly<Record<string, TSchema>> = catalogue;

/** All texts and numbers of a value that stand where the schema says that they are personal. */
function personalIn(schema: TSchema, value: unknown, marked = false): unknown[] {
  const isPersonal = marked || schema['x-personal'] === true;
  if (value === null || value === undefined) return [];
  if (Array.isArray(value)) return value.flatMap(item => personalIn(schema['items'] ?? schema, item, isPersonal));
  if (schema['anyOf']) {
    const branch = (schema['anyOf'] as TSchema[]).find(one => Value.Check(one, value));
    return personalIn(branch ?? Type.Unknown(), value, isPersonal);
  }
  if (typeof value !== 'object') return isPersonal ? [value] : [];
  return Object.entries(value).flatMap(([name, part]) =>
    personalIn((schema['properties'] as Record<string, TSchema>)?.[name] ?? Type.Unknown(), part, isPersonal),
  );
}

describe('The data of an event', () => {
  test.each(samples)('(%s) is divided and united without loss: %j', (type, data) => {
    const { open, personal } = divide(type, data);
    expect(personal === undefined ? open : unite(type, open, personal)).toEqual(data);
  });

  test.each(samples)('(%s) has nothing personal in its open part: %j', (type, data) => {
    const { open, personal } = divide(type, data);
    expect(personalIn(schemas[type]!, open)).toEqual([]);
    expect(personalIn(schemas[type]!, data).length > 0 ? personal : {}).toBeDefined();
  });

  test.each(samples)('(%s) is of its schema when it was erased: %j', (type, data) => {
    const blank = blanked(type, divide(type, data).open);
    expect([...Value.Errors(schemas[type]!, blank)]).toEqual([]);
    expect(personalIn(schemas[type]!, blank).filter(value => value !== '' && value !== 0)).toEqual([]);
  });

  test('of a type that a newer release knows is left as it is', () => {
    const data = { name: 'Jane' };
    expect(divide('qr.painted', data)).toEqual({ open: data, personal: undefined });
    expect(unite('qr.painted', { a: 1 }, data)).toEqual({ a: 1, name: 'Jane' });
    expect(blanked('qr.painted', data)).toEqual(data);
  });
});

test('No event has a field by the name that a seal is stored under', () => {
  const taken = Object.entries(schemas).filter(([, schema]) => 'sealed' in (schema['properties'] as object));
  expect(taken).toEqual([]);
});

test('What is personal within something is sealed alone', () => {
  const style = { dotColor: '#123', frame: { shape: 'box', text: 'Call Jane' } };
  const { open, personal } = divide('qr.restyled', { style });
  expect(open).toEqual({ style: { dotColor: '#123', frame: { shape: 'box' } } });
  expect(personal).toEqual({ style: { frame: { text: 'Call Jane' } } });
  expect(unite('qr.restyled', open, personal!)).toEqual({ style });
});

test('Parameters that are added to destinations are texts of somebody, by name and value', () => {
  const data = { pass: 'utm', add: { utm_source: 'jane' } };
  expect(divide('qr.parameters_changed', data)).toEqual({ open: { pass: 'utm' }, personal: { add: data.add } });
  expect(blanked('qr.parameters_changed', { pass: 'utm' })).toEqual({ pass: 'utm', add: {} });
});

test('Null, which says that there is nothing, stays where it is', () => {
  expect(divide('qr.relabeled', { label: null })).toEqual({ open: { label: null }, personal: undefined });
});

test('What was required and is gone is blank, what was optional is absent', () => {
  expect(blanked('qr.retargeted', {})).toEqual({ destination: '' });
  expect(blanked('qr.rewritten', {})).toEqual({ content: {} });
  expect(blanked('qr.tagged', {})).toEqual({ tags: [] });
  expect(blanked('qr.relabeled', {})).toEqual({ label: '' });
  // Not null, which would say that the key sees all codes.
  expect(blanked('key.narrowed', {})).toEqual({ tags: [''] });
  expect(blanked('qr.created', { type: 'url', slug: 'a' })).toEqual({ type: 'url', slug: 'a' });
});
