/**
 * Scans straight from the ledger's rows, as columns: what many have in common comes once, with the places of those that
 * have it, and so does each version of a code; a scan is two numbers besides. Postgres takes a third of what a line of
 * text for each scan takes it, and this program a tenth.
 */
import type { Scan } from '../events/scan.ts';
import type { Revision } from './counting.ts';
import type { Sql } from './projection.ts';
import { Intake, organizationSubject, type Subject } from './scan-intake.ts';
import { combinationOf } from './scan-items.ts';
import { quarterMs } from './scan-times.ts';

const commonColumns = `kind, rules, earlier, country, region, city, device, os, browser, language, referrer, rule,
  utm_source, utm_medium, utm_campaign`;

/** What scans have in common; where they stand, and the visitor of each. */
interface Common {
  /** Of user agents that rules have revised. */
  readonly agent: number | null;
  readonly earlier: string | null;
  readonly utm_source: string | null;
  readonly utm_medium: string | null;
  readonly utm_campaign: string | null;
  readonly visitors: Uint8Array;
}

/** A version of a code; where its scans stand, and the quarter of each. */
interface Code {
  readonly qr: string;
  readonly org: string;
  readonly version: number;
  readonly test: boolean | null;
  readonly quarters: Uint8Array;
}

/** The scans of a stretch of so many positions, as columns. */
export interface Columns {
  readonly width: number;
  readonly codes: readonly Code[];
  readonly commons: readonly Common[];
}

/** All scans behind a position up to another one; in a transaction, for it changes how Postgres goes about it. */
export async function readColumns(
  sql: Sql,
  after: number,
  to: number,
  revisions: ReadonlyMap<number, Revision>,
): Promise<Columns> {
  // It takes the rows for few until it has looked at them, and then sorts them on disk, which takes twice as long.
  await sql.unsafe(`set local enable_sort = off; set local work_mem = '64MB'`).simple();
  const commons = await sql<Common[]>`
    select agent, ${sql.unsafe(commonColumns)}, ${placed(sql, after, sql`visitor`)} as visitors
    from (
      select position, visitor, ${sql.unsafe(commonColumns)},
        case when agent = any(${[...revisions.keys()]}::int[]) then agent end as agent
      from ledger.scans where position > ${after} and position <= ${to}
    ) scans
    group by agent, ${sql.unsafe(commonColumns)}`;
  const codes = await sql<Code[]>`
    select qr, org, test, qr_version as version, ${placed(sql, after, sql`at_ms / ${quarterMs}::bigint`)} as quarters
    from ledger.scans where position > ${after} and position <= ${to}
    group by qr, org, test, qr_version`;
  return { width: to - after, codes, commons };
}

/**
 * A number of each scan behind its place, in eight bytes: as text, the two took twice as long to write as to collect, and
 * longer to read.
 */
const placed = (sql: Sql, after: number, number: ReturnType<Sql>) =>
  sql`string_agg(int8send((position - ${after}) << 32 | ${number}), '')`;

/** Puts the columns together, in the order of the ledger: numbers are given in it. */
export function intakeFrom({ width, codes, commons }: Columns, revisions: ReadonlyMap<number, Revision>): Intake {
  const column = () => new Int32Array(width + 1);
  const [codeAt, quarterAt, commonAt, visitorAt] = [column(), column(), column(), column()];
  // Nought is for places where no scan stands.
  for (const [i, { quarters }] of codes.entries()) scatter(quarters, quarterAt, codeAt, i + 1);
  for (const [i, { visitors }] of commons.entries()) scatter(visitors, visitorAt, commonAt, i);
  const intake = new Intake();
  const subjects: [Subject, Subject][] = [];
  const numbers: number[] = [];
  for (let place = 1; place <= width; place++) {
    const code = codeAt[place]! - 1;
    if (code < 0) continue;
    const common = commonAt[place]!;
    numbers[common] ??= intake.numberOf(combinationIn(commons[common]!, revisions));
    subjects[code] ??= subjectsOf(intake, codes[code]!);
    const [one, all] = subjects[code];
    intake.add(one, all, quarterAt[place]!, visitorAt[place]!, codes[code]!.version, numbers[common]);
  }
  return intake;
}

const subjectsOf = (intake: Intake, { qr, org, test }: Code): [Subject, Subject] => [
  intake.subjectOf(qr, org),
  intake.subjectOf(organizationSubject(org, test === true), org),
];

function combinationIn(common: Common, revisions: ReadonlyMap<number, Revision>): string {
  const { agent, earlier, utm_source, utm_medium, utm_campaign, ...scan } = common;
  const utm = { source: utm_source, medium: utm_medium, campaign: utm_campaign };
  const before = earlier && Object.fromEntries(earlier.split(' ').map(pair => pair.split('=')));
  return combinationOf(
    { ...scan, ...(before && { earlier: before }), utm } as unknown as Scan,
    revisions.get(agent ?? -1),
  );
}

/** Numbers to where they belong, and to each what they were found with. */
function scatter(placed: Uint8Array, numbers: Int32Array, owners: Int32Array, owner: number): void {
  const view = new DataView(placed.buffer, placed.byteOffset, placed.byteLength);
  for (let at = 0; at < placed.byteLength; at += 8) {
    const place = view.getInt32(at);
    numbers[place] = view.getInt32(at + 4);
    owners[place] = owner;
  }
}
