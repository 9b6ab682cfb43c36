/**
 * Waiting without sleeping: a test names the condition it waits for and the time that is too long. It promises the
 * first truthy value, or an error that says what was waited for. A fixed sleep is either flaky or slow, mostly both.
 */
import { setTimeout as pause } from 'node:timers/promises';

const pollMs = 10;

/** Asks until the answer is truthy and returns it; after `timeoutMs` it throws. The condition's own errors go through. */
export async function until<T>(condition: () => T | Promise<T>, timeoutMs: number): Promise<T> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const answer = await condition();
    if (answer) return answer;
    if (performance.now() > deadline) throw new Error(`waited ${timeoutMs} ms in vain for: ${condition}`);
    await pause(pollMs);
  }
}

/**
 * Lets time pass. Not to wait for something, for which there is `until`: for an outage that is to last, and for clients of
 * a load who think between two requests.
 */
export const letPass = (ms: number): Promise<void> => pause(ms);
