/**
 * The data plane, put together: entries in memory and on disk, the recorder with its spool, and the handler that
 * answers with them. What was left on disk answers from the first moment on; `follow` takes up the ledger when that can
 * be reached, whether that is at once or hours later.
 */
import { Buffer } from 'node:buffer';
import { join } from 'node:path';
import { scanTotalsAt } from '../../projections/scans.ts';
import type { ScanWrite } from '../store/batch.ts';
import type { Sql } from '../store/connect.ts';
import type { Ledger } from '../store/ledger.ts';
import { readScanVersion } from '../store/read.ts';
import { secret } from '../store/secrets.ts';
import { Agents } from './agents.ts';
import { Budget } from './budget.ts';
import type { Directory } from './directory.ts';
import { Drain } from './drain.ts';
import { Entries, type FollowOptions } from './entries.ts';
import { EntryLog } from './entry-log.ts';
import { Novelties } from './novelties.ts';
import { Passwords } from './passwords.ts';
import type { Recognition } from './recognition.ts';
import { Recorder } from './recorder.ts';
import { type RedirectHandler, redirectHandler } from './redirect.ts';
import { ScanLimits } from './scan-limits.ts';
import { Spools } from './spools.ts';

/**
 * Codes that one network may ask for that there are none of: a printed code is always there, and who guesses finds one
 * in 850,000 of a million. A hundred at once leave room for a crowd behind one address, and twenty a minute after that.
 */
const missesMax = 100;
const missEveryMs = 3_000;

export interface OpenRedirectOptions {
  readonly dataDir: string;
  readonly recognition: Recognition;
  readonly directory: Pick<Directory, 'objection'>;
  readonly spoolBytesMax: number;
  /** Names this process, never the same twice. */
  readonly node: string;
  readonly sql: Sql;
  readonly ledger: Pick<Ledger, 'append' | 'onCommit' | 'position'>;
  /** Secret of the visitor hash, the same on all nodes and for ever. */
  readonly visitorKey: () => Uint8Array;
  readonly now: () => number;
  readonly onError: (error: unknown, name: string) => void;
  /** What is to be closed, in the order it was opened. */
  readonly closing: (() => Promise<unknown>)[];
}

/** How the redirect is doing. */
export interface RedirectStatus {
  /** Position of the ledger up to which everything is known, and how many codes are. */
  readonly position: number;
  readonly codes: number;
  /** Whether what is not known is not there. */
  readonly complete: boolean;
  readonly spool: {
    /** Bytes of scans that wait for the ledger, and how many may. */
    readonly bytes: number;
    readonly bytesMax: number;
    /** Whether scans go there at the moment: the ledger takes none, or not all that come. */
    readonly filling: boolean;
  };
}

export interface OpenedRedirect {
  readonly answer: RedirectHandler;
  /** Whether there were entries on disk. */
  readonly loaded: boolean;
  follow(options: Pick<FollowOptions, 'feed' | 'checkpoint'>): Promise<void>;
  status(): RedirectStatus;
}

export async function openRedirect(options: OpenRedirectOptions): Promise<OpenedRedirect> {
  const { dataDir, node, sql, ledger, recognition, directory, now, onError, closing } = options;
  const { countries, clientAddress, isProxy } = recognition;
  const bytesMax = options.spoolBytesMax;
  const spools = await Spools.open({ directory: join(dataDir, 'spool'), node, bytesMax, onError });
  closing.push(() => spools.close());
  const versionOf = (stream: string) => readScanVersion(sql, stream);
  const onHome = (scans: ScanWrite['scans']) =>
    limits.home(
      scans.map(({ data }) => data.qr),
      ledger.position,
    );
  const drain = new Drain({ spools, ledger, versionOf, restMs: () => recorder.restMs(), onHome, onError });
  closing.push(() => drain.stop());
  const recorder = new Recorder({ ledger, node, spools, drain, onError });
  closing.push(() => recorder.close());
  const entries = new Entries(new EntryLog({ directory: dataDir, node, onError }));
  closing.push(() => entries.close());
  const agents = new Agents(sql, now, onError);
  closing.push(() => agents.close());
  const loaded = await entries.load();
  const isComplete = () => entries.complete && !recorder.isCutOff;
  const limits = new ScanLimits({
    totals: qrs => scanTotalsAt(sql, qrs),
    settled: () => (spools.bytes === 0 ? ledger.position : undefined),
    onError,
  });
  closing.push(() => limits.close());
  const deps = {
    ...{ entries, recorder, limits, countries, clientAddress, isComplete, agents, now, onError },
    passwords: new Passwords(),
    novelties: new Novelties(),
    misses: new Budget({ max: missesMax, everyMs: missEveryMs }),
    isProxy,
    objection: (org: string, destination: string) => directory.objection(org, destination),
    get visitorKey() {
      return options.visitorKey();
    },
  };
  return {
    answer: redirectHandler(deps),
    loaded,
    follow: async followed => {
      // Known to the database alone, it tells this ledger from others.
      const identity = Buffer.from(await secret(sql, 'ledger identity')).toString('hex');
      await entries.follow({ ...followed, sql, ledger, identity, onError });
    },
    status: () => ({
      position: entries.position,
      codes: entries.size,
      complete: isComplete(),
      spool: { bytes: spools.bytes, bytesMax, filling: recorder.detoured },
    }),
  };
}
