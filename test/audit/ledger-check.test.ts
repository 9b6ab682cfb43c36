/**
 * Tampering: whatever is changed in a ledger of a thousand events behind the back of the program is found. A sample of
 * all bits, drawn from a seed; `bun run campaign tampering` takes every one of them.
 */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { checkLedger, inspect } from '../../src/audit/ledger-check.ts';
import type { Checkpoint } from '../../src/proofs/checkpoint.ts';
import { Grower } from '../../src/proofs/grower.ts';
import { signerOf } from '../../src/proofs/note.ts';
import { Prover } from '../../src/proofs/prover.ts';
import type { Sql } from '../../src/store/connect.ts';
import { holdingsIn } from '../../src/store/inspection.ts';
import { created, requestOf, type TestStore } from '../support/store.ts';
import {
  bitsOf,
  columnsOf,
  ledgerOf,
  put,
  rewritten,
  tableNames,
  tampered,
  valuesOf,
  withBit,
} from '../support/tampering.ts';

const size = 1_000;
const signer = signerOf(new Uint8Array(32), 'x');
let store: TestStore;
let kept: Checkpoint;
beforeAll(async () => {
  store = await ledgerOf(size);
  kept = await checkpointOf(store, 'org_1');
});
afterAll(() => store.close());

const checkpointOf = async ({ sql }: TestStore, org: string): Promise<Checkpoint> => ({
  origin: 'x',
  ...(await new Prover(sql, signer).checkpoint(org)),
});

/** What an inspection finds after an attack. */
const found = (attack: (tx: Sql) => Promise<unknown>, checkpoints: readonly Checkpoint[] = []) =>
  tampered(store.sql, attack, async tx => (await inspect(holdingsIn(tx), checkpoints)).faults);

/** The same for an attack of one statement. */
const isFound = async (statement: string): Promise<boolean> => (await found(tx => tx.unsafe(statement))).length > 0;

describe('a ledger that nobody has touched', () => {
  test('is whole, with the checkpoint that was kept of it', async () => {
    const seen: number[] = [];
    const report = await checkLedger(store.sql, [kept], done => seen.push(done));
    expect(report).toMatchObject({ events: size, faults: [], root: kept.root });
    expect(report.commits).toBeGreaterThan(50);
    expect(seen.at(-1)).toBe(size);
  });

  test('is whole at every moment while it grows', async () => {
    const growing = await ledgerOf(50);
    const early = await checkpointOf(growing, 'org_2');
    let n = 1_000;
    const write = async () => {
      for (let i = 0; i < 40; i++) await growing.ledger.append(requestOf(`qr_${++n}`, 0, created(`s${n}`)));
    };
    const grow = () => new Grower(growing.sql, () => {}).settle();
    const check = async () => expect((await checkLedger(growing.sql, [early])).faults).toEqual([]);
    await Promise.all([write(), check(), grow(), check()]);
    await Promise.all([write(), grow(), check()]);
    await check();
    await growing.close();
  });

  test('is whole also when it is empty', async () => {
    const empty = await ledgerOf(0);
    expect(await checkLedger(empty.sql)).toMatchObject({ events: 0, commits: 0, faults: [] });
    await empty.close();
  });
});

