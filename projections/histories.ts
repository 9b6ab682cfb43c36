/**
 * The history of one code, as a pure function of its events: each with the row before it and the row after it, so that
 * what it changed can be told field by field. Who did it is an id on record; its name is that of the key today.
 */
import type { AnyEvent } from '../events/index.ts';
import type { Sql } from './projection.ts';
import { evolveQr, type QrRow } from './qr-rows.ts';

export interface Step {
  readonly event: AnyEvent;
  /** Undefined before the first. */
  readonly before: QrRow | undefined;
  readonly after: QrRow;
}

/** Every event of a code with what it found and what it left, oldest first; none of a stream that is no code's. */
export function stepsOf(events: readonly AnyEvent[]): Step[] {
  const steps: Step[] = [];
  let before: QrRow | undefined;
  for (const event of events) {
    const after = evolveQr(before, event);
    if (!after) continue;
    steps.push({ event, before, after });
    before = after;
  }
  return steps;
}

/**
 * The step that put before visitors what they got at a version: the last one up to it that changed what there was for
 * them or brought the code back.
 */
export const publication = (
  steps: readonly Step[],
  version: number,
  isOther: (before: QrRow, after: QrRow) => boolean,
): Step | undefined =>
  steps.findLast(
    ({ event, before, after }) =>
      event.version <= version && (!before || before.status !== after.status || isOther(before, after)),
  );

/** Names of those of an organisation's keys that go by these ids. */
export async function keyNames(sql: Sql, org: string, ids: readonly string[]): Promise<Map<string, string>> {
  if (ids.length === 0) return new Map();
  const rows = await sql`select id, name from keys where org = ${org} and id = any(${[...new Set(ids)]})`;
  return new Map(rows.map(row => [row['id'] as string, row['name'] as string]));
}
