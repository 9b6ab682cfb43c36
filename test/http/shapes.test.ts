/** The recurring shapes, each with a value that it takes and one that it refuses. */
import { describe, expect, test } from 'bun:test';
import { Type } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';
import { Closed, OneOf, OrNull, Time } from '../../src/http/shapes.ts';

describe('shapes', () => {
  test('a closed object refuses what it does not name, and keeps what else is said of it', () => {
    const Named = Closed({ name: Type.Optional(Type.String()) }, { minProperties: 1 });
    expect(Value.Check(Named, { name: 'Ada' })).toBe(true);
    expect(Value.Check(Named, { name: 'Ada', age: 36 })).toBe(false);
    expect(Value.Check(Named, {})).toBe(false);
  });

  test('one of some words is one of these and nothing else', () => {
    const Order = OneOf(['asc', 'desc'], 'Which way');
    expect(['asc', 'desc', 'up', null].map(word => Value.Check(Order, word))).toEqual([true, true, false, false]);
    expect(Order.description).toBe('Which way');
  });

  test('something or null is not absent', () => {
    const Held = Closed({ name: OrNull(Type.String()) });
    expect([{ name: 'x' }, { name: null }, {}].map(value => Value.Check(Held, value))).toEqual([true, true, false]);
  });

  test('a time is described as one to whoever generates a client', () => {
    expect(Time).toMatchObject({ type: 'string', format: 'date-time' });
  });
});
