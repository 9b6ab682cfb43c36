/**
 * Codes as they stand in a file, CSV or NDJSON, turned into the inputs of single codes. Columns are fields by their names
 * or by a mapping; a dot leads into an object (`content.ssid`). What a cell says is text, and is turned only where the
 * schema of a code has no text. Nothing is judged here: what a row lacks is found where all codes are checked.
 */
import type { TSchema } from '@sinclair/typebox';
import Papa from 'papaparse';
import { type Fault, invalid } from '../problem.ts';
import { importMax } from './job-schemas.ts';
import { QrCreate } from './schemas.ts';

export interface ImportedRows {
  readonly rows: readonly unknown[];
  /** Columns that are no field. */
  readonly ignored: readonly string[];
}

const fields = ['type', 'destination', 'label', 'slug', 'domain', 'static', 'tags', 'folder', 'styleId', 'force'];
const isField = (name: string): boolean => fields.includes(name) || /^(content|style)\.[A-Za-z.]{1,60}$/.test(name);

/** The mapping in a query: field → column. */
export function columnsFrom(text: string | undefined): Map<string, string> {
  if (text === undefined) return new Map();
  const faults: Fault[] = [];
  const fault = (code: string, detail: string) => faults.push({ pointer: '?columns', code, detail });
  let mapping: unknown;
  try {
    mapping = JSON.parse(text);
  } catch {
    fault('format', '"columns" is a JSON object of fields and the columns they come from.');
  }
  const entries = Object.entries(Object(mapping) as object);
  for (const [field, column] of entries) {
    if (!isField(field))
      fault(
        'unknown_property',
        `"${field.slice(0, 64)}" is no field of a code; there are ${fields.join(', ')}, content.… and style.….`,
      );
    if (typeof column !== 'string') fault('type', `The column of "${field.slice(0, 64)}" must be a string.`);
  }
  if (faults.length > 0) throw invalid(faults);
  return new Map(entries as [string, string][]);
}

/** The rows of a file. */
export function rowsFrom(text: string, format: 'csv' | 'ndjson', columns: Map<string, string>): ImportedRows {
  const { rows, names, beyond } = format === 'csv' ? fromCsv(text) : fromLines(text);
  if (rows.length === 0) throw invalid([{ pointer: '', code: 'too_few', detail: 'There is no row in it.' }]);
  if (rows.length > importMax) {
    const detail = `An import has at most ${importMax.toLocaleString('en')} rows; these are ${rows.length.toLocaleString('en')}.`;
    throw invalid([{ pointer: '', code: 'too_many', detail }]);
  }
  const missing = [...columns.values()].filter(column => !names.has(column));
  if (missing.length > 0) {
    throw invalid(
      missing.map(name => ({
        pointer: '?columns',
        code: 'unknown',
        detail: `There is no column "${name.slice(0, 64)}".`,
      })),
    );
  }
  const sources: Source[] = [...columns].map(([field, column]) => ({ field, column }));
  // JSON says itself what is meant: only what a mapping names is renamed, and all else is judged as it is.
  if (format === 'ndjson') {
    const fieldsOf = Map.groupBy(sources, ({ column }) => column);
    return { rows: rows.map(row => renamed(row, fieldsOf)), ignored: [] };
  }
  const mapped = new Set(columns.values());
  for (const name of names) {
    if (!mapped.has(name) && !columns.has(name) && isField(name)) sources.push({ field: name, column: name });
  }
  // No field has such a name: the row is refused where it is judged, instead of half of it being taken.
  for (const name of beyond) sources.push({ field: name, column: name });
  refuseNested(sources.map(({ field }) => field));
  const used = new Set(sources.map(({ column }) => column));
  return { rows: rows.map(row => fromCells(row, sources)), ignored: [...names].filter(name => !used.has(name)) };
}

/** Where a field comes from. */
interface Source {
  readonly field: string;
  readonly column: string;
}

/** A field can't be a cell and be put together from others, too. */
function refuseNested(given: readonly string[]): void {
  const outer = new Set<string>();
  for (const field of given) {
    for (let at = field.indexOf('.'); at >= 0; at = field.indexOf('.', at + 1)) outer.add(field.slice(0, at));
  }
  const faults = given
    .filter(field => outer.has(field))
    .map(field => ({
      pointer: '',
      code: 'duplicate',
      detail: `There are a column for "${field.slice(0, 64)}" and columns for what is in it.`,
    }));
  if (faults.length > 0) throw invalid(faults);
}

type Row = Record<string, unknown>;

interface Read {
  readonly rows: readonly Row[];
  readonly names: ReadonlySet<string>;
  /** Cells of rows that are longer than the row of names, as half a label with a comma in it and no quotes around. */
  readonly beyond: ReadonlySet<string>;
}

const faultsMax = 100;
/** Far more than a code has fields: spreadsheets have columns of their own. */
const columnsMax = 500;

