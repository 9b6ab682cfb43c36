/**
 * Waiting for read models that another process keeps current: their checkpoints are in the database, and looking at
 * them is cheap.
 */
import { type Sql, withDeadline } from './connect.ts';

const lookEveryMs = 10;

/** Resolves when all schemas' checkpoints have reached a position; rejects after `timeoutMs`. */
export function checkpointsReached(
  sql: Sql,
  schemas: readonly string[],
  position: number,
  timeoutMs: number,
): Promise<void> {
  let waiting = true;
  const look = async () => {
    while (waiting) {
      const [row] = await sql`
        select count(*) as behind from projections.checkpoints
        where schema = any(${schemas as string[]}) and position < ${position}`;
      if (row!['behind'] === 0) return;
      await new Promise(resolve => setTimeout(resolve, lookEveryMs));
    }
  };
  return withDeadline(look(), timeoutMs, 'the read models').finally(() => {
    waiting = false;
  });
}
