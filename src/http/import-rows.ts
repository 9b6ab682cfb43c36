/**
 * Codes as they stand in a file, CSV or NDJSON, turned into the inputs of single codes. Columns are fields by their names
 * or by a mapping; a dot leads into an object (`content.ssid`). What a cell says is text, and is turned only where a
 * field can't be one. Nothing is judged here: what a row lacks is found where all codes are checked.
 */
import Papa from 'papaparse';
import { type Fault, invalid } from '../problem.ts';
import { importMax } from './job-schemas.ts';

export interface ImportedRows {
  readonly rows: readonly unknown[];
  /** Columns that are no field. */
  readonly ignored: readonly string[];
}

const fields = ['type', 'destination', 'label', 'slug', 'static', 'tags', 'folder', 'styleId', 'force'];
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
  const { rows, names } = format === 'csv' ? fromCsv(text) : fromLines(text);
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
  const fieldOf = new Map([...columns].map(([field, column]) => [column, field]));
  for (const name of names) if (!fieldOf.has(name) && !columns.has(name) && isField(name)) fieldOf.set(name, name);
  const ignored = [...names].filter(name => !fieldOf.has(name));
  // JSON says itself what is meant: only what a mapping names is renamed, and all else is judged as it is.
  const rowOf = format === 'csv' ? fromCells : renamed;
  return { rows: rows.map(row => rowOf(row, fieldOf)), ignored: format === 'csv' ? ignored : [] };
}

type Row = Record<string, unknown>;

function fromCsv(text: string): { rows: Row[]; names: Set<string> } {
  const { data, errors, meta } = Papa.parse<Row>(text.replace(/^\uFEFF/, ''), {
    header: true,
    skipEmptyLines: 'greedy',
  });
  const broken = errors.filter(({ type }) => type === 'Quotes').slice(0, 100);
  if (broken.length > 0) {
    throw invalid(broken.map(({ row = 0, message }) => ({ pointer: `/${row}`, code: 'format', detail: message })));
  }
  return { rows: data, names: new Set(meta.fields ?? []) };
}

function fromLines(text: string): { rows: Row[]; names: Set<string> } {
  const names = new Set<string>();
  const rows = text.split('\n').flatMap((line, i) => {
    if (line.trim() === '') return [];
    try {
      const row = JSON.parse(line) as Row;
      for (const name of Object.keys(Object(row) as object)) names.add(name);
      return [row];
    } catch {
      throw invalid([{ pointer: `/${i}`, code: 'format', detail: `Line ${i + 1} is not JSON.` }]);
    }
  });
  return { rows, names };
}

const renamed = (row: Row, fieldOf: ReadonlyMap<string, string>): unknown =>
  typeof row === 'object' && row !== null && !Array.isArray(row)
    ? Object.fromEntries(Object.entries(row).map(([name, value]) => [fieldOf.get(name) ?? name, value]))
    : row;

function fromCells(row: Row, fieldOf: ReadonlyMap<string, string>): Row {
  const input: Row = {};
  for (const [column, field] of fieldOf) {
    const cell = row[column];
    if (typeof cell !== 'string' || cell.trim() === '') continue;
    const path = field.split('.');
    let place = input;
    for (const part of path.slice(0, -1)) {
      place[part] ??= {};
      place = place[part] as Row;
    }
    place[path.at(-1)!] = told(field, cell.trim());
  }
  return input;
}

const truths = new Map([
  ['true', true],
  ['false', false],
]);

function told(field: string, cell: string): unknown {
  if (field === 'tags')
    return cell
      .split(/[,;|]/)
      .map(tag => tag.trim())
      .filter(tag => tag !== '');
  if (/(^|\.)(static|force|hidden)$/.test(field)) return truths.get(cell.toLowerCase()) ?? cell;
  if (/\.(latitude|longitude|size|margin|opacity)$/.test(field) && /^-?\d+(\.\d+)?$/.test(cell)) return Number(cell);
  return cell;
}
