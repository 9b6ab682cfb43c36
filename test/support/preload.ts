/**
 * Loaded by `bun test` before the first test file (bunfig.toml). It promises that the program which files share and the
 * run's Postgres are stopped and their directories gone before `bun test` returns. It starts nothing: a run that needs no
 * database pays nothing.
 * Properties are tried on the same cases in every run, so that a run says something of the change and not of its luck;
 * `SEED=<integer>` tries others.
 */
import { afterAll } from 'bun:test';
import fc from 'fast-check';
import { closeClusters } from './postgres.ts';
import { closeShared } from './shared-program.ts';

fc.configureGlobal({ seed: Number.parseInt(process.env['SEED'] ?? '408', 10) });
afterAll(() => closeShared().finally(closeClusters));