describe('found is', () => {
  test.each([...tableNames])(
    'a changed bit in %s',
    async table => {
      const rows = await valuesOf(store.sql, table);
      const columns = columnsOf(table);
      let stored = 0;
      const bit = fc.record({ row: fc.nat(), column: fc.constantFrom(...columns.keys()), bit: fc.nat() });
      await fc.assert(
        fc.asyncProperty(bit, async ({ row, column, bit }) => {
          const { place, values } = rows[row % rows.length]!;
          const [name, value] = [columns[column]!, values[column]];
          const changed = value ? withBit(name, value, bit % bitsOf(name, value)) : undefined;
          if (changed === undefined) return;
          const isFound = await tampered(
            store.sql,
            tx => put(tx, place, name, changed),
            async (tx, isStored) => {
              stored += Number(isStored);
              return !isStored || (await inspect(holdingsIn(tx))).faults.length > 0;
            },
          );
          expect({ values, name, changed, isFound }).toMatchObject({ isFound: true });
        }),
        { numRuns: 60, seed: 4 },
      );
      expect(stored).toBeGreaterThan(table === 'writers' ? 5 : 20);
    },
    120_000,
  );

  test('every other number that a commit or a tree of a small ledger could have', async () => {
    const small = await ledgerOf(4);
    const unseen: string[] = [];
    for (const [table, columns] of [
      ['commits', ['last', 'first']],
      ['trees', ['size']],
    ] as const) {
      for (const { place, values } of await valuesOf(small.sql, table)) {
        for (const column of columns) {
          const value = values[columnsOf(table).indexOf(column)]!;
          for (let bit = 0; bit < bitsOf(column, value); bit++) {
            const changed = withBit(column, value, bit)!;
            const isFound = await tampered(
              small.sql,
              tx => put(tx, place, column, changed),
              async (tx, isStored) => !isStored || (await inspect(holdingsIn(tx))).faults.length > 0,
            );
            if (!isFound) unseen.push(`${table}.${column} ${value} → ${changed}`);
          }
        }
      }
    }
    expect(unseen).toEqual([]);
    await small.close();
  }, 120_000);

  test('a row that was removed, wherever it stood', async () => {
    for (const table of tableNames) {
      const rows = await valuesOf(store.sql, table);
      for (const at of [0, 1, Math.floor(rows.length / 2), rows.length - 1]) {
        const [name, ctid] = rows[at]?.place.split(' ') ?? [];
        if (name === undefined) continue;
        const removed = await isFound(`delete from ${name} where ctid = '${ctid}'`);
        expect({ table, at, removed }).toEqual({ table, at, removed: true });
      }
    }
  }, 120_000);

  test('a value that was taken away or put where there was none', async () => {
    const first = 'where position = (select min(position) from ledger.scans)';
    expect(await isFound('update ledger.events set request = null where position = 1')).toBe(true);
    expect(await isFound(`update ledger.scans set rule = 'x' ${first}`)).toBe(true);
    expect(await isFound(`update ledger.scans set test = true ${first}`)).toBe(true);
    expect(await isFound(`update ledger.scans set country = null ${first}`)).toBe(true);
  });

  test('a row that was put in: behind the end, at the place of a scan, before all', async () => {
    const scan = 'select min(position) from ledger.scans';
    for (const position of [String(size + 1), `(${scan})`, '0', '-5']) {
      const inserted = await isFound(`
        insert into ledger.events select ${position}, 'qr_new', 1, type, at_ms, org, actor, request, data
        from ledger.events where position = 1`);
      expect({ position, inserted }).toEqual({ position, inserted: true });
    }
    for (const statement of [
      `ledger.trees select 'org_x', size, frontier from ledger.trees where org = ''`,
      `ledger.tree_nodes values (8, 77, sha256('x'))`,
      `ledger.commits values (${size + 5}, ${size + 1}, sha256('x'))`,
      `ledger.commits values (${2 ** 50}, ${size + 1}, sha256('x'))`,
      `ledger.commits values (${size + 5}, ${size + 9}, sha256('x'))`,
    ]) {
      expect({ statement, inserted: await isFound(`insert into ${statement}`) }).toMatchObject({ inserted: true });
    }
  });

  test('two rows that have changed places', async () => {
    const rows = await store.sql`select position from ledger.events order by position`;
    const positions = rows.map(row => row['position'] as number);
    for (const i of [0, 1, 100, positions.length - 2]) {
      for (const [a, b] of [
        [positions[i]!, positions[i + 1]!],
        [positions[i]!, positions.at(-1)!],
      ] as const) {
        const swapped = await isFound(`
          update ledger.events set position = -position where position in (${a}, ${b});
          update ledger.events set position = ${a + b} + position where position in (${-a}, ${-b})`);
        expect({ a, b, swapped }).toEqual({ a, b, swapped: true });
      }
    }
  });

  test('an end that was cut, even so that the chain is right', async () => {
    const rows = await store.sql`select last from ledger.commits order by last`;
    for (const at of [1, 2, Math.floor(rows.length / 2), rows.length - 2]) {
      const last = rows[at]!['last'] as number;
      const cut = `
        delete from ledger.events where position > ${last};
        delete from ledger.scans where position > ${last};`;
      expect(await isFound(cut)).toBe(true);
      const faults = await found(tx =>
        tx.unsafe(`${cut}
          delete from ledger.commits where last > ${last};
          delete from ledger.writers w where not exists (select from ledger.scans s where s.writer = w.id);
          update ledger.writers w set version = (select max(version) from ledger.scans s where s.writer = w.id)`),
      );
      expect(faults).toContain(`The stored tree has ${size} events, the ledger only ${last}: its end is cut.`);
    }
  });
});

describe('a ledger that was rewritten, with every hash computed anew,', () => {
  const other = (tx: Sql) => tx`update ledger.events set data = '{"label":"other"}' where position = 2`;

  test('is whole in itself, and found by the checkpoint that somebody has kept', async () => {
    const rewrite = (tx: Sql) => rewritten(tx, () => other(tx));
    expect(await found(rewrite)).toEqual([]);
    expect(await found(rewrite, [kept])).toContain(
      `This is not the ledger of the checkpoint: its first ${size} events were other ones.`,
    );
    // Whose events were changed is told by the checkpoints of the organisations.
    const org = (await store.sql`select org from ledger.events where position = 2`)[0]!['org'] as string;
    const faults = await Promise.all(
      ['org_1', 'org_2'].map(async org => found(rewrite, [await checkpointOf(store, org)])),
    );
    for (const [i, name] of ['org_1', 'org_2'].entries()) {
      expect(faults[i]!.some(fault => fault.includes(`events of ${name} are not those`))).toBe(name === org);
    }
  });

  test('and shortened is found by the checkpoint, too', async () => {
    const shorten = (tx: Sql) =>
      rewritten(tx, () =>
        tx.unsafe(`
          delete from ledger.events where position > 500;
          delete from ledger.scans where position > 500;
          delete from ledger.commits where last > 500`),
      );
    const faults = await found(shorten, [kept]);
    expect(faults.some(fault => fault.startsWith(`The checkpoint is of ${size} events, the ledger has only`))).toBe(
      true,
    );
    expect(faults.some(fault => fault.startsWith(`The checkpoint is of ${kept.own!.size} events of org_1`))).toBe(true);
  });
});
