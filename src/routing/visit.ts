/**
 * A visit of a code, as far as it decides where the visitor is led. Nothing in it says who it is: it is put together
 * from a request and forgotten with it, or made up by whoever wants to try a code's rules.
 */
import type { Device } from '../../events/scan.ts';

/** What is known of who asks, and when. */
export interface Visit {
  /** Milliseconds since 1970, UTC. */
  readonly at: number;
  readonly country: string | null;
  readonly device: Device;
  readonly os: string | null;
  readonly browser: string | null;
  readonly language: string | null;
  /** Parameters of the short URL. */
  readonly query: () => URLSearchParams;
  /** A number from 0 up to 1 that is this visitor's for this word, every time. */
  readonly draw: (word: string) => number;
  /** Whether the code was scanned as often as it may be. */
  readonly isFull: () => boolean;
  /** Whether the code's password was given. */
  readonly isUnlocked: boolean;
}
