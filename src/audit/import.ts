/**
 * `audit import` and `audit digest`: an organisation moved into another instance, and the means to show that it arrived
 * there as it was.
 */

import { projections } from '../../projections/index.ts';
import { command } from '../command.ts';
import { beAlone, operate, type Workplace } from '../operation.ts';
import { Projector } from '../projector.ts';
import { Unproven } from '../proofs/note.ts';
import { readHead } from '../store/read.ts';
import { EmbeddedFeed } from '../stream/embedded.ts';
import { stateDigest } from './digest.ts';
import { importLedger } from './importer.ts';
import { count, Progress } from './progress.ts';
import { keptFrom, verifierFrom } from './trust.ts';

/** For a ledger that no program has read yet. */
const catchUpMs = 3_600_000;

export const importFile = command({
  meta: {
    name: 'import',
    description: 'Take an exported organisation into this instance, whose program must not be running meanwhile',
  },
  args: {
    file: { type: 'positional', required: true, description: 'The export' },
    key: { type: 'string', required: true, description: 'The public key of the instance it comes from, or a file' },
    checkpoint: { type: 'string', description: 'Files with checkpoints that were kept, commas between' },
  },
  run: ({ args }) => operate('audit', place => take(place, args.file, args.key, args.checkpoint), { mayBegin: true }),
});

/** Takes a file into the ledger at hand. */
async function take(place: Workplace, file: string, key: string, checkpoint: string | undefined): Promise<void> {
  const verifier = verifierFrom(key);
  const [running] = await place.sql`
    select from pg_stat_activity where datname = current_database() and application_name = 'indelible' limit 1`;
  if (running) throw new Unproven('The program is running: stop it, import, and start it again.');
  await beAlone(place, 'import');
  const progress = new Progress('importing');
  const claims = { verifier, kept: keptFrom(checkpoint, verifier) };
  const { org, facts, scans, earlier } = await importLedger(place, file, claims, (done, total) =>
    progress.tell(done, total),
  );
  progress.end();
  if (earlier === facts + scans) console.log('All of it was in this ledger already.');
  else if (earlier > 0) console.log(`${count(earlier)} of these an import had written that was interrupted.`);
  console.log(`${count(facts)} facts and ${count(scans)} scans of ${org} are in this ledger now.`);
  console.log(`digest ${await digestOf(place, org)}`);
}

export const digest = command({
  meta: { name: 'digest', description: 'One hash over what the read models say of an organisation' },
  args: { org: { type: 'string', required: true, description: 'Id of the organisation, org_…' } },
  run: ({ args }) =>
    operate('audit', async place => {
      console.log(await digestOf(place, args.org));
    }),
});

/** The digest when the read models know all of the ledger, whether the program runs or not. */
async function digestOf({ sql, ledger }: Workplace, org: string): Promise<string> {
  const feed = new EmbeddedFeed(ledger, sql);
  const projector = new Projector({ sql, feed, onError: error => console.error((error as Error).message) });
  try {
    await projector.prepare(projections);
    await projector.start(projections);
    const names = projections.map(({ name }) => name);
    await projector.reached(await readHead(sql), names, catchUpMs);
    const [known] = await sql`select from ledger.events where org = ${org} limit 1`;
    if (!known) throw new Unproven(`There is no organisation ${org} with events.`);
    return await stateDigest(sql, org);
  } finally {
    await projector.stop();
    await feed.close();
  }
}
