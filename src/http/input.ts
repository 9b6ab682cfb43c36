/**
 * What a route takes as its body: a schema, and rules that no schema can say. Both look at the body together before
 * the handler runs, so that the caller hears of every fault at once. The framework's own check stands behind this one
 * and never fails: its error would write out the whole body, which a deeply nested one turns into minutes.
 */
import type { TSchema } from '@sinclair/typebox';
import { TypeCompiler } from '@sinclair/typebox/compiler';
import { type Fault, invalid } from '../problem.ts';
import { faultsOf } from '../schema-faults.ts';
import { textFaults } from './text-faults.ts';

/** Faults that are told at once: four for each row of the largest bulk call, so that no answer is without bounds. */
export const faultsMax = 40_000;

/** And of a single row that is dealt with by itself: one with more is no code. */
export const rowFaultsMax = 100;

/** Looks at a body as it came: what it finds must be faults under their own pointers, also when the schema fails. */
export type Rules = (body: unknown) => readonly Fault[] | Promise<readonly Fault[]>;

/** Options of a route that takes a body: `post(path, handler, { ...accepts(schema, rules), … })`. */
export function accepts<S extends TSchema>(schema: S, rules: Rules = () => []) {
  const checker = TypeCompiler.Compile(schema);
  return {
    body: schema,
    transform: async ({ body }: { body: unknown }): Promise<void> => {
      const faults = checker.Check(body) ? [] : faultsOf(first(checker.Errors(body), faultsMax), '/');
      const places = new Set(faults.map(fault => fault.pointer));
      faults.push(...(await rules(body)).filter(({ pointer }) => !places.has(pointer)));
      const judged = new Set(faults.map(fault => fault.pointer));
      faults.push(...textFaults(body).filter(({ pointer }) => !judged.has(pointer)));
      if (faults.length > 0) throw invalid(faults);
    },
  };
}

/** At most so many of them: the schema's errors are found as they are asked for. */
export function* first<T>(items: Iterable<T>, count: number): Generator<T> {
  let left = count;
  for (const item of items) {
    if (left-- === 0) return;
    yield item;
  }
}
