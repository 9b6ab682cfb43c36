/**
 * The codes within a caller's reach: every route that takes the id of a code finds it here, or changes it by the rules
 * made here, so that a code of another organisation, team, tag or mode is not there for any of them. What a narrowed key
 * makes lies within its reach, and nothing it does takes a code out of it.
 */
import type { AnyEvent } from '../../events/index.ts';
import type { QrFact } from '../../events/qr.ts';
import type { Access } from '../../projections/keys.ts';
import { isWithin, type QrScope } from '../../projections/qr-filters.ts';
import { rowAfter } from '../../projections/qr-rows.ts';
import { findQr, type QrRow } from '../../projections/qrs.ts';
import { type Decider, fold } from '../decider.ts';
import { canonicalTag } from '../deciders/filing.ts';
import { type QrCommand, type QrState, qr } from '../deciders/qr.ts';
import { invalid } from '../problem.ts';
import type { ApiDeps } from './deps.ts';
import { noSuchCode } from './replies.ts';
import { belonging, visibleTo } from './visible.ts';

/** The code as it is now; throws 404 when the caller has none by this id. `qrs` must be fresh. */
export async function reachedQr({ sql }: ApiDeps, access: Access, id: string): Promise<QrRow> {
  const row = await findQr(sql, access.org, id, visibleTo(access));
  if (!row) throw noSuchCode();
  return row;
}

/**
 * All events of a code that the caller sees as it is now, or saw before it was deleted; throws 404 when there is none.
 * They come from the ledger, so no read model is waited for.
 */
export async function reachedEvents(deps: ApiDeps, access: Access, id: string): Promise<AnyEvent[]> {
  const events = await deps.readStream(id);
  const row = events[0]?.org === access.org ? rowAfter(events) : undefined;
  if (!row || !isWithin(visibleTo(access), row)) throw noSuchCode();
  return events;
}

/** The rules of a code for whoever has this access: those of everybody, within reach. */
export function rulesFor(access: Access): Decider<QrState, QrCommand, QrFact> {
  const scope = visibleTo(access);
  return {
    ...qr,
    decide(command, state) {
      if (command.do === 'create') {
        const made = qr.decide(within(access, command), state);
        if (!isWithin(scope, fold(qr, made, state))) throw outOfDomain(scope);
        return made;
      }
      if (state.status !== 'absent' && !isWithin(scope, state)) throw noSuchCode();
      const facts = qr.decide(command, state);
      const after = fold(qr, facts, state);
      if (command.do !== 'erase' && !isWithin(scope, after)) {
        throw isWithin({ ...scope, domains: null }, after) ? outOfDomain(scope) : outOfReach(scope, command);
      }
      return facts;
    },
  };
}

/** A new code belongs where the key does, whatever else was asked for. */
const within = (access: Access, command: Extract<QrCommand, { do: 'create' }>): QrCommand => ({
  ...command,
  ...belonging(access, { tags: (command.tags ?? []).map(canonicalTag) }),
});

const outOfDomain = ({ domains }: QrScope) =>
  invalid([
    {
      ...{ pointer: '/domain', code: 'not_allowed' },
      detail: `This key is for codes under ${domains?.join(' or ')}; the code would not be.`,
    },
  ]);

const outOfReach = ({ tags }: QrScope, command: QrCommand) =>
  invalid([
    {
      pointer: command.do === 'restore' ? command.pointer || '/version' : '/tags',
      code: 'not_allowed',
      detail: `This key sees only codes tagged ${(tags ?? []).map(tag => `"${tag}"`).join(' or ')}; the code would have none of these.`,
    },
  ]);
