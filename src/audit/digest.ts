/**
 * One hash over what the read models say of an organisation, so that two instances can be compared that hold the same
 * ledger at other places: rows of its tables without positions, and its scans without the numbers that an instance gives
 * by itself. What was told to webhooks is left out, for it is told by positions.
 */
import { createHash, type Hash } from 'node:crypto';
import type { Sql } from '../store/connect.ts';

/** Tables, and which of their rows belong to organisation `$1`; those of `scans` are read apart. */
const tables: Readonly<Record<string, string>> = {
  organizations: 'id = $1',
  teams: 'org = $1',
  members: 'org = $1',
  keys: 'org = $1',
  key_hashes: 'key in (select id from keys where org = $1)',
  jobs: 'org = $1',
  job_rows: 'job in (select id from jobs where org = $1)',
  codes: 'org = $1',
  code_versions: 'org = $1',
  redirects: 'org = $1',
  styles: 'org = $1',
  usage_codes: 'org = $1',
  usage_requests: 'org = $1',
  usage_thresholds: 'org = $1',
  code_makers: 'qr in (select id from codes where org = $1)',
  exclusions: 'org = $1',
  domains: 'org = $1',
  blocklists: 'org = $1',
  webhooks: 'org = $1',
};
/** Told by an instance's own numbers, or by positions. */
export const leftOut = [
  ...['scan_combinations', 'scan_condensed', 'scan_parts', 'scan_sums', 'scan_totals'],
  ...['deliveries', 'delivery_codes', 'delivery_erased', 'delivery_horizon', 'delivery_targets', 'replays'],
];
export const digested = Object.keys(tables);

/** Columns that hold positions. */
const positions = ['since', 'until', 'first', 'last'];

export async function stateDigest(sql: Sql, org: string): Promise<string> {
  const hash = createHash('sha256');
  for (const [table, condition] of Object.entries(tables)) {
    hash.update(`${table}\n`);
    const query = `
      select row from (select (to_jsonb(t) - $2::text[])::text as row from ${table} t where ${condition}) rows
      order by row collate "C"`;
    await sql.unsafe(query, [org, positions]).cursor(5_000, rows => {
      for (const row of rows) hash.update(`${row['row']}\n`);
    });
  }
  await addScans(sql, org, hash);
  return hash.digest('hex');
}

/** Bytes of a scan in its part, and where the number of its combination stands in them; see `projections/scan-items.ts`. */
const [itemBytes, combinationAt] = [12, 6];

/** Every scan of the organisation, in order, with what its combination says instead of the number of it. */
async function addScans(sql: Sql, org: string, hash: Hash): Promise<void> {
  hash.update('scans\n');
  const combinations = new Map(
    (await sql`select id, combination from scan_combinations`).map(row => [row['id'] as number, row['combination']]),
  );
  const parts = sql`
    select t.qr as name, t.scans, p.month, p.part, p.items
    from scan_totals t join scan_parts p on p.subject = t.subject
    where t.qr in (select id from codes where org = ${org}) or t.qr in (${org}, ${`${org} test`})
    order by t.qr collate "C", p.month, p.part`;
  await parts.cursor(1_000, rows => {
    for (const { name, scans, month, part, items } of rows) {
      hash.update(`${name} ${scans} ${month} ${part}\n`);
      const bytes = items as Buffer;
      for (let at = 0; at < bytes.length; at += itemBytes) {
        const combination = bytes.readUInt32LE(at + combinationAt);
        hash.update(bytes.subarray(at, at + combinationAt));
        hash.update(bytes.subarray(at + combinationAt + 4, at + itemBytes));
        hash.update(`${combinations.get(combination)}\n`);
      }
    }
  });
}
