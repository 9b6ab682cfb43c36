/**
 * A recorder with its spool and drain, as the program wires them, on a test's ledger. What stands between the recorder
 * and the ledger can be put in its way.
 */
import { join } from 'node:path';
import { Drain } from '../../src/redirect/drain.ts';
import { Recorder } from '../../src/redirect/recorder.ts';
import { Spools } from '../../src/redirect/spools.ts';
import type { Ledger } from '../../src/store/ledger.ts';
import { readScanVersion } from '../../src/store/read.ts';
import { scratchDirectory } from './postgres.ts';
import type { TestStore } from './store.ts';
import { until } from './until.ts';

export interface Recording {
  readonly recorder: Recorder;
  readonly spools: Spools;
  readonly directory: string;
  readonly errors: unknown[];
  /** Resolves when nothing waits in a spool any more. */
  drained(): Promise<void>;
  close(): Promise<void>;
}

export interface RecordingOptions {
  readonly node: string;
  /** In place of the store's ledger. */
  readonly append?: Ledger['append'];
  readonly directory?: string;
  readonly bytesMax?: number;
  /** Long by default: a disk that is slow for a moment sends nothing into the spool that a test expects in the ledger. */
  readonly patienceMs?: number;
}

export async function recording(store: TestStore, options: RecordingOptions): Promise<Recording> {
  const { node, append, bytesMax = 64 * 1024 * 1024, patienceMs = 30_000 } = options;
  const directory = options.directory ?? join(scratchDirectory(), 'spool');
  const errors: unknown[] = [];
  const onError = (error: unknown) => errors.push(error);
  const ledger = append ? { append } : store.ledger;
  const spools = await Spools.open({ directory, node, bytesMax, onError });
  const versionOf = (stream: string) => readScanVersion(store.sql, stream);
  const drain = new Drain({ spools, ledger, versionOf, restMs: () => recorder.restMs(), onError });
  const recorder = new Recorder({ ledger, node, spools, drain, onError, patienceMs });
  return {
    recorder,
    spools,
    directory,
    errors,
    drained: async () => void (await until(() => spools.bytes === 0, 20_000)),
    close: async () => {
      await recorder.close();
      await drain.stop();
      await spools.close();
    },
  };
}
