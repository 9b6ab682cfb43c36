/**
 * The problem that something fails with, as a value to look at. What fails in another way, or not at all, is the test's
 * own failure and says so.
 */
import { Problem } from '../../src/problem.ts';

/** The problem a function throws or a promise rejects with. */
export async function problemOf(work: (() => unknown) | Promise<unknown>): Promise<Problem> {
  try {
    await (typeof work === 'function' ? work() : work);
  } catch (error) {
    if (error instanceof Problem) return error;
    throw error;
  }
  throw new Error('no problem came');
}

/** Where and why the input was refused: `pointer code`, in order. */
export const faultsOf = ({ errors }: Problem): string[] => errors.map(({ pointer, code }) => `${pointer} ${code}`);