function fromCsv(text: string): Read {
  const { data, errors } = Papa.parse<string[]>(text.replace(/^\uFEFF/, ''), { skipEmptyLines: 'greedy' });
  const broken = errors.filter(({ type }) => type === 'Quotes').slice(0, faultsMax);
  if (broken.length > 0) {
    // Rows are counted from 0 behind the names of columns.
    const placed = (row = 0) => (row === 0 ? '' : `/${row - 1}`);
    throw invalid(broken.map(({ row, message }) => ({ pointer: placed(row), code: 'format', detail: message })));
  }
  const widest = data.findIndex(cells => cells.length > columnsMax);
  if (widest >= 0) {
    const detail = `A row has at most ${columnsMax} cells; here are ${data[widest]!.length}.`;
    throw invalid([{ pointer: widest === 0 ? '' : `/${widest - 1}`, code: 'too_many', detail }]);
  }
  const [names = [], ...rows] = data;
  // Spreadsheets leave columns without a name at the end.
  const named = new Set(names.filter(name => name.trim() !== ''));
  const twice = [...named].filter(name => names.indexOf(name) < names.lastIndexOf(name)).slice(0, faultsMax);
  if (twice.length > 0) {
    const detail = (name: string) => `There are two columns "${name.slice(0, 64)}".`;
    throw invalid(twice.map(name => ({ pointer: '', code: 'duplicate', detail: detail(name) })));
  }
  const nameOf = (i: number): string => names[i] ?? `cell ${i + 1}`;
  const beyond = new Set<string>();
  const found = rows.map(cells => {
    for (let i = names.length; i < cells.length; i++) beyond.add(nameOf(i));
    return Object.fromEntries(cells.map((cell, i) => [nameOf(i), cell]));
  });
  return { rows: found, names: named, beyond };
}

function fromLines(text: string): Read {
  const names = new Set<string>();
  const rows: Row[] = [];
  const faults: Fault[] = [];
  for (const [i, line] of text.split('\n').entries()) {
    if (line.trim() === '') continue;
    try {
      const row = JSON.parse(line) as Row;
      for (const name of Object.keys(Object(row) as object)) names.add(name);
      rows.push(row);
    } catch {
      faults.push({ pointer: `/${rows.length + faults.length}`, code: 'format', detail: `Line ${i + 1} is not JSON.` });
      if (faults.length === faultsMax) break;
    }
  }
  if (faults.length > 0) throw invalid(faults);
  return { rows, names, beyond: new Set() };
}

function renamed(row: Row, fieldsOf: ReadonlyMap<string, readonly Source[]>): unknown {
  if (typeof row !== 'object' || row === null || Array.isArray(row)) return row;
  return Object.fromEntries(
    Object.entries(row).flatMap(([name, value]) =>
      (fieldsOf.get(name) ?? [{ field: name }]).map(({ field }) => [field, value]),
    ),
  );
}

function fromCells(row: Row, sources: readonly Source[]): Row {
  const input: Row = {};
  for (const { field, column } of sources) {
    const cell = row[column];
    if (typeof cell !== 'string' || cell.trim() === '') continue;
    const path = field.split('.');
    let place = input;
    for (const part of path.slice(0, -1)) {
      // Its own alone: a column "content.constructor.prototype.x" would lead out of the row and into every object.
      if (!Object.hasOwn(place, part)) place[part] = {};
      place = place[part] as Row;
    }
    place[path.at(-1)!] = told(field, cell);
  }
  return input;
}

type Kind = 'boolean' | 'number' | 'list';

/** Fields of a code that say something else than text, by their paths. */
function* kindsIn(schema: TSchema, path = ''): Generator<[string, Kind]> {
  for (const branch of [schema['anyOf'] ?? [], schema['allOf'] ?? []].flat()) yield* kindsIn(branch, path);
  for (const [name, part] of Object.entries((schema['properties'] ?? {}) as Record<string, TSchema>)) {
    yield* kindsIn(part, path === '' ? name : `${path}.${name}`);
  }
  const { type, items } = schema as { type?: string; items?: TSchema };
  if (type === 'boolean') yield [path, 'boolean'];
  if (type === 'number' || type === 'integer') yield [path, 'number'];
  if (type === 'array' && items?.['type'] === 'string') yield [path, 'list'];
}
const kinds = new Map(kindsIn(QrCreate));

/** Blanks at the ends are part of these; others have them from a spreadsheet. */
const exact: ReadonlySet<string> = new Set(['content.ssid', 'content.password', 'content.text']);

const truths = new Map([
  ['true', true],
  ['false', false],
]);

function told(field: string, cell: string): unknown {
  const text = cell.trim();
  switch (kinds.get(field)) {
    case 'list':
      return text
        .split(/[,;|]/)
        .map(item => item.trim())
        .filter(item => item !== '');
    case 'boolean':
      return truths.get(text.toLowerCase()) ?? text;
    case 'number':
      return /^-?\d{1,15}(\.\d{1,15})?$/.test(text) ? Number(text) : text;
    default:
      return exact.has(field) ? cell : text;
  }
}
