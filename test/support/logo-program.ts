/**
 * A program that takes logos from files, one after the other, and writes a line of JSON for each: what came of it, how
 * long it took, and the most memory that the program and the process that looked at the logo have ever had together.
 * Started by a test, so that the memory is its own.
 */
import { readFileSync } from 'node:fs';
import { sanitizeLogo } from '../../src/pictures/logo.ts';
import { Problem } from '../../src/problem.ts';

/** A file of /proc; empty when the process is gone, and where there is no /proc: nothing is measured there. */
function proc(path: string): string {
  try {
    return readFileSync(`/proc/${path}`, 'utf8');
  } catch {
    return '';
  }
}

/** The high-water mark of a process in KiB. */
const peakOf = (pid: number | string): number => Number(/^VmHWM:\s*(\d+)/m.exec(proc(`${pid}/status`))?.[1] ?? 0);

const children = (): string[] => proc(`${process.pid}/task/${process.pid}/children`).split(' ').filter(Boolean);

for (const path of process.argv.slice(2)) {
  const file = readFileSync(path);
  let childKiB = 0;
  const watch = setInterval(() => {
    for (const pid of children()) childKiB = Math.max(childKiB, peakOf(pid));
  }, 2);
  const start = performance.now();
  const outcome = await sanitizeLogo(file).then(
    ({ width, height }) => `${width}x${height}`,
    (error: unknown) => {
      if (!(error instanceof Problem)) throw error;
      return error.errors[0]?.code ?? error.code;
    },
  );
  const ms = Math.round(performance.now() - start);
  clearInterval(watch);
  console.log(JSON.stringify({ outcome, ms, ownKiB: peakOf(process.pid), childKiB }));
}
