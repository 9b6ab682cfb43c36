/**
 * The operator's command line for old scans: they are moved out of the database into Parquet files, where they are still
 * part of the ledger. It works on the same database as the program, also while that runs; every machine that replays
 * them needs the files under the same path.
 */
import { defineCommand, runMain } from 'citty';
import { command } from './command.ts';
import { operate } from './operation.ts';
import { archivesWithin } from './store/archives.ts';
import { archive, fullPartitions } from './store/archiving.ts';

const archiving = command({
  meta: { name: 'archive', description: 'Move full partitions of scans into Parquet files, oldest first' },
  args: {
    dir: { type: 'string', required: true, description: 'Directory of the files; it has to stay' },
    keep: { type: 'string', default: '1', description: 'Full partitions to leave in the database' },
  },
  run: ({ args }) =>
    operate('scans', async ({ sql }) => {
      const partitions = await fullPartitions(sql);
      const keep = /^\d{1,6}$/.test(args.keep) ? Number(args.keep) : 1;
      for (const partition of partitions.slice(0, Math.max(0, partitions.length - keep))) {
        const { file, scans, sha256 } = await archive(sql, partition, args.dir, Date.now());
        console.log([file, `${scans} scans`, sha256].join('\t'));
      }
    }),
});

const listing = command({
  meta: { name: 'archives', description: 'List the files that scans were moved into' },
  run: () =>
    operate('scans', async ({ sql }) => {
      for (const { first, last, scans, file, sha256 } of await archivesWithin(sql, 0, Number.MAX_SAFE_INTEGER)) {
        console.log([`${first}-${last}`, `${scans} scans`, sha256, file].join('\t'));
      }
    }),
});

await runMain(
  defineCommand({
    meta: { name: 'scans', description: 'Old scans: move them into files, and see where they are' },
    subCommands: { archive: archiving, archives: listing },
  }),
);
