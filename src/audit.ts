/**
 * The auditor's command line: to check the ledger and what was taken out of it, to take an organisation's ledger along,
 * and to build the read models anew. It works beside the running program; checking a file needs neither program nor
 * database.
 */
import { defineCommand, runMain } from 'citty';
import { checkpoint, exportLedger } from './audit/export.ts';
import { digest, importFile } from './audit/import.ts';
import { replay } from './audit/replay.ts';
import { verify } from './audit/verify.ts';

runMain(
  defineCommand({
    meta: { name: 'bun run audit', description: 'Check, export, import and replay the ledger' },
    subCommands: { verify, checkpoint, export: exportLedger, import: importFile, digest, replay },
  }),
);
