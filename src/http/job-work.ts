/**
 * The work of a job: a chunk of its rows at a time, in one commit with the fact that says what each row came to. So each
 * row takes effect once, whoever dies or takes over in between. Rows that can't be are noted and the others go on.
 */
import { TypeCompiler } from '@sinclair/typebox/compiler';
import type { AnyFact } from '../../events/index.ts';
import type { JobFact, JobKind, RowFault } from '../../events/job.ts';
import type { Access } from '../../projections/keys.ts';
import type { Decider } from '../decider.ts';
import { slugClaim } from '../deciders/claims.ts';
import type { HostRules } from '../deciders/destination.ts';
import { type JobCommand, type JobState, job } from '../deciders/job.ts';
import { type Context, execute, type Order } from '../execute.ts';
import { newId } from '../ids.ts';
import { type Fault, invalid, Problem } from '../problem.ts';
import { faultsOf as schemaFaults } from '../schema-faults.ts';
import { inSlices } from '../slices.ts';
import { creationOrders } from './creations.ts';
import type { ApiDeps } from './deps.ts';
import { first, rowFaultsMax } from './input.ts';
import { QrChangeRow } from './job-schemas.ts';
import { changeOrders, faultsOf, noting } from './many-changes.ts';
import { alone, aloneFaults, faultsIn, faultsInChange } from './qr-faults.ts';
import { judged, triedAtOnce } from './scannable.ts';
import { QrCreate } from './schemas.ts';
import { withTemplates } from './templates.ts';
import { keepable } from './text-faults.ts';

type AnyOrder = Order<never, never, AnyFact>;

export interface Chunk {
  readonly job: string;
  readonly kind: JobKind;
  readonly force: boolean;
  /** Number of the first row. */
  readonly from: number;
  readonly rows: readonly unknown[];
}

const creates = TypeCompiler.Compile(QrCreate);
const changes = TypeCompiler.Compile(QrChangeRow);

/**
 * What is wrong with each of these rows as it came; also a slug that a good row before it asks for, because two claims of
 * one name would end them all.
 */
export async function faultsOfRows(
  deps: Pick<ApiDeps, 'hosts' | 'domainOf'>,
  org: string,
  at: number,
  { kind, from, rows }: Pick<Chunk, 'kind' | 'from' | 'rows'>,
): Promise<Fault[][]> {
  const hosts = deps.hosts(org);
  const claimed = new Map<string, number>();
  return inSlices(rows, (row, i) => {
    const faults = rowFaults(hosts, at, kind, row);
    if (kind !== 'create' || faults.length > 0) return faults;
    const claim = claimIn(deps, org, row as QrCreate);
    if (claim === undefined) return [];
    const earlier = claimed.get(claim);
    if (earlier !== undefined) return [twice(earlier)];
    claimed.set(claim, from + i);
    return [];
  });
}

/** The name that a row asks for, if it chooses one. */
export function claimIn({ domainOf }: Pick<ApiDeps, 'domainOf'>, org: string, { slug, domain }: QrCreate) {
  if (slug === undefined) return undefined;
  // A domain that is not known is refused later, and is not the instance's own until then.
  return slugClaim(slug, domain == null ? null : (domainOf(org, domain) ?? { id: domain, host: domain }));
}

const twice = (row: number): Fault => ({
  ...{ pointer: '/slug', code: 'duplicate' },
  detail: `The slug is asked for twice; first in row ${row}.`,
});

function rowFaults(hosts: HostRules, at: number, kind: JobKind, row: unknown): Fault[] {
  const checker = kind === 'create' ? creates : changes;
  const faults = checker.Check(row) ? [] : schemaFaults(first(checker.Errors(row), rowFaultsMax), '/');
  const places = new Set(faults.map(({ pointer }) => pointer));
  if (kind === 'delete') return faults;
  const more = kind === 'create' ? faultsIn(hosts, [row], alone, at) : faultsInChange(hosts, row);
  return [...faults, ...[...more, ...aloneFaults(row)].filter(({ pointer }) => !places.has(pointer))];
}

/** What the rows of a chunk came to so far. */
class Notes {
  readonly codes: (string | null)[] = [];
  faults = new Map<number, readonly Fault[]>();

  note(row: number, faults: readonly Fault[]): void {
    if (!this.faults.has(row)) this.faults.set(row, faults);
  }

  /** The rows that nothing stands against yet. */
  good(rows: readonly unknown[]): number[] {
    return rows.map((_, i) => i).filter(i => !this.faults.has(i));
  }

  /** The order that says it all, with what the orders before it have noted. */
  order({ job: stream, from }: Chunk): AnyOrder {
    const told = (): Extract<JobCommand, { do: 'advance' }> => {
      const faults = [...this.faults].flatMap(([row, found]) =>
        found.map(
          ({ pointer, code, detail }): RowFault => ({
            ...{ row: from + row, code },
            pointer: keepable(pointer),
            detail: keepable(detail),
          }),
        ),
      );
      return { do: 'advance', from, codes: this.codes.map((code, i) => (this.faults.has(i) ? null : code)), faults };
    };
    const decider: Decider<JobState, JobCommand, JobFact> = { ...job, decide: (_, state) => job.decide(told(), state) };
    return { decider, stream, command: { do: 'cancel' } satisfies JobCommand } as unknown as AnyOrder;
  }
}

