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
  const fieldOf = new Map([...columns].map(([field, column]) => [column, field]));
  for (const name of names) if (!fieldOf.has(name) && !columns.has(name) && isField(name)) fieldOf.set(name, name);
  // No field has such a name: the row is refused where it is judged, instead of half of it being taken.
  for (const name of beyond) fieldOf.set(name, name);
  const ignored = [...names].filter(name => !fieldOf.has(name));
  // JSON says itself what is meant: only what a mapping names is renamed, and all else is judged as it is.
  const rowOf = format === 'csv' ? fromCells : renamed;
  return { rows: rows.map(row => rowOf(row, fieldOf)), ignored: format === 'csv' ? ignored : [] };
}

type Row = Record<string, unknown>;

interface Read {
  readonly rows: readonly Row[];
  readonly names: ReadonlySet<string>;
  /** Cells of rows that are longer than the row of names, as half a label with a comma in it and no quotes around. */
  readonly beyond: ReadonlySet<string>;
}

const faultsMax = 100;

function fromCsv(text: string): Read {
  const { data, errors } = Papa.parse<string[]>(text.replace(/^\uFEFF/, ''), { skipEmptyLines: 'greedy' });
  const broken = errors.filter(({ type }) => type === 'Quotes').slice(0, faultsMax);
  if (broken.length > 0) {
    // Rows are counted from 0 behind the names of columns.
    const placed = (row = 0) => (row === 0 ? '' : `/${row - 1}`);
    throw invalid(broken.map(({ row, message }) => ({ pointer: placed(row), code: 'format', detail: message })));
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
