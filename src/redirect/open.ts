/**
 * The data plane, put together: entries in memory and on disk, the recorder with its spool, and the handler that
 * answers with them. What was left on disk answers from the first moment on; `follow` takes up the ledger when that can
 * be reached, whether that is at once or hours later.
 */
import { Buffer } from 'node:buffer';
import { join } from 'node:path';
import type { Sql } from '../store/connect.ts';
import type { Ledger } from '../store/ledger.ts';
import { readScanVersion } from '../store/read.ts';
import type { ClientAddress } from './address.ts';
import { Agents } from './agents.ts';
import { openCountries } from './country.ts';
import { Drain } from './drain.ts';
import { Entries, type FollowOptions } from './entries.ts';
import { EntryLog } from './entry-log.ts';
import { Recorder } from './recorder.ts';
import { type RedirectHandler, redirectHandler } from './redirect.ts';
import { Spools } from './spools.ts';

export interface OpenRedirectOptions {
  readonly dataDir: string;
  readonly geoipDb: string | null;
  readonly spoolBytesMax: number;
  /** Names this process, never the same twice. */
  readonly node: string;
  readonly sql: Sql;
  readonly ledger: Pick<Ledger, 'append' | 'onCommit'>;
  readonly clientAddress: ClientAddress;
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
    /** Whether scans go there at the moment. */
    readonly filling: boolean;
  };
}

export interface OpenedRedirect {
  readonly answer: RedirectHandler;
  /** Where the countries come from. */
  readonly countries: string;
  /** Whether there were entries on disk. */
  readonly loaded: boolean;
  follow(options: Omit<FollowOptions, 'ledger' | 'onError'>): Promise<void>;
  status(): RedirectStatus;
}

/** What tells this ledger from others, out of a secret of its database. */
export const identityOf = (secret: Uint8Array): string => Buffer.from(secret).toString('hex');

export async function openRedirect(options: OpenRedirectOptions): Promise<OpenedRedirect> {
  const { dataDir, node, sql, ledger, clientAddress, now, onError, closing } = options;
  const bytesMax = options.spoolBytesMax;
  const spools = await Spools.open({ directory: join(dataDir, 'spool'), node, bytesMax, onError });
  closing.push(() => spools.close());
  const versionOf = (stream: string) => readScanVersion(sql, stream);
  const drain = new Drain({ spools, ledger, versionOf, onError });
  closing.push(() => drain.stop());
  const recorder = new Recorder({ ledger, node, spool: spools.own, drain, onError });
  closing.push(() => recorder.close());
  const entries = new Entries(new EntryLog({ directory: dataDir, node, onError }));
  closing.push(() => entries.close());
  const agents = new Agents(sql, now, onError);
  closing.push(() => agents.close());
  const [countries, loaded] = await Promise.all([openCountries(options.geoipDb ?? undefined), entries.load()]);
  const isComplete = () => entries.complete && !recorder.detoured;
  const deps = {
    ...{ entries, recorder, countries, clientAddress, isComplete, agents, now, onError },
    get visitorKey() {
      return options.visitorKey();
    },
  };
  return {
    answer: redirectHandler(deps),
    countries: countries.source,
    loaded,
    follow: followed => entries.follow({ ...followed, ledger, onError }),
    status: () => ({
      position: entries.position,
      codes: entries.size,
      complete: isComplete(),
      spool: { bytes: spools.bytes, bytesMax, filling: recorder.detoured },
    }),
  };
}
