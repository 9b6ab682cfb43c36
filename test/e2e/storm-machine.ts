/**
 * Whether the machine was slow or the program: how long the programs of a storm were ready to run of late and got no
 * processor, as Linux tells it, and how late this process itself was. Tells nothing where there is no /proc.
 */
import { readFileSync } from 'node:fs';

const everyMs = 100;
const keptMs = 2_000;

export interface Machine {
  /** What each program waited for a processor in the last two seconds, and the longest delay of this one. */
  lacking(): string;
  stop(): void;
}

interface Sample {
  readonly waitedMs: ReadonlyMap<number, number>;
  readonly lagMs: number;
}

/** `pids`: the programs as they are at the moment. */
export function watchMachine(pids: () => readonly number[]): Machine {
  const samples: Sample[] = [];
  let dueAt = performance.now() + everyMs;
  const timer = setInterval(() => {
    const lagMs = Math.max(0, performance.now() - dueAt);
    dueAt = performance.now() + everyMs;
    const waited = pids().flatMap(pid => {
      const ms = waitedMsOf(pid);
      return ms === undefined ? [] : [[pid, ms] as const];
    });
    samples.push({ waitedMs: new Map(waited), lagMs });
    if (samples.length > keptMs / everyMs) samples.shift();
  }, everyMs);
  return {
    lacking: () => {
      const waits = pids().map(pid => {
        const first = samples.find(({ waitedMs }) => waitedMs.has(pid))?.waitedMs.get(pid);
        return first === undefined ? '?' : Math.round((waitedMsOf(pid) ?? first) - first);
      });
      const lagMs = Math.round(Math.max(0, ...samples.map(sample => sample.lagMs)));
      return `waited for a processor ${waits.join(', ')} ms of ${samples.length * everyMs}, this process ${lagMs} ms at once`;
    },
    stop: () => clearInterval(timer),
  };
}

/** Time that a process was ready to run and did not, since it began; undefined when it has ended. */
function waitedMsOf(pid: number): number | undefined {
  try {
    return Number(readFileSync(`/proc/${pid}/schedstat`, 'utf8').split(' ')[1]) / 1e6;
  } catch {
    return undefined;
  }
}
