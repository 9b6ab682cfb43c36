/**
 * How a batch gets to Postgres: as the arguments of one call of `ledger.append()`, columns as lists or as text joined by
 * line feeds. One call, so that this process is free for other work until the answer is there.
 */
import { type Overspent, overspentIn, spendColumns } from './allowances.ts';
import type { AppendRequest, PaddedRow, Rendered, ScanWrite } from './batch.ts';
import type { Sql } from './connect.ts';
import { digestOf, earlierColumn } from './line.ts';
import { List } from './lists.ts';
import { factsInRow } from './vault.ts';

export interface Item {
  readonly request: AppendRequest;
  readonly rendered: Rendered;
}

/** Streams, names, `org key` of idempotency keys, or allowances with what was used of them before. */
export type Refusals = readonly (readonly ['version' | 'claim' | 'answer', string])[] | Overspent;

/** Where the batch was written and the digest the chain went on with, or what stands against it. */
export type Outcome =
  | { readonly base: number; readonly digest: Uint8Array; readonly refused: null }
  | { readonly base: null; readonly refused: Refusals };

const lf = '\n';

/**
 * What is asked besides rows. A stream that begins with the batch is not looked up, which would cost 1.4 us a row: if it
 * is there already, the unique index says so, and then all are looked up.
 */
function conditions(batch: readonly Item[], isSuspect: boolean) {
  const writes = gathered(batch, ({ request }) => request.writes).filter(
    write => isSuspect || write.expected > 0 || write.facts.length === 0,
  );
  const claims = gathered(batch, ({ request }) => request.claims);
  const answers = batch
    .filter(({ request }) => request.answer)
    .map(({ request, rendered }) => ({
      ...request.answer,
      at_ms: request.at,
      subject: subjectOf(request, rendered),
    }));
  return {
    checkStreams: writes.map(write => write.stream).join(lf),
    checkVersions: writes.map(write => write.expected),
    claimNames: claims.length > 0 ? claims.map(claim => claim.name).join(lf) : null,
    claimStreams: claims.length > 0 ? claims.map(claim => claim.stream).join(lf) : null,
    answers: answers.length > 0 ? JSON.stringify(answers) : null,
  };
}

/** Under what an answer is found when a subject of its request is erased. */
function subjectOf({ writes, request }: AppendRequest, { erased }: Rendered): string {
  return (writes.length === 1 && erased.length === 0 ? writes[0]!.stream : request) ?? '';
}

/** What the requests of a batch have of something, in one list. With `flatMap` each of them would cost a list of its own. */
function gathered<T>(batch: readonly Item[], of: (item: Item) => readonly T[] | undefined): T[] {
  const all: T[] = [];
  for (const item of batch) {
    const some = of(item);
    if (some) for (const one of some) all.push(one);
  }
  return all;
}

/** In the order of positions: all facts, then the scans. At most one request has scans. */
export const linesOf = (batch: readonly Item[]): string[] => [
  ...gathered(batch, ({ rendered }) => rendered.lines),
  ...gathered(batch, ({ rendered }) => rendered.scanLines),
];

/** A batch as it is sent. */
export interface Parcel {
  readonly statement: string;
  readonly values: readonly unknown[];
}

/** Writes a batch, which may have been packed already; nothing of it when anything stands against it. */
export async function carry(sql: Sql, batch: readonly Item[], packed = pack(batch, false)): Promise<Outcome> {
  try {
    return await send(sql, packed);
  } catch (error) {
    const refused = overspentIn(error);
    if (refused) return { base: null, refused };
    if (!isTaken(error)) throw error;
    return send(sql, pack(batch, true));
  }
}

/** A version that stands already: the batch was rolled back as a whole. */
const isTaken = (error: unknown): boolean =>
  (error as { constraint_name?: unknown } | null)?.constraint_name === 'events_stream_version';

/** What comes behind the append, in the same transaction, unless it was refused; how many parameters each takes. */
const behind = {
  spend: { call: 'limits.spend(', count: 3 },
  destroy: { call: 'vault.destroy(', count: 1 },
  destroyLate: { call: 'vault.destroy_late(', count: 1 },
} as const;
type Step = keyof typeof behind;

/** The statements that were needed so far, by the parameters of the append and what comes behind it. */
const statements = new Map<string, string>();
function statementFor(count: number, steps: readonly Step[]): string {
  const name = [count, ...steps].join(' ');
  let statement = statements.get(name);
  if (statement === undefined) {
    // JSON text is sent as it is.
    const append = `select ledger.append(${parameters(0, count).replace('$6,', '$6::text::json,')}) as outcome`;
    let from = count;
    const calls = steps.map(step => {
      const { call, count } = behind[step];
      from += count;
      return `, case json_typeof(outcome) when 'number' then ${call}${parameters(from - count, count)}) end`;
    });
    // "offset 0" lets the append be called once, however often its outcome is looked at.
    statement = steps.length === 0 ? append : `select outcome${calls.join('')} from (${append} offset 0) appended`;
    statements.set(name, statement);
  }
  return statement;
}

