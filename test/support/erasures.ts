/**
 * What an erasure leaves of a history: the same events, of which those of the erased stream are blank where they were
 * personal. So a read model that has lived through it can be held against one that is built anew.
 */
import type { AnyEvent } from '../../events/index.ts';
import { isErasure } from '../../src/store/batch.ts';
import { blanked, divide } from '../../src/store/personal.ts';

/** A history as the ledger gives it once its erasures have taken effect. */
export function afterErasures(history: readonly AnyEvent[]): AnyEvent[] {
  const ends = new Map(history.flatMap(({ type, stream, position }) => (isErasure(type) ? [[stream, position]] : [])));
  return history.map(event => {
    // What was answered about something goes with it, whenever it came in.
    const isAnswer = event.type === 'delivery.attempted' && ends.has(event.data.about ?? '');
    if (!isAnswer && event.position >= (ends.get(event.stream) ?? 0)) return event;
    return { ...event, data: blanked(event.type, divide(event.type, event.data).open) } as AnyEvent;
  });
}
