/**
 * Scans as the recorder takes them: of a code of `org_1`, with a number that tells each from all others.
 */
import type { Sighting } from '../../src/redirect/recorder.ts';
import type { Sql } from '../../src/store/connect.ts';

export const noon = Date.UTC(2026, 3, 8, 12);

/** A scan; `number` is kept where the agent's number stands, so that it is found again in the ledger. */
export const sighting = (number: number, at: number = noon): Sighting => ({
  at,
  org: 'org_1',
  data: {
    qr: 'qr_1',
    qrVersion: 1,
    rule: null,
    kind: 'scan',
    country: null,
    device: 'mobile',
    os: null,
    browser: null,
    referrer: null,
    language: null,
    agent: number,
    visitor: 17,
  },
});

/** The numbers of all scans that a node has on record, in the order of the ledger. */
export async function recordedBy(sql: Sql, node: string): Promise<number[]> {
  const rows = await sql`
    select s.agent from ledger.scans s join ledger.writers w on w.id = s.writer
    where w.stream like ${`scans-${node}-%`} order by s.position`;
  return rows.map(row => row['agent'] as number);
}
