/**
 * The hash chain recomputed from what is stored, from the description in `src/store/line.ts` and with none of its code:
 * `sha256(previous || sha256(lines))` for each commit, facts before scans, columns by tabs, null as nothing. An auditor
 * would do no more.
 */
import { createHash } from 'node:crypto';
import type { Sql } from '../../src/store/connect.ts';

const sha256 = (...parts: (string | Uint8Array)[]): Buffer => {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest();
};

const line = (...columns: unknown[]): string => `${columns.map(column => column ?? '').join('\t')}\n`;

/** Recomputes every commit; returns how many there are, or throws at the first that is not what its rows say. */
export async function verifyChain(sql: Sql): Promise<number> {
  const facts = await sql`
    select position, stream, version, type, at_ms, org, actor, request, data::text as data from ledger.events
    order by position`;
  const scans = await sql`
    select s.*, w.stream from ledger.scans s join ledger.writers w on w.id = s.writer order by s.position`;
  const lines = new Map<number, string>();
  for (const f of facts) {
    lines.set(
      f['position'],
      line(f['stream'], f['version'], f['type'], f['at_ms'], f['org'], f['actor'], f['request'], f['data']),
    );
  }
  for (const s of scans) {
    const what = [s['qr'], s['qr_version'], s['rule'], s['kind'], s['country'], s['device'], s['os'], s['browser']];
    const who = [s['referrer'], s['language'], s['agent'], s['visitor']];
    const whence = [s['region'], s['city'], s['utm_source'], s['utm_medium'], s['utm_campaign']];
    const judged = [s['test'], s['rules'], s['earlier']];
    lines.set(
      s['position'],
      line(s['stream'], s['version'], s['at_ms'], s['org'], ...what, ...who, ...whence, ...judged),
    );
  }
  const commits = await sql`select first, last, hash from ledger.commits where last > 0 order by last`;
  let previous = sha256('indelible ledger 1');
  let position = 0;
  for (const { first, last, hash } of commits) {
    if (first !== position + 1) throw new Error(`the commit of ${first} does not follow position ${position}`);
    let text = '';
    for (; position < last; position++) {
      const row = lines.get(position + 1);
      if (row === undefined) throw new Error(`position ${position + 1} is missing`);
      text += row;
    }
    previous = sha256(previous, sha256(text));
    if (!previous.equals(hash)) throw new Error(`the commit of ${first} to ${last} has another hash`);
  }
  const [head] = await sql`select position, hash from ledger.head`;
  if (head!['position'] !== position || !previous.equals(head!['hash'])) throw new Error('the head is another');
  return commits.length;
}
