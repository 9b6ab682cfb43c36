/**
 * `audit export` and `audit checkpoint`: what an auditor takes along, as the operator gives it out. Whoever has an API key
 * finds the same at `/v1/events` and `/v1/proofs`.
 */
import { command } from '../command.ts';
import { operate } from '../operation.ts';
import { Grower } from '../proofs/grower.ts';
import { signerOf, Unproven, verifierLine } from '../proofs/note.ts';
import { Prover } from '../proofs/prover.ts';
import type { Sql } from '../store/connect.ts';
import { secret } from '../store/secrets.ts';
import { writeExport } from './exporter.ts';
import { openOutput } from './files.ts';
import { count, Progress } from './progress.ts';

const org = { type: 'string', required: true, description: 'Id of the organisation, org_…' } as const;

const signerFor = async (sql: Sql) => signerOf(await secret(sql, 'ledger signing key'), 'indelible');

export const exportLedger = command({
  meta: { name: 'export', description: "Write an organisation's whole ledger, with the bytes it names, into one file" },
  args: {
    org,
    out: { type: 'string', description: 'The file, which must not be there yet; packed when it ends in .gz' },
    sealed: { type: 'boolean', default: false, description: 'For checking only: what is personal stays sealed' },
  },
  run: ({ args }) =>
    operate('audit', async ({ sql }) => {
      const signer = await signerFor(sql);
      const path = args.out ?? `${args.org}.ledger`;
      const output = openOutput(path);
      const progress = new Progress('exporting');
      const onProgress = (done: number, total: number) => progress.tell(done, total);
      const { entries, blobs } = await writeExport(sql, args.org, signer, output.write, onProgress, !args.sealed);
      await output.close();
      progress.end();
      console.error(`${count(entries)} events and ${count(blobs)} blobs of ${args.org} are in ${path}.`);
      console.error(`Check it with: bun run audit verify ${path} --key '${verifierLine(signer)}'`);
    }),
});

export const checkpoint = command({
  meta: { name: 'checkpoint', description: 'Print a signed checkpoint of the ledger, to be kept outside' },
  args: { org: { ...org, required: false, description: 'For an organisation: with the size of its own ledger' } },
  run: ({ args }) =>
    operate('audit', async ({ sql }) => {
      const signer = await signerFor(sql);
      await new Grower(sql, () => {}).settle();
      const { note, own } = await new Prover(sql, signer).checkpoint(args.org);
      if (own?.size === 0) throw new Unproven(`There is no organisation ${args.org} with events.`);
      process.stdout.write(note);
      console.error(`key ${verifierLine(signer)}`);
    }),
});
