/**
 * Takes an exported organisation into this ledger: the same facts in the same order, with their streams, times, actors
 * and requests, and its scans. They get places of their own, personal data is sealed anew, and what was erased stays
 * so. The file is checked before anything is written; an import that was interrupted goes on behind what it has written.
 */
import type { AnyEvent } from '../../events/index.ts';
import { Unproven } from '../proofs/note.ts';
import { putBlob } from '../store/blobs.ts';
import type { Sql } from '../store/connect.ts';
import { type Entry, entriesOf, entryText } from '../store/entries.ts';
import type { Ledger } from '../store/ledger.ts';
import { readHead } from '../store/read.ts';
import { opened } from '../store/seal.ts';
import { eventOfEntry } from './entry-event.ts';
import { type Claims, checkExport } from './export-check.ts';
import { readExport } from './export-file.ts';
import { readBytes } from './files.ts';
import { Names } from './names.ts';
import { Taking } from './taking.ts';

export interface Imported {
  readonly org: string;
  readonly facts: number;
  readonly scans: number;
  /** How many of them an earlier import had written. */
  readonly earlier: number;
}

export async function importLedger(
  { sql, ledger }: { readonly sql: Sql; readonly ledger: Pick<Ledger, 'append'> },
  path: string,
  claims: Claims,
  onProgress: (done: number, total: number) => void = () => {},
): Promise<Imported> {
  const checked = await check(path, claims);
  await refuseTaken(sql, checked);
  const written = entriesOfAll(sql, checked.org, await readHead(sql));
  const taking = new Taking(ledger);
  let [facts, scans, earlier] = [0, 0, 0];
  let pad: Uint8Array | undefined;
  const names = new Names();
  for await (const piece of readExport(readBytes(path))) {
    if ('record' in piece) {
      if ('blob' in piece.record) {
        const { blob: sha256, type, base64 } = piece.record;
        await putBlob(sql, { sha256, type, bytes: Uint8Array.from(Buffer.from(base64, 'base64')) });
      } else if ('pad' in piece.record) pad = Buffer.from(piece.record.pad, 'base64');
      else if ('claim' in piece.record) names.record(piece.record);
      continue;
    }
    const event = opened(eventOfEntry(piece.entry), pad);
    pad = undefined;
    const taken = names.takenBy(event);
    const { value: there } = await written.next();
    if (there) {
      if (!isImported(event, eventOfEntry(entryText(there)))) throw isKnown(checked.org);
      taking.passBy(event, there.position);
      earlier += 1;
    } else await taking.add(event, taken);
    if (event.type === 'scan.recorded') scans += 1;
    else facts += 1;
    onProgress(facts + scans, checked.events);
  }
  if (!(await written.next()).done) throw isKnown(checked.org);
  await taking.flush();
  return { org: checked.org, facts, scans, earlier };
}

interface Checked {
  readonly org: string;
  readonly events: number;
  readonly claims: readonly string[];
}

/** The whole file, before anything is written. */
async function check(path: string, claims: Claims): Promise<Checked> {
  const checking = checkExport(readExport(readBytes(path)), claims);
  const names = new Names();
  const taken: string[] = [];
  for (;;) {
    const { done, value } = await checking.next();
    if (done) return { org: value.org, events: value.events, claims: taken };
    if ('entry' in value) taken.push(...names.takenBy(eventOfEntry(value.entry)));
    else if ('claim' in value.record) names.record(value.record);
    else if ('export' in value.record && value.record.withoutPads) {
      throw new Unproven('This export was made for checking: what is personal in it can not be read.');
    }
  }
}

const isKnown = (org: string): Unproven => new Unproven(`${org} is in this ledger already, and has gone on here.`);

/** Whether what stands here is what an import makes of an event: all but its place, and the stream of a scan. */
function isImported(event: AnyEvent, here: AnyEvent): boolean {
  if (event.type !== here.type || event.at !== here.at) return false;
  if (event.type === 'scan.recorded') return JSON.stringify(event.data) === JSON.stringify(here.data);
  const [a, b] = [event, here].map(({ stream, version, actor, request }) =>
    [stream, version, actor, request].join('\t'),
  );
  return a === b;
}

async function* entriesOfAll(sql: Sql, org: string, head: number): AsyncGenerator<Entry> {
  for await (const page of entriesOf(sql, org, 0, head)) yield* page;
}

async function refuseTaken(sql: Sql, { org, claims }: Checked): Promise<void> {
  const taken = await sql`
    select name from ledger.claims c
    where name = any(${[...claims]}::text[])
      and not exists (select from ledger.events e where e.stream = c.stream and e.version = 1 and e.org = ${org})
    limit 3`;
  if (taken.length > 0) throw new Unproven(`Taken here already: ${taken.map(row => row['name']).join(', ')}.`);
}
