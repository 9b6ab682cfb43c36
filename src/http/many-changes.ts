/**
 * Changes and deletions of many codes: one order for each, by the rules of one. What stands against a code is noted at
 * its row instead of ending it all, so that who asked hears of every row.
 */
import type { QrFact } from '../../events/qr.ts';
import type { Access } from '../../projections/keys.ts';
import { qrIds } from '../../projections/qr-filters.ts';
import type { Decider } from '../decider.ts';
import type { QrCommand, QrState } from '../deciders/qr.ts';
import type { Order } from '../execute.ts';
import { type Fault, invalid, Problem } from '../problem.ts';
import type { ApiDeps } from './deps.ts';
import type { QrChangeRow } from './job-schemas.ts';
import { alone, aloneFaults } from './qr-faults.ts';
import { rulesFor } from './qr-reach.ts';
import { routingFrom } from './routing-view.ts';
import { judgedChange } from './scannable.ts';
import { withTemplates } from './templates.ts';
import { visibleTo } from './visible.ts';

export type QrOrder = Order<QrState, QrCommand, QrFact>;
/** Hears what is wrong with a row; pointers lead into it. */
export type Note = (row: number, faults: readonly Fault[]) => void;

const fault = (code: string, detail: string): Fault[] => [{ pointer: '/id', code, detail }];

/** A problem as faults of a row; of the whole row where it says nothing of its fields. */
export const faultsOf = ({ errors, code, message }: Problem): readonly Fault[] =>
  errors.length > 0 ? errors : [{ pointer: '', code, detail: message }];

/** The orders of the rows that can be given one; `undefined` where something was noted. */
export async function changeOrders(
  deps: ApiDeps,
  access: Access,
  kind: 'change' | 'delete',
  rows: readonly QrChangeRow[],
  force: boolean,
  note: Note,
): Promise<(QrOrder | undefined)[]> {
  await deps.fresh(['qrs']);
  const ids = rows.map(({ id }) => id);
  const known = new Set(await qrIds(deps.sql, access.org, { ids }, visibleTo(access)));
  const seen = new Set<string>();
  const rules = rulesFor(access);
  const orders: (QrOrder | undefined)[] = [];
  for (const [i, { id, ...changes }] of rows.entries()) {
    const isTwice = seen.has(id);
    seen.add(id);
    if (!known.has(id)) note(i, fault('unknown', 'There is no such code.'));
    else if (isTwice) note(i, fault('duplicate', 'This code is given more than once.'));
    else {
      const command =
        kind === 'delete'
          ? { do: 'delete' as const }
          : await commandOf(deps, access, id, changes, force, faults => note(i, faults));
      orders.push(command && { decider: noting(rules, faults => note(i, faults)), stream: id, command });
      continue;
    }
    orders.push(undefined);
  }
  return orders;
}

/** The rules, with refusals noted: what is refused changes nothing. */
export function noting(
  rules: Decider<QrState, QrCommand, QrFact>,
  note: (faults: readonly Fault[]) => void,
): Decider<QrState, QrCommand, QrFact> {
  return {
    ...rules,
    decide(command, state) {
      try {
        return rules.decide(command, state);
      } catch (error) {
        if (!(error instanceof Problem)) throw error;
        note(faultsOf(error));
        return [];
      }
    },
  };
}

async function commandOf(
  deps: ApiDeps,
  access: Access,
  id: string,
  row: Omit<QrChangeRow, 'id'>,
  forceAll: boolean,
  note: (faults: readonly Fault[]) => void,
): Promise<QrCommand | undefined> {
  try {
    const faults = aloneFaults({ id, ...row });
    if (faults.length > 0) throw invalid(faults);
    const [{ force = forceAll, styleId: _, routing, domain: __, ...changes } = {}] = await withTemplates(
      deps,
      access.org,
      [row],
      alone,
    );
    const forced = await judgedChange(deps, access, id, changes.style, force);
    const command = { do: 'change' as const, hosts: deps.hosts(access.org), at: deps.now(), ...changes, forced };
    return routing ? { ...command, routing: routingFrom(routing).change } : command;
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    note(faultsOf(error));
    return undefined;
  }
}