/**
 * Deals with the rows of a chunk, or with the first of them when the quota is short; tells whether it is used up.
 * @param isUsedUp whether it was before, so that each chunk behind costs one try and not one for each row
 */
export async function dealWith(
  deps: ApiDeps,
  access: Access,
  context: Context,
  chunk: Chunk,
  isUsedUp = false,
): Promise<boolean> {
  const notes = new Notes();
  for (const [i, faults] of (await faultsOfRows(deps, access.org, context.at, chunk)).entries()) {
    if (faults.length > 0) notes.note(i, faults);
    notes.codes.push(null);
  }
  if (chunk.kind === 'create') return create(deps, access, context, chunk, notes, isUsedUp);
  await change(deps, access, context, chunk, notes);
  return false;
}

/** Notes each row of a chunk as failed for what was thrown; only what was meant for callers is told. */
export async function giveUp(deps: ApiDeps, context: Context, chunk: Chunk, error: unknown): Promise<void> {
  const unknown = { pointer: '', code: 'internal_error', detail: 'Something went wrong on our side with this row.' };
  const notes = new Notes();
  for (const i of chunk.rows.keys()) {
    notes.codes.push(null);
    notes.note(i, error instanceof Problem ? faultsOf(error) : [unknown]);
  }
  await write(deps, context, () => [notes.order(chunk)]);
}

async function change(deps: ApiDeps, access: Access, context: Context, chunk: Chunk, notes: Notes): Promise<void> {
  const good = notes.good(chunk.rows);
  const rows = good.map(i => chunk.rows[i] as QrChangeRow);
  for (const [k, { id }] of rows.entries()) notes.codes[good[k]!] = id;
  const kind = chunk.kind === 'delete' ? 'delete' : 'change';
  const orders = await changeOrders(deps, access, kind, rows, chunk.force, (k, faults) => notes.note(good[k]!, faults));
  const given = orders.filter(order => order !== undefined) as unknown as AnyOrder[];
  const before = new Map(notes.faults);
  await write(deps, context, () => {
    // What the try before was refused for may not hold any more.
    notes.faults = new Map(before);
    return [...given, notes.order(chunk)];
  });
}

async function create(
  deps: ApiDeps,
  access: Access,
  context: Context,
  chunk: Chunk,
  notes: Notes,
  isUsedUp: boolean,
): Promise<boolean> {
  const limits = deps.limitsOf({ access, requestId: context.request ?? '', at: context.at });
  for (;;) {
    const good = notes.good(chunk.rows);
    const ids = good.map(() => newId('qr', context.at));
    for (const [k, i] of good.entries()) notes.codes[i] = ids[k]!;
    const prefix = (k: number) => `/${k}`;
    try {
      const asked = good.map(i => chunk.rows[i] as QrCreate);
      const inputs = await withTemplates(deps, access.org, asked, prefix);
      const tried = triedAtOnce(deps, inputs);
      // The rows behind those are for the next commit.
      if (tried < good.length) {
        return dealWith(deps, access, context, { ...chunk, rows: chunk.rows.slice(0, good[tried]) }, isUsedUp);
      }
      const forced = await judged(deps, inputs, prefix, chunk.force);
      const orders = creationOrders(deps, { access, at: context.at }, inputs, forced, ids, prefix);
      // All that is refused is heard of at once: one row at a time would decide a thousand rows a thousand times.
      let refused: Fault[] = [];
      const all = (taken: readonly string[]) => {
        refused = [];
        const made = orders(taken).map(order => ({
          ...order,
          decider: noting(order.decider, faults => refused.push(...faults)),
        }));
        return [...(made as unknown as AnyOrder[]), notes.order(chunk)];
      };
      const check = () => {
        if (refused.length > 0) throw invalid(refused);
      };
      await deps.quota.within(access, limits, good.length, context.at, spends =>
        write(deps, { ...context, spends: good.length === 0 ? [] : spends }, all, check),
      );
      return false;
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      if (error.code === 'quota_exceeded') {
        if (good.length > 1 && !isUsedUp) {
          const rows = chunk.rows.slice(0, good[Math.floor(good.length / 2)]);
          return dealWith(deps, access, context, { ...chunk, rows });
        }
        for (const i of good) notes.note(i, faultsOf(error));
        await write(deps, context, () => [notes.order(chunk)]);
        return true;
      }
      if (!noted(error, good, notes)) throw error;
    }
  }
}

/** Notes what a problem says of single rows; false when it says nothing of any. */
function noted(problem: Problem, good: readonly number[], notes: Notes): boolean {
  const byRow = new Map<number, Fault[]>();
  for (const { pointer, code, detail } of problem.errors) {
    const [, k, rest] = /^\/(\d+)(\/.*)?$/.exec(pointer) ?? [];
    const row = good[Number(k)];
    if (row === undefined) continue;
    byRow.set(row, [...(byRow.get(row) ?? []), { pointer: rest ?? '', code, detail }]);
  }
  for (const [row, faults] of byRow) notes.note(row, faults);
  return byRow.size > 0;
}

/** @param check may still end it, when all is decided and nothing written */
const write = (
  deps: ApiDeps,
  context: Context,
  orders: (taken: readonly string[]) => AnyOrder[],
  check: () => void = () => {},
) =>
  execute(deps.execution, context, orders as never, () => {
    check();
    return { status: 200, headers: {}, body: null };
  });
