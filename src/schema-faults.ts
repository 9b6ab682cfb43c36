/**
 * What a schema has against a value, in sentences: one fault for each place, with a pointer, a code and, for a misspelt
 * name, what was probably meant. Bodies, queries and contents are worded here alone, so that the same mistake is told
 * in the same words wherever it is made.
 */
import { type TSchema, TypeGuard } from '@sinclair/typebox';
import { type ValueError, ValueErrorType } from '@sinclair/typebox/errors';
import { closest, distance } from 'fastest-levenshtein';
import type { Fault } from './problem.ts';

/** TypeBox's errors in our words; the first one for each place. */
export function faultsOf(errors: Iterable<ValueError>, where: '/' | '?'): Fault[] {
  const faults = new Map<string, Fault>();
  for (const error of [...errors].flatMap(leaves)) {
    const pointer = where === '?' ? `?${error.path.slice(1)}` : error.path;
    if (!faults.has(pointer)) faults.set(pointer, { pointer, ...worded(error, lastOf(error.path)) });
  }
  return [...faults.values()];
}

/** What a value of another kind is told: a text where a list was meant. */
const otherKind: ReadonlySet<ValueErrorType> = new Set([
  ...[ValueErrorType.Null, ValueErrorType.Literal, ValueErrorType.String, ValueErrorType.Array],
  ...[ValueErrorType.Object, ValueErrorType.Number, ValueErrorType.Integer, ValueErrorType.Boolean],
]);

/** Inside a union, all that is wrong with what the value was meant to be, where only one branch besides null can be that. */
function leaves(error: ValueError): ValueError[] {
  if (error.type !== ValueErrorType.Union || TypeGuard.IsUnion(error.schema) === false) return [error];
  const branches = error.errors.map(branch => [...branch]).filter(branch => branch.length > 0);
  const alike = branches.filter(([first]) => first!.path !== error.path || !otherKind.has(first!.type));
  if (alike.length === 1) return alike[0]!.flatMap(leaves);
  const meant = branches.filter(([first]) => first!.type !== ValueErrorType.Null);
  const allLiterals = meant.every(([first]) => first!.type === ValueErrorType.Literal);
  return meant.length === 1 && !allLiterals ? meant[0]!.flatMap(leaves) : [error];
}

/** A longer name is a mistake or an attack; it is neither shown whole nor compared with what is known. */
const nameShownMax = 64;

/** What a text is to be, and one that is, where the schema has an example. */
const ruleOf = ({ description, examples }: TSchema): string =>
  `${description}${examples?.length > 0 ? `; for example ${examples[0]}` : ''}`;

const patternsOf = (schema: TSchema): string =>
  `one matches ${Object.keys(schema['patternProperties'] as object).join(' or ')}`;

const lastOf = (path: string): string =>
  path
    .slice(path.lastIndexOf('/') + 1)
    .replace(/~1/g, '/')
    .replace(/~0/g, '~');

function worded(error: ValueError, name: string): { code: string; detail: string } {
  const { schema } = error;
  const has = (code: string, rule: string) => ({
    code,
    detail: `"${name.slice(0, nameShownMax).toWellFormed()}" ${rule}`,
  });
  switch (error.type) {
    case ValueErrorType.ObjectAdditionalProperties:
      // Where names are the caller's own, and this one has not the shape of one.
      if (schema['patternProperties']) return has('pattern', `is no name here: ${patternsOf(schema)}.`);
      return has('unknown_property', `is not known here.${suggestion(name, error)}`);
    case ValueErrorType.ObjectRequiredProperty:
      return has('required', 'is required.');
    case ValueErrorType.StringMaxLength:
      return has('too_long', `has at most ${schema['maxLength']} characters.`);
    case ValueErrorType.StringMinLength:
      return has('too_short', `has at least ${schema['minLength']} characters.`);
    case ValueErrorType.StringPattern:
      return has(
        'pattern',
        schema.description ? `is not right: ${ruleOf(schema)}.` : `must match ${schema['pattern']}`,
      );
    case ValueErrorType.ArrayUniqueItems:
      return has('duplicate', 'has an entry more than once.');
    case ValueErrorType.ObjectMaxProperties:
      return has('too_many', `has at most ${schema['maxProperties']} entries.`);
    case ValueErrorType.ObjectMinProperties:
      return { code: 'too_few', detail: `Give at least one of ${Object.keys(schema['properties']).join(', ')}.` };
    case ValueErrorType.ArrayMaxItems:
      return has('too_many', `has at most ${schema['maxItems']} entries.`);
    case ValueErrorType.ArrayMinItems:
      return has('too_few', `has at least ${schema['minItems']} entries.`);
    case ValueErrorType.IntegerMinimum:
    case ValueErrorType.NumberMinimum:
      return has('too_small', `is at least ${schema['minimum']}.`);
    case ValueErrorType.IntegerMaximum:
    case ValueErrorType.NumberMaximum:
      return has('too_large', `is at most ${schema['maximum']}.`);
    case ValueErrorType.Union:
    case ValueErrorType.Literal:
      return has('not_allowed', `must be one of ${literals(schema).join(', ')}.`);
    case ValueErrorType.Object:
      return name === ''
        ? { code: 'type', detail: 'The body must be a JSON object.' }
        : has('type', 'must be an object.');
    case ValueErrorType.Uint8Array:
      return has('type', 'must be a file.');
    default:
      return has(
        'type',
        `must be ${/^[aeiou]/.test(String(schema['type'])) ? 'an' : 'a'} ${schema['type'] ?? 'valid value'}.`,
      );
  }
}

function literals(schema: TSchema): string[] {
  if (TypeGuard.IsUnion(schema)) return schema.anyOf.flatMap(literals);
  if (TypeGuard.IsObject(schema)) return [`an object with ${Object.keys(schema.properties).join(' and ')}`];
  return [TypeGuard.IsLiteral(schema) ? JSON.stringify(schema.const) : String(schema['type'])];
}

function suggestion(name: string, { schema }: ValueError): string {
  const known = Object.keys((schema['properties'] as object | undefined) ?? {});
  if (known.length === 0 || name.length > nameShownMax) return '';
  const near = closest(name, known);
  return distance(name, near) <= Math.max(2, near.length / 3)
    ? ` Did you mean "${near}"?`
    : ` Known here: ${known.join(', ')}.`;
}
