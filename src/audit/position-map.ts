/**
 * Positions of one ledger in another: an event that is imported has a new place, and what speaks of it by its place has to
 * follow, or a webhook would be told again of what it was told long ago.
 */
import type { AnyEvent } from '../../events/index.ts';

export class PositionMap {
  readonly #old: number[] = [];
  readonly #new: number[] = [];

  /** In order. */
  add(old: number, now: number): void {
    this.#old.push(old);
    this.#new.push(now);
  }

  /** The place of the last event at or before an old place; 0 before the first. */
  at(old: number): number {
    let [low, high] = [0, this.#old.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#old[middle]! <= old) low = middle + 1;
      else high = middle;
    }
    return low === 0 ? 0 : this.#new[low - 1]!;
  }

  /** The last of the old places that an event speaks of; 0 when it speaks of none. */
  lastIn(event: AnyEvent): number {
    switch (event.type) {
      case 'delivery.attempted':
        return Math.max(...event.data.attempts.map(({ position }) => position));
      case 'replay.requested':
        return event.data.until;
      case 'replay.advanced':
        return Math.max(event.data.through, ...Object.values(event.data.deliveries).flat());
      default:
        return 0;
    }
  }

  /** An event that speaks of the new places. */
  moved(event: AnyEvent): AnyEvent {
    switch (event.type) {
      case 'delivery.attempted': {
        const attempts = event.data.attempts.map(attempt => ({ ...attempt, position: this.at(attempt.position) }));
        const excerpts = Object.entries(event.data.excerpts ?? {}).map(([place, text]) => [
          this.at(Number(place)),
          text,
        ]);
        const kept = event.data.excerpts && { excerpts: Object.fromEntries(excerpts) as Record<string, string> };
        return { ...event, data: { ...event.data, attempts, ...kept } };
      }
      case 'replay.requested': {
        const { after, until } = event.data;
        return { ...event, data: { ...event.data, after: this.at(after), until: this.at(until) } };
      }
      case 'replay.advanced': {
        const lists = Object.entries(event.data.deliveries).map(([name, list]) => [name, list.map(at => this.at(at))]);
        const deliveries = Object.fromEntries(lists) as Record<string, number[]>;
        return { ...event, data: { ...event.data, through: this.at(event.data.through), deliveries } };
      }
      default:
        return event;
    }
  }
}
