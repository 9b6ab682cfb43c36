/**
 * What a route takes in its query, where everything arrives as text: numbers and truths that are written plainly are
 * turned, and all is checked here, since the framework's own way of turning text makes unions of which no schema can
 * say what is wrong.
 */
import type { Static, TObject } from '@sinclair/typebox';
import { TypeCompiler } from '@sinclair/typebox/compiler';
import { type Fault, invalid, Problem } from '../problem.ts';
import { faultsOf } from '../schema-faults.ts';
import { ForceQuery } from './picture-schemas.ts';

type Query = Record<string, unknown>;

const truths = new Map<unknown, boolean>([
  ['true', true],
  ['false', false],
]);

/**
 * Options of a route: `get(path, handler, { ...asks(schema), … })`. `reading` is how the handler makes sense of a query and
 * throws what no schema can say: of one that the schema refuses it looks at the rest, so that all faults are told at once.
 */
export function asks<S extends TObject>(
  schema: S,
  reading: (query: Static<S>, request: Request) => unknown = () => {},
) {
  const checker = TypeCompiler.Compile(schema);
  const transform = ({ query, request }: { query: Query; request: Request }): void => {
    for (const [name, { type }] of Object.entries(schema.properties)) {
      const text = query[name];
      if (type === 'boolean') query[name] = truths.get(text) ?? text;
      else if (type !== 'string' && /^-?\d{1,16}(\.\d{1,6})?$/.test(String(text))) query[name] = Number(text);
      if (text === undefined) delete query[name];
    }
    if (checker.Check(query)) return;
    const faults = faultsOf(checker.Errors(query), '?');
    const places = new Set(faults.map(({ pointer }) => pointer));
    const rest = Object.fromEntries(Object.entries(query).filter(([name]) => !places.has(`?${name}`)));
    const further = faultsIn(() => reading(rest as Static<S>, request));
    throw invalid([...faults, ...further.filter(({ pointer }) => !places.has(pointer))]);
  };
  return { query: schema, transform };
}

function faultsIn(read: () => unknown): readonly Fault[] {
  try {
    read();
    return [];
  } catch (error) {
    if (error instanceof Problem) return error.errors;
    throw error;
  }
}

/** A route that saves looks: its body, and `?force=true`. */
export function saving<B, T>({ body, transform }: { body: B; transform: T }) {
  const asked = asks(ForceQuery);
  return { body, query: asked.query, transform: [asked.transform, transform] };
}
