/**
 * Puts simulated scans of test codes on record, in streams that only this process writes. They are scans like any other
 * but for their mark, so that whoever tries the API sees analytics and webhooks at work.
 */
import { randomBytes } from 'node:crypto';
import type { Scan } from '../events/scan.ts';
import { scanRequest } from './store/batch.ts';
import type { Ledger } from './store/ledger.ts';

export interface SimulatedScan {
  readonly at: number;
  readonly org: string;
  readonly data: Scan;
}

/** A function that records scans and resolves when they are durable. */
export function simulatorOn(ledger: Pick<Ledger, 'append'>): (scans: readonly SimulatedScan[]) => Promise<void> {
  let stream = '';
  let version = 0;
  let last: Promise<unknown> = Promise.resolve();
  const write = async (scans: readonly SimulatedScan[]) => {
    if (stream === '') stream = `scans-simulated-${randomBytes(6).toString('hex')}`;
    try {
      await ledger.append(scanRequest({ stream, expected: version, scans }));
      version += scans.length;
    } catch (error) {
      // They may have been written after all: a new stream keeps the versions unambiguous.
      [stream, version] = ['', 0];
      throw error;
    }
  };
  return scans => {
    const writing = last.catch(() => {}).then(() => write(scans));
    last = writing;
    return writing;
  };
}
