/**
 * The three finder patterns as every module-drawing part sees them: seven modules on a side, in all corners but the one
 * at the bottom right.
 */

/** Modules on a side. */
export const finderSize = 7;

/** Whether a module belongs to one of them. */
export function isFinder(size: number, x: number, y: number): boolean {
  const far = size - finderSize;
  return (x < finderSize && (y < finderSize || y >= far)) || (x >= far && y < finderSize);
}
