/**
 * The program's log: pino, to standard error, as JSON or for people. Errors of the same kind that come in a burst, as
 * they do while a database restarts, are written once a second with their number. Nothing personal is written.
 */
import pino from 'pino';
import pretty from 'pino-pretty';
import type { Config } from './config.ts';

export type Log = pino.Logger;

export function openLog({ logLevel, logFormat }: Pick<Config, 'logLevel' | 'logFormat'>): Log {
  const target =
    logFormat === 'pretty'
      ? pretty({ destination: 2, sync: true, colorize: process.stderr.isTTY, ignore: 'pid,hostname' })
      : pino.destination({ dest: 2, sync: true });
  const timestamp = pino.stdTimeFunctions.isoTime;
  return pino({ level: logLevel, base: null, timestamp, serializers: { err: withoutRows } }, target);
}

/** Postgres tells in `detail` and `where` what stood in the row that failed: that is somebody's, and not for a log. */
function withoutRows(error: Error): object {
  const { detail: _, where: __, ...rest } = pino.stdSerializers.err(error);
  return rest;
}

const quietMs = 1_000;

/** Reports errors of background work: the first at once, repetitions once a second with their count. */
export function errorReporter(log: Log): (error: unknown, name: string) => void {
  const seen = new Map<string, { until: number; count: number }>();
  return (error, name) => {
    const message = error instanceof Error ? error.message : String(error);
    const key = `${name} ${message}`;
    const now = performance.now();
    const known = seen.get(key);
    if (known && known.until > now) {
      known.count += 1;
      return;
    }
    if (seen.size > 1_000) seen.clear();
    seen.set(key, { until: now + quietMs, count: 0 });
    log.error({ err: error, in: name, ...(known?.count && { repeated: known.count }) }, message);
  };
}
