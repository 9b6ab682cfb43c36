/**
 * Shapes that recur in what the API takes and gives: an object that takes nothing unknown, one of some words, something
 * or null, a time. Each is made here alone, so that every route checks and describes it in the same way.
 */
import { type ObjectOptions, type TProperties, type TSchema, Type } from '@sinclair/typebox';

const described = (description: string | undefined) => (description === undefined ? {} : { description });

/** An object of an input: a property that is not named here is refused. */
export const Closed = <P extends TProperties>(properties: P, options: ObjectOptions = {}) =>
  Type.Object(properties, { additionalProperties: false, ...options });

/** One of some words. */
export const OneOf = <const T extends readonly string[]>(words: T, description?: string) =>
  Type.Unsafe<T[number]>(
    Type.Union(
      words.map(word => Type.Literal(word)),
      described(description),
    ),
  );

export const OrNull = <T extends TSchema>(schema: T, description?: string) =>
  Type.Union([schema, Type.Null()], described(description));

/** A time in an answer. */
export const Time = Type.String({ format: 'date-time', examples: ['2026-04-08T12:00:00Z'] });
