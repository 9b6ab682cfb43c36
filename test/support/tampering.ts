/**
 * A ledger for those who would change it unseen: events of two organisations, and ways to change what is stored past
 * every guard of the database, as whoever owns the disk can.
 */
import { Grower } from '../../src/proofs/grower.ts';
import { type Sql, transaction } from '../../src/store/connect.ts';
import { readEntries } from '../../src/store/entries.ts';
import { chain, digestOf, genesis } from '../../src/store/line.ts';
import { created, requestOf, scanOf, scansTo, type TestStore, testStore } from './store.ts';

/** A ledger of this many events, whose trees have grown. */
export async function ledgerOf(events: number): Promise<TestStore> {
  const store = await testStore();
  let queue: Promise<unknown>[] = [];
  for (let n = 0, code = 0; n < events; code++) {
    const label = { type: 'qr.relabeled', data: { label: `Ölüdeniz ${code}` } };
    const facts = [created(`s${code}`), label].slice(0, events - n);
    const org = code % 3 === 0 ? 'org_2' : 'org_1';
    queue.push(store.ledger.append({ ...requestOf(`qr_${code}`, 0, ...facts), org }));
    n += facts.length;
    const count = Math.min(code % 7, events - n);
    const scans = Array.from({ length: count }, (_, i) => scanOf(`qr_${code}`, { visitor: i }));
    if (count > 0) queue.push(store.ledger.append(scansTo(`scans-${code}`, 0, ...scans)));
    n += count;
    // Some commits hold one request, others many.
    if (code % 5 > 0) continue;
    await Promise.all(queue);
    queue = [];
  }
  await Promise.all(queue);
  await new Grower(store.sql, () => {}).settle();
  return store;
}

/** What is stored of the ledger: tables and their columns. */
const tables = {
  events: 'position stream version type at_ms org actor request data',
  scans: `position writer version at_ms org qr qr_version rule kind country device os browser referrer language agent
    visitor region city utm_source utm_medium utm_campaign test rules earlier`,
  commits: 'last first hash',
  writers: 'id stream version',
  tree_nodes: 'height index hash',
  trees: 'org size frontier',
} as const;

export type Table = keyof typeof tables;
export const tableNames = Object.keys(tables) as Table[];
export const columnsOf = (table: Table): string[] => tables[table].trim().split(/\s+/);

const over = new Error('rolled back');

/** Does something to the ledger with all guards down, asks, and takes it back. */
export async function tampered<A, T>(
  sql: Sql,
  attack: (tx: Sql) => Promise<A>,
  ask: (tx: Sql, attacked: A) => Promise<T>,
): Promise<T> {
  let answer: T | undefined;
  const trying = transaction(sql, async tx => {
    await tx`set local session_replication_role = replica`;
    answer = await ask(tx, await attack(tx));
    throw over;
  });
  await trying.catch(error => {
    if (error !== over) throw error;
  });
  return answer as T;
}

/** Does something, and then makes every hash what the program would have made it: chain, and trees from nothing. */
export async function rewritten(tx: Sql, attack: () => Promise<unknown>): Promise<void> {
  await attack();
  let hash: Uint8Array = genesis;
  for (const { first, last } of await tx`select first, last from ledger.commits where last > 0 order by last`) {
    const entries = await readEntries(tx, first - 1, last);
    hash = chain(hash, digestOf(entries.map(({ line }) => line).join('')));
    await tx`update ledger.commits set hash = ${Buffer.from(hash)} where last = ${last}`;
  }
  await tx.unsafe(`
    delete from ledger.tree_nodes;
    delete from ledger.trees where org <> '';
    update ledger.trees set size = 0, frontier = '';
    delete from ledger.writers w where not exists (select from ledger.scans s where s.writer = w.id);
    update ledger.writers w set version = (select max(version) from ledger.scans s where s.writer = w.id)`);
}

/** A stored row: its table and place in it, and its values as text. */
export interface Stored {
  readonly place: string;
  readonly values: readonly (string | null)[];
}

export async function valuesOf(sql: Sql, table: Table): Promise<Stored[]> {
  const columns = columnsOf(table).map(column => `${column}::text`);
  const rows = await sql.unsafe(
    `select tableoid::regclass::text || ' ' || ctid::text as place, array_to_json(array[${columns}]) as values
     from ledger.${table} order by 1`,
  );
  return rows as unknown as Stored[];
}

const numbers = new Set(
  'position version at_ms writer qr_version agent visitor rules last first id height index size'.split(' '),
);
type Kind = 'bytea' | 'number' | 'text';
const kindOf = (column: string): Kind =>
  column === 'hash' || column === 'frontier' ? 'bytea' : numbers.has(column) ? 'number' : 'text';

/** How many bits of a value can be changed: of a number those that its column can hold or nearly so. */
export const bitsOf = (column: string, value: string): number =>
  ({ bytea: 4 * (value.length - 2), number: 31, text: 8 * Buffer.byteLength(value) })[kindOf(column)];

/** A value with one bit changed, as text; undefined where no text has these bytes. */
export function withBit(column: string, value: string, bit: number): string | undefined {
  const kind = kindOf(column);
  if (kind === 'number') return String(BigInt(value) ^ (1n << BigInt(bit)));
  const bytes = kind === 'bytea' ? Buffer.from(value.slice(2), 'hex') : Buffer.from(value);
  bytes[bit >> 3]! ^= 1 << (bit & 7);
  if (kind === 'bytea') return `\\x${bytes.toString('hex')}`;
  const text = bytes.toString();
  return Buffer.from(text).equals(bytes) && !text.includes('\0') ? text : undefined;
}

const casts: Readonly<Record<Kind, string>> = { bytea: '::bytea', number: '::bigint', text: '' };

/** Puts a value into a row; false when the database can't hold it there, so that no such ledger can exist. */
export async function put(tx: Sql, place: string, column: string, value: string): Promise<boolean> {
  const [table, ctid] = place.split(' ') as [string, string];
  const cast = column === 'data' ? '::json' : column === 'test' ? '::boolean' : casts[kindOf(column)];
  await tx`savepoint change`;
  try {
    const statement = `update ${table} set ${column} = $1::text${cast} where ctid = $2::text::tid`;
    const { count } = await tx.unsafe(statement, [value, ctid]);
    if (count !== 1) throw new Error(`${place} is not there`);
    return true;
  } catch {
    await tx`rollback to change`;
    return false;
  }
}
