/**
 * What a campaign has found: its lines, in the order in which they are told.
 */

/** A line of a campaign's table: what was counted, and whether that is as it must be. */
export interface Finding {
  readonly what: string;
  readonly value: string;
  readonly holds: boolean;
}

/** `points`: how often something happens, if not as often as the campaign has it. */
export type Campaign = (seed: number, points?: number) => Promise<readonly Finding[]>;
