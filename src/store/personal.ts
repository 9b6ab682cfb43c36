/**
 * Which part of an event is personal, as its schema marks it. The data is divided into what everybody may read for ever
 * and what is sealed, and united again when it is read. Once it can't be opened any more, what was optional is absent
 * and what was required is blank: `''`, `[]`, `{}` or 0, so that whoever reads events needs to know nothing of it.
 */
import { type TSchema, TypeGuard } from '@sinclair/typebox';
import { catalogue } from '../../events/index.ts';

export type Data = Readonly<Record<string, unknown>>;

/** Fields by name that are personal, or hold something that is. */
type Fields = ReadonlyMap<string, Field>;

interface Field {
  /** What is personal inside it; undefined when it is personal as a whole. */
  readonly inner: Fields | undefined;
  readonly isRequired: boolean;
  readonly blank: unknown;
}

const isMarked = (schema: TSchema): boolean => schema['x-personal'] === true;

const parts = (schema: TSchema): TSchema[] => [
  ...Object.values((schema['properties'] ?? {}) as Record<string, TSchema>),
  ...Object.values((schema['patternProperties'] ?? {}) as Record<string, TSchema>),
  ...[schema['items'] ?? [], schema['anyOf'] ?? [], schema['allOf'] ?? []].flat(),
];

const holdsPersonal = (schema: TSchema): boolean => isMarked(schema) || parts(schema).some(holdsPersonal);

function blankOf(schema: TSchema): unknown {
  if (TypeGuard.IsUnion(schema)) {
    return blankOf(schema.anyOf.find(branch => !TypeGuard.IsNull(branch)) ?? schema.anyOf[0]!);
  }
  if (TypeGuard.IsArray(schema)) return Array(schema.minItems ?? 0).fill(blankOf(schema.items));
  if (TypeGuard.IsObject(schema)) {
    return Object.fromEntries((schema.required ?? []).map(name => [name, blankOf(schema.properties[name]!)]));
  }
  return { string: '', object: {}, number: 0, integer: 0, boolean: false }[schema['type'] as string] ?? null;
}

function fieldsOf(schema: TSchema): Fields {
  const required = new Set((schema['required'] ?? []) as string[]);
  const fields = new Map<string, Field>();
  for (const [name, part] of Object.entries((schema['properties'] ?? {}) as Record<string, TSchema>)) {
    if (!holdsPersonal(part)) continue;
    const inner = TypeGuard.IsObject(part) && !isMarked(part) ? fieldsOf(part) : undefined;
    fields.set(name, { inner, isRequired: required.has(name), blank: blankOf(part) });
  }
  return fields;
}

const none: Fields = new Map();
const byType: ReadonlyMap<string, Fields> = new Map(
  Object.entries(catalogue).map(([type, schema]) => [type, fieldsOf(schema)]),
);

/** A list or an object: what is in a field that is not personal as a whole. */
const isData = (value: unknown): value is Data => typeof value === 'object' && value !== null;

/** Whether there is anything to seal. Null says that there is nothing, which is not personal. */
export const isPersonal = (type: string, data: Data): boolean => holds(byType.get(type) ?? none, data);

function holds(fields: Fields, data: Data): boolean {
  for (const [name, { inner }] of fields) {
    const value = data[name];
    if (value == null) continue;
    if (inner === undefined || !isData(value) || holds(inner, value)) return true;
  }
  return false;
}

export interface Divided {
  readonly open: Data;
  /** Undefined when nothing is personal. */
  readonly personal: Data | undefined;
}

/** The data of an event in its two parts, fields in the order they came in. */
export function divide(type: string, data: Data): Divided {
  const fields = byType.get(type);
  return fields === undefined || fields.size === 0 ? { open: data, personal: undefined } : divided(fields, data);
}

function divided(fields: Fields, data: Data): Divided {
  const open: Record<string, unknown> = {};
  let personal: Record<string, unknown> | undefined;
  for (const name in data) {
    const value = data[name];
    const field = fields.get(name);
    let sealed: unknown = value;
    if (field === undefined || value == null) {
      open[name] = value;
      continue;
    }
    if (field.inner !== undefined && isData(value)) {
      const inside = divided(field.inner, value);
      open[name] = inside.open;
      sealed = inside.personal;
    }
    if (sealed === undefined) continue;
    personal ??= {};
    personal[name] = sealed;
  }
  return { open, personal };
}

/** What `divide` has taken apart. */
export const unite = (type: string, open: Data, personal: Data): Data =>
  united(byType.get(type) ?? none, open, personal);

function united(fields: Fields, open: Data, personal: Data): Data {
  const data: Record<string, unknown> = { ...open };
  for (const name in personal) {
    const [value, inner, there] = [personal[name], fields.get(name)?.inner, open[name]];
    data[name] = inner !== undefined && isData(there) && isData(value) ? united(inner, there, value) : value;
  }
  return data;
}

/** The data of an event whose personal part is gone. */
export const blanked = (type: string, open: Data): Data => withBlanks(byType.get(type) ?? none, open);

function withBlanks(fields: Fields, open: Data): Data {
  const data: Record<string, unknown> = { ...open };
  for (const [name, { inner, isRequired, blank }] of fields) {
    const there = open[name];
    if (there === undefined && isRequired) data[name] = blank;
    else if (inner !== undefined && isData(there)) data[name] = withBlanks(inner, there);
  }
  return data;
}
