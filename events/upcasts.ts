/**
 * Older shapes of events as today's: what is on record never changes, so that whoever reads it is given what today's
 * schema says. A shape that can't be read as it is by today's code gets a line here in the release that changes it, and
 * its samples stay in `test/samples`. Pure, like all of this folder; there was no such change yet.
 */

type Data = Readonly<Record<string, unknown>>;

export interface Upcast {
  readonly type: string;
  /** Whether data has the older shape. */
  readonly isOld: (data: Data) => boolean;
  /** The same in the next shape, which another upcast may take further. */
  readonly renewed: (data: Data) => Data;
}

/** In the order of releases. */
export const upcasts: readonly Upcast[] = [];

/** Data of an event by today's shape, from any that was ever shipped. */
export function renewal(registry: readonly Upcast[]) {
  const byType = Map.groupBy(registry, ({ type }) => type);
  return <D extends object>(type: string, data: D): D => {
    const steps = byType.get(type);
    if (!steps) return data;
    const start = data as unknown as Data;
    return steps.reduce((now, step) => (step.isOld(now) ? step.renewed(now) : now), start) as unknown as D;
  };
}

/** What readers of the ledger apply. */
export const renewed = renewal(upcasts);
