/**
 * What the routes need of the world. The composition root puts it together; no route reaches for a connection, a clock
 * or a setting of its own, so that all there is to know of the API's surroundings stands here.
 */
import type { AnyEvent } from '../../events/index.ts';
import type { Limits } from '../../events/organization.ts';
import type { DomainRef } from '../../events/qr.ts';
import type { Routing } from '../../events/routing.ts';
import type { Device, Scan } from '../../events/scan.ts';
import type { Sql } from '../../projections/projection.ts';
import type { Recent } from '../../projections/recent.ts';
import type { Redirect } from '../../projections/redirects.ts';
import type { CondensedRow } from '../../projections/scan-condensing.ts';
import type { HostRules } from '../deciders/destination.ts';
import type { Deps } from '../execute.ts';
import type { Prover } from '../proofs/prover.ts';
import type { Closure, Way } from '../routing/route.ts';
import type { Tail } from '../stream/tail.ts';
import type { Networks } from '../webhooks/vetting.ts';
import type { Auth } from './auth.ts';
import type { Caller } from './caller.ts';
import type { Quota } from './quota.ts';
import type { RateLimiter } from './rate-limiter.ts';

export interface StoredBytes {
  readonly sha256: string;
  readonly type: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** Which of an organisation's events are meant; times are milliseconds. */
export interface EventFilter {
  readonly org: string;
  readonly types?: readonly string[] | undefined;
  readonly stream?: string | undefined;
  readonly from?: number | undefined;
  readonly before?: number | undefined;
}

/** Scans that are asked for one by one; see `store/scan-pages.ts`. */
export interface ScanFilter {
  readonly org: string;
  readonly test: boolean;
  readonly codes: readonly string[] | null;
  readonly from?: number | undefined;
  readonly before?: number | undefined;
  /** What a scan says, by field; '' for what is not known. */
  readonly values: Readonly<Record<string, readonly string[]>>;
}
export interface ScanPage {
  readonly after?: number | undefined;
  readonly order: 'asc' | 'desc';
  readonly limit: number;
}

/** What is kept of jobs besides what stands on record; see `store/job-inputs.ts`. */
interface JobInputs {
  /** Keeps the rows of a job until it is over. */
  readonly keep: (job: string, rows: readonly unknown[]) => Promise<void>;
  readonly from: (job: string, row: number) => Promise<unknown[]>;
  readonly drop: (job: string) => Promise<void>;
  /** Jobs whose rows are kept. */
  readonly kept: () => Promise<string[]>;
  /** Whether this process is the one that works on a job. */
  readonly lease: (job: string) => Promise<boolean>;
}

/** What else of a code and a visitor changes the answer. */
interface Ended {
  readonly entry: Pick<Redirect, 'org' | 'slug' | 'destination' | 'held'>;
  readonly routing: Routing;
  readonly query: () => URLSearchParams;
  readonly os: string | null;
  readonly isForm: boolean;
}
interface Ending {
  readonly answer: Response;
  readonly closed?: Closure | 'blocked' | 'circle';
}

export interface ApiDeps {
  readonly execution: Deps;
  /** Reads of the projections' tables, of the organisation in whose scope they are asked for. */
  readonly sql: Sql;
  /** Does something in the scope of an organisation: what it reads is that one's. */
  readonly within: <T>(org: string, work: () => T) => T;
  /** What answers to questions with filters were made of lately. */
  readonly recent: Recent;
  /** Keeps what scans were condensed to. */
  readonly keepCondensed: (row: CondensedRow) => Promise<void>;
  /** Names that are given away, to whomever. */
  readonly taken: (names: readonly string[]) => Promise<string[]>;
  /** Bytes by the hash of their content; kept before the event that names them. */
  readonly blobs: {
    readonly put: (blob: StoredBytes) => Promise<void>;
    readonly find: (sha256: string) => Promise<StoredBytes | undefined>;
  };
  readonly auth: Auth;
  readonly quota: Quota;
  readonly limiter: RateLimiter;
  readonly limitsOf: (caller: Caller) => Limits;
  /** The caller's own address, behind proxies that are trusted. */
  readonly addressOf: (peer: string | null, forwardedFor: string | null) => string;
  /** Base of short URLs and links, without a slash at the end. */
  readonly baseUrl: () => string;
  /** Hosts that no code may lead to, this organisation's own rules included if it is named. */
  readonly hosts: (org?: string) => HostRules;
  /** Resolves when the read models know everything this process has answered. */
  readonly fresh: (projections: readonly string[]) => Promise<void>;
  /** The same for everything up to a position, whoever wrote it. */
  readonly reached: (position: number, projections: readonly string[]) => Promise<void>;
  /** Drops unfinished read models of replays, which may hold what was erased. */
  readonly dropBuilds: () => Promise<void>;
  /** Position of the ledger's last commit. */
  readonly head: () => Promise<number>;
  /** All events of a stream, oldest first. */
  readonly readStream: (stream: string) => Promise<AnyEvent[]>;
  /** The events at these positions, of either family. */
  readonly readPositions: (positions: readonly number[]) => Promise<AnyEvent[]>;
  /** The scan at a position, if there is one. */
  readonly readScan: (position: number) => Promise<AnyEvent | undefined>;
  readonly readPage: (filter: EventFilter, after: number, limit: number) => Promise<AnyEvent[]>;
  /** Position of an organisation's last event before a time, in milliseconds, up to a position; 0 when there is none. */
  readonly lastBefore: (org: string, at: number, head: number) => Promise<number>;
  /** A page of scans that match, in order of positions. */
  readonly readScans: (filter: ScanFilter, page: ScanPage) => Promise<AnyEvent[]>;
  /** The end of the ledger as it grows. */
  readonly tail: Tail;
  /** An organisation's stored entries between two positions, as text, page by page. */
  readonly readEntries: (org: string, after: number, to: number) => AsyncGenerator<string>;
  readonly prover: Prover;
  /** Resolves when the ledger's tree has everything up to a position. */
  readonly grown: (position: number) => Promise<void>;
  /** Private networks that webhooks may lead into. */
  readonly webhookAllow: Networks;
  /** The verified domain of an organisation with this name. */
  readonly domainOf: (org: string, host: string) => DomainRef | undefined;
  /** Texts that the DNS has for a name; none where it has none. */
  readonly resolveTxt: (name: string) => Promise<readonly string[]>;
  /** How often a host name was proven and given up again, by whomever. */
  readonly timesGivenUp: (host: string) => Promise<number>;
  /** What the redirect would make of a user agent and an address. */
  readonly recognized: {
    readonly agent: (userAgent: string) => {
      readonly device: Device;
      readonly os: string | null;
      readonly browser: string | null;
    };
    readonly country: (address: string) => string | null;
    /** From 0 up to 1: a visitor's own number for a word, by address and user agent. */
    readonly share: (address: string, userAgent: string, word: string) => number;
  };
  /** What the redirect answers to a visit of a code under its own address that is led this way. */
  readonly ending: (way: Way, host: string | undefined, visit: Ended) => Ending;
  readonly meter: (request: { org: string; key: string; team: string | null; test: boolean }) => void;
  /** Records scans that nobody made; resolves when they are durable. */
  readonly simulate: (scans: readonly { at: number; org: string; data: Scan }[]) => Promise<void>;
  readonly jobs: JobInputs;
  /** There is a new job, or one is over. */
  readonly wakeJobs: () => void;
  readonly meterFlush: () => Promise<void>;
  readonly now: () => number;
  readonly onError: (error: unknown, name: string) => void;
}
