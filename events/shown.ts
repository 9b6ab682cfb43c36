/**
 * An event's data as it may be shown: without the fields that are withheld. Whatever leaves the program, as an answer, a
 * message or an export, takes it from here, so that a secret of ours is left out in one place.
 */
import type { TObject } from '@sinclair/typebox';
import type { AnyEvent } from './index.ts';
import { catalogue } from './index.ts';

const withheldOf = ({ properties }: TObject): string[] =>
  Object.keys(properties).filter(name => properties[name]!['x-withheld'] === true);

/** Type → fields that are withheld; few types have any. */
const withheldFields = new Map(
  Object.entries(catalogue as Readonly<Record<string, TObject>>)
    .map(([type, schema]) => [type, withheldOf(schema)] as const)
    .filter(([, names]) => names.length > 0),
);

/** What of an event's data may be seen. */
export function shownData({ type, data }: Pick<AnyEvent, 'type' | 'data'>): Readonly<Record<string, unknown>> {
  const names = withheldFields.get(type);
  const fields = data as Readonly<Record<string, unknown>>;
  return names ? Object.fromEntries(Object.entries(fields).filter(([name]) => !names.includes(name))) : fields;
}
