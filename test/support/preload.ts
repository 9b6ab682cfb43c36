/**
 * Loaded by `bun test` before the first test file (bunfig.toml). It promises that the run's Postgres is stopped and
 * its directory gone before `bun test` returns. It starts nothing: a run that needs no database pays nothing.
 */
import { afterAll } from 'bun:test';
import { closeClusters } from './postgres.ts';

afterAll(closeClusters);
