/**
 * Waiting without sleeping: a test names the condition it waits for and the time that is too long. It promises the
 * first truthy value, or an error that says what was waited for. A fixed sleep is either flaky or slow, mostly both.
 */
import { setTimeout as pause } from 'node:timers/promises';

const pollMs = 10;
/** So much longer than on a quiet machine all may take: the tests share theirs with each other, and with whatever else runs. */
const patience = 4;

/**
 * Asks until the answer is truthy and returns it; the condition's own errors go through. It throws after `patience` times
 * `timeoutMs`, which is what is too long on a quiet machine. Nothing is proven by how soon that is.
 */
export async function until<T>(condition: () => T | Promise<T>, timeoutMs: number): Promise<T> {
  const longestMs = patience * timeoutMs;
  const deadline = performance.now() + longestMs;
  for (;;) {
    const answer = await condition();
    if (answer) return answer;
    if (performance.now() > deadline) throw new Error(`waited ${longestMs} ms in vain for: ${condition}`);
    await pause(pollMs);
  }
}

/**
 * Lets time pass. Not to wait for something, for which there is `until`: for an outage that is to last, and for clients of
 * a load who think between two requests.
 */
export const letPass = (ms: number): Promise<void> => pause(ms);
