/**
 * `audit verify`: whether a ledger, an export of one or a proof is what it says. Of a file the public key has to be given,
 * because what comes with a file proves nothing about who has made it.
 */
import { command } from '../command.ts';
import { explained, operate } from '../operation.ts';
import { base64, type Checkpoint } from '../proofs/checkpoint.ts';
import { signerOf, Unproven, verifierLine } from '../proofs/note.ts';
import { equal } from '../proofs/paths.ts';
import { checkConsistency, checkInclusion } from '../proofs/proof-file.ts';
import { secret } from '../store/secrets.ts';
import { type Claims, checkEntries, checkExport } from './export-check.ts';
import { linesOf, readExport } from './export-file.ts';
import { readBytes, readText } from './files.ts';
import { checkLedger } from './ledger-check.ts';
import { count, Progress } from './progress.ts';
import { keptFrom, verifierFrom } from './trust.ts';

export const verify = command({
  meta: {
    name: 'verify',
    description: 'Check the ledger of the environment, or offline an export, a list of entries or a proof',
  },
  args: {
    file: {
      type: 'positional',
      required: false,
      description: 'An export, entries or a proof; without it the ledger in the database is checked',
    },
    key: { type: 'string', description: 'The public key: its line as GET /v1/proofs/key has it, or a file with it' },
    checkpoint: { type: 'string', description: 'Files with checkpoints that were kept, commas between' },
  },
  run: ({ args }) => {
    const { file, key, checkpoint } = args;
    if (file === undefined) return verifyLedger(key, checkpoint);
    return explained(async () => {
      if (key === undefined) throw new Unproven('To check a file the public key is needed: --key');
      const verifier = verifierFrom(key);
      await verifyFile(file, { verifier, kept: keptFrom(checkpoint, verifier) });
    });
  },
});

function verifyLedger(key: string | undefined, checkpoint: string | undefined): Promise<void> {
  return operate('audit', async ({ sql }) => {
    const signer = signerOf(await secret(sql, 'ledger signing key'), 'indelible');
    const verifier = key === undefined ? signer : verifierFrom(key);
    if (verifierLine(verifier) !== verifierLine(signer)) {
      throw new Unproven('The ledger is signed with another key than the one that was given.');
    }
    const kept = keptFrom(checkpoint, verifier);
    const progress = new Progress('checking');
    const { events, commits, root, faults } = await checkLedger(sql, kept, (done, total) => progress.tell(done, total));
    progress.end();
    if (faults.length > 0) throw new Unproven(['The ledger is NOT whole:', ...faults.map(f => `  ${f}`)].join('\n'));
    console.log(`${count(events)} events in ${count(commits)} commits: the chain and the trees hold.`);
    console.log(`root ${base64(root)}`);
    tellKept(kept);
  });
}

async function verifyFile(file: string, claims: Claims): Promise<void> {
  const { verifier, kept } = claims;
  const [chunk] = await Array.fromAsync(firstOf(readBytes(file)));
  const beginning = Buffer.from(chunk ?? [])
    .toString()
    .slice(0, 30);
  if (beginning.startsWith('c2sp.org/tlog-proof@')) {
    const { entry, index, checkpoint } = checkInclusion(readText(file), verifier);
    console.log(`The event at position ${index + 1} is in the ledger of ${count(checkpoint.size)} events:`);
    console.log(entry.slice(entry.indexOf('\t') + 1).trimEnd());
    for (const { size, root } of kept) {
      if (size === checkpoint.size && !equal(root, checkpoint.root)) {
        throw new Unproven('That ledger is not the one of the kept checkpoint.');
      }
      if (size === checkpoint.size) continue;
      const [from, to] = [Math.min(size, checkpoint.size), Math.max(size, checkpoint.size)];
      console.log(`GET /v1/proofs/consistency?from=${from}&to=${to} shows whether it is one with the kept one.`);
    }
  } else if (beginning.startsWith('old ')) {
    if (kept.length === 0) throw new Unproven('This is a proof about a kept checkpoint: --checkpoint');
    for (const head of kept) {
      const later = checkConsistency(readText(file), head, verifier);
      console.log(`The ledger of ${count(later.size)} events goes on from the kept one of ${count(head.size)}.`);
    }
  } else if (beginning.startsWith('{"type":')) {
    throw new Unproven(`${file} holds no proof but what the API answered instead: ${readText(file).slice(0, 1_000)}`);
  } else if (beginning.startsWith('{')) {
    const checking = checkExport(readExport(readBytes(file)), claims);
    let step = await checking.next();
    while (!step.done) step = await checking.next();
    const { org, events, blobs, isSealed, checkpoint } = step.value;
    console.log(`${count(events)} events and ${count(blobs)} blobs of ${org}: the export is whole.`);
    if (isSealed) console.log('It was made for checking: what is personal in it can not be read.');
    console.log(`signed at ${count(checkpoint.size)} events of the ledger, root ${base64(checkpoint.own!.root)}`);
    tellKept(kept);
  } else {
    const { org, events, proven } = await checkEntries(linesOf(readBytes(file)), claims);
    console.log(`${count(proven)} events of ${org} are those of the kept checkpoint.`);
    if (events > proven) console.log(`${count(events - proven)} came after it: keep a newer one to prove them.`);
  }
}

async function* firstOf<T>(items: AsyncIterable<T>): AsyncGenerator<T> {
  for await (const item of items) {
    yield item;
    return;
  }
}

function tellKept(kept: readonly Checkpoint[]): void {
  for (const { size } of kept) console.log(`The kept checkpoint of ${count(size)} events holds.`);
  if (kept.length === 0) console.log('Keep a checkpoint outside: only with one can a rewritten ledger be told.');
}
