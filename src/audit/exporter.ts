/**
 * Writes the export of an organisation: all its events as of one moment, in the order of the ledger, and the bytes that
 * they name. It streams, so that a ledger of any length costs the same memory.
 */
import { signCheckpoint } from '../proofs/checkpoint.ts';
import { Grower } from '../proofs/grower.ts';
import { Frontier } from '../proofs/merkle.ts';
import { type Signer, Unproven, verifierLine } from '../proofs/note.ts';
import { seeOneMoment } from '../store/archives.ts';
import { findBlob } from '../store/blobs.ts';
import { type Sql, transaction } from '../store/connect.ts';
import { type Entry, entriesOf, entryText } from '../store/entries.ts';
import { readTrees } from '../store/tree.ts';
import { padsAt } from '../store/vault.ts';
import { blobsIn } from './contents.ts';
import { type ClaimRecord, ExportWriter } from './export-file.ts';

export interface Exported {
  readonly entries: number;
  readonly blobs: number;
}

export async function writeExport(
  sql: Sql,
  org: string,
  signer: Signer,
  write: (text: string) => Promise<void>,
  onProgress: (done: number, total: number) => void = () => {},
  /** Without them the export can be checked, but not read where it is personal. */
  withPads = true,
): Promise<Exported> {
  await new Grower(sql, () => {}).settle();
  return transaction(sql, async tx => {
    await seeOneMoment(tx);
    const trees = await readTrees(tx, ['', org]);
    const [ledger, own] = [headOf(trees.get('')), headOf(trees.get(org))];
    if (own.size === 0) throw new Unproven(`There is no organisation ${org} with events.`);
    const writer = new ExportWriter(write);
    await writer.record({
      export: 1,
      org,
      entries: own.size,
      checkpoint: signCheckpoint({ ...ledger, own: { org, ...own } }, signer),
      verifier: verifierLine(signer),
      ...(!withPads && { withoutPads: true as const }),
    });
    for (const row of await claimsOf(tx, org)) await writer.record(row);
    const named = new Set<string>();
    let entries = 0;
    for await (const page of entriesOf(tx, org, 0, ledger.size)) {
      for (const { line } of page) for (const sha256 of blobsIn(line)) named.add(sha256);
      await writer.lines(withPads ? await padded(tx, page) : page.map(entryText).join(''));
      entries += page.length;
      onProgress(entries, own.size);
    }
    const blobs = await writeBlobs(tx, named, writer);
    await writer.end();
    return { entries, blobs };
  });
}

function headOf(tree: { size: number; frontier: Uint8Array } | undefined) {
  const frontier = new Frontier(tree?.size, tree?.frontier);
  return { size: frontier.size, root: frontier.root() };
}

/** Entries, each behind what it is sealed with; of what was erased nothing is there to be written. */
async function padded(sql: Sql, page: readonly Entry[]): Promise<string> {
  const sealed = page.filter(({ line }) => line.includes('"sealed":"')).map(({ position }) => position);
  const pads = sealed.length > 0 ? await padsAt(sql, sealed) : new Map<number, Uint8Array>();
  return page
    .map(entry => {
      const pad = pads.get(entry.position);
      const isThere = pad?.some(byte => byte !== 0);
      return `${isThere ? `${JSON.stringify({ pad: Buffer.from(pad!).toString('base64') })}\n` : ''}${entryText(entry)}`;
    })
    .join('');
}

/** What its events don't say: how often the names of its domains were given up. */
async function claimsOf(sql: Sql, org: string): Promise<ClaimRecord[]> {
  return [
    ...(await sql<ClaimRecord[]>`
      select c.name as claim, c.stream from ledger.claims c
      where name like 'domain:%'
        and exists (select from ledger.events e where e.stream = c.stream and e.version = 1 and e.org = ${org})
      order by c.name`),
  ];
}

async function writeBlobs(sql: Sql, named: ReadonlySet<string>, writer: ExportWriter): Promise<number> {
  let count = 0;
  for (const sha256 of named) {
    const blob = await findBlob(sql, sha256);
    if (!blob) continue;
    await writer.record({ blob: sha256, type: blob.type, base64: Buffer.from(blob.bytes).toString('base64') });
    count += 1;
  }
  return count;
}
