/**
 * What a route takes in its query, where everything arrives as text: numbers and truths that are written plainly are
 * turned, and all is checked here, since the framework's own way of turning text makes unions of which no schema can
 * say what is wrong.
 */
import type { TObject } from '@sinclair/typebox';
import { TypeCompiler } from '@sinclair/typebox/compiler';
import { invalid } from '../problem.ts';
import { faultsOf } from '../schema-faults.ts';
import { ForceQuery } from './picture-schemas.ts';

type Query = Record<string, unknown>;

const truths = new Map<unknown, boolean>([
  ['true', true],
  ['false', false],
]);

/** Options of a route: `get(path, handler, { ...asks(schema), … })`. */
export function asks<S extends TObject>(schema: S) {
  const checker = TypeCompiler.Compile(schema);
  const transform = ({ query }: { query: Query }): void => {
    for (const [name, { type }] of Object.entries(schema.properties)) {
      const text = query[name];
      if (type === 'boolean') query[name] = truths.get(text) ?? text;
      else if (type !== 'string' && /^-?\d{1,9}(\.\d{1,6})?$/.test(String(text))) query[name] = Number(text);
      if (text === undefined) delete query[name];
    }
    if (!checker.Check(query)) throw invalid(faultsOf(checker.Errors(query), '?'));
  };
  return { query: schema, transform };
}

/** A route that saves looks: its body, and `?force=true`. */
export function saving<B, T>({ body, transform }: { body: B; transform: T }) {
  const asked = asks(ForceQuery);
  return { body, query: asked.query, transform: [asked.transform, transform] };
}