/** `$1, $2, …` behind `from` others. */
const parameters = (from: number, count: number): string =>
  Array.from({ length: count }, (_, i) => `$${from + i + 1}`).join(', ');

/** A column of text; of one value alone when that stands in all rows, as it often does. */
const texts = (values: readonly string[]): string => {
  const first = values[0]!;
  return values.every(value => value === first) ? first : values.join(lf);
};

/** A column of numbers, likewise. */
const numbers = (values: readonly number[]): readonly number[] => {
  const first = values[0]!;
  return values.every(value => value === first) ? [first] : values;
};

async function send(sql: Sql, { statement, values }: Parcel): Promise<Outcome> {
  const parameters = values.map(value => (value instanceof List ? sql.typed(value.bytes as never, value.type) : value));
  const [row] = await sql.unsafe(statement, parameters as never[], { prepare: true });
  const outcome = row!['outcome'] as number | Refusals;
  if (typeof outcome !== 'number') return { base: null, refused: outcome };
  return { base: outcome, digest: values[0] as Uint8Array, refused: null };
}

/** Whatever can be done for a batch before it is its turn. */
export function pack(batch: readonly Item[], isSuspect: boolean): Parcel {
  const asked = conditions(batch, isSuspect);
  const rows = batch.length === 1 ? batch[0]!.rendered.rows : gathered(batch, ({ rendered }) => rendered.rows);
  const values: unknown[] = [
    digestOf(linesOf(batch).join('')),
    asked.checkStreams,
    asked.checkVersions,
    asked.claimNames,
    asked.claimStreams,
    asked.answers,
    rows.length,
    ...(rows.length > 0
      ? [
          new List(
            'text',
            rows.map(row => row.stream),
          ),
          numbers(rows.map(row => row.version)),
          texts(rows.map(row => row.type)),
          numbers(rows.map(row => row.at)),
          texts(rows.map(row => row.org ?? '')),
          texts(rows.map(row => row.actor)),
          texts(rows.map(row => row.request ?? '')),
          new List(
            'json',
            rows.map(row => row.data),
          ),
        ]
      : Array(8).fill(null)),
    ...(rows.some(({ pad }) => pad.length > 0) ? padColumns(rows) : [null, null, null]),
  ];
  const scans = batch.find(({ request }) => request.scans)?.request.scans;
  if (scans) values.push(...scanColumns(scans));
  const { length } = values;
  const steps: Step[] = [];
  const spends = gathered(batch, ({ request }) => request.spends);
  if (spends.length > 0) {
    steps.push('spend');
    values.push(...spendColumns(spends));
  }
  const erased = gathered(batch, ({ rendered }) => rendered.erased);
  if (erased.length > 0) {
    steps.push('destroy');
    values.push(erased);
  }
  const about = gathered(batch, ({ rendered }) => rendered.about);
  if (about.length > 0) {
    steps.push('destroyLate');
    values.push(about);
  }
  return { statement: statementFor(length, steps), values };
}

/** Where each pad begins in its row, where each row ends, and all of them. */
function padColumns(rows: readonly PaddedRow[]): unknown[] {
  const starts: number[] = [];
  const ends: number[] = [];
  let end = 0;
  let begin = 0;
  for (const { pad } of rows) {
    if (starts.length % factsInRow === 0) begin = end;
    ends[Math.floor(starts.length / factsInRow)] = end + pad.length;
    starts.push(end - begin);
    end += pad.length;
  }
  return [starts, ends, Buffer.concat(rows.map(({ pad }) => pad))];
}

function scanColumns(write: ScanWrite): unknown[] {
  const { stream, expected, scans } = write;
  return [
    stream,
    expected,
    scans.length,
    numbers(scans.map(s => s.at)),
    texts(scans.map(s => s.org)),
    texts(scans.map(s => s.data.qr)),
    numbers(scans.map(s => s.data.qrVersion)),
    texts(scans.map(s => s.data.rule ?? '')),
    texts(scans.map(s => s.data.kind)),
    texts(scans.map(s => s.data.country ?? '')),
    texts(scans.map(s => s.data.device)),
    texts(scans.map(s => s.data.os ?? '')),
    texts(scans.map(s => s.data.browser ?? '')),
    texts(scans.map(s => s.data.referrer ?? '')),
    texts(scans.map(s => s.data.language ?? '')),
    numbers(scans.map(s => s.data.agent)),
    // Never as one value: how many rows there are is told by the longest column.
    scans.map(s => s.data.visitor),
    texts(scans.map(s => s.data.region ?? '')),
    texts(scans.map(s => s.data.city ?? '')),
    texts(scans.map(s => s.data.utm?.source ?? '')),
    texts(scans.map(s => s.data.utm?.medium ?? '')),
    texts(scans.map(s => s.data.utm?.campaign ?? '')),
    texts(scans.map(s => (s.data.test ? 'true' : ''))),
    numbers(scans.map(s => s.data.rules ?? 0)),
    texts(scans.map(s => earlierColumn(s.data))),
  ];
}
