/**
 * Parquet files as they are written: rows go in some at a time and come out as bytes, so that a file of any size takes
 * the memory of one group of rows. It is the form that tools for analysis read fastest, and the one in which scans that
 * have left the ledger are kept.
 */
import { ByteWriter, ParquetWriter } from 'hyparquet-writer';

export type ColumnType = 'text' | 'integer' | 'long' | 'time' | 'boolean';

export interface Column {
  readonly name: string;
  readonly type: ColumnType;
}

const elements = {
  text: { type: 'BYTE_ARRAY', converted_type: 'UTF8' },
  integer: { type: 'INT32' },
  long: { type: 'INT64' },
  time: { type: 'INT64', converted_type: 'TIMESTAMP_MILLIS' },
  boolean: { type: 'BOOLEAN' },
} as const;

export type Value = string | number | boolean | null | undefined;

export class ParquetFile {
  readonly #columns: readonly Column[];
  readonly #bytes = new ByteWriter(1 << 20);
  readonly #writer: ParquetWriter;

  constructor(columns: readonly Column[]) {
    this.#columns = columns;
    this.#writer = new ParquetWriter({
      writer: this.#bytes,
      schema: [
        { name: 'root', num_children: columns.length },
        ...columns.map(({ name, type }) => ({ name, repetition_type: 'OPTIONAL' as const, ...elements[type] })),
      ],
    });
  }

  /** A group of rows; what is ready of the file. Times are in milliseconds. */
  group(rows: readonly Readonly<Record<string, Value>>[]): Uint8Array<ArrayBuffer> {
    if (rows.length > 0) {
      this.#writer.write({
        rowGroupSize: rows.length,
        columnData: this.#columns.map(({ name, type }) => ({
          name,
          // What is kept of each group until the end: without it some bytes a column.
          offsetIndex: false,
          data: rows.map(row => stored(type, row[name])) as never,
        })),
      });
    }
    return this.#taken();
  }

  /** The end of the file. */
  end(): Uint8Array<ArrayBuffer> {
    this.#writer.finish();
    return this.#taken();
  }

  #taken(): Uint8Array<ArrayBuffer> {
    const bytes = this.#bytes.getBytes().slice() as Uint8Array<ArrayBuffer>;
    this.#bytes.index = 0;
    return bytes;
  }
}

function stored(type: ColumnType, value: Value): unknown {
  if (value === null || value === undefined) return null;
  if (type === 'long') return BigInt(value);
  return type === 'time' ? new Date(value as number) : value;
}
