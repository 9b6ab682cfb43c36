/**
 * Who may try passwords of codes, and how often. Checking one is dear on purpose, so that only a few are checked at a
 * time; an address has few tries at a code, and gets the same answer whether the next one would have been right.
 */
import { opens } from '../lock.ts';
import { Budget } from './budget.ts';

/** Tries of one address at one code: ten at once, then one every two minutes. */
const triesMax = 10;
const tryEveryMs = 120_000;
/** Checks under way at once: the thread pool has four threads, and files to write. */
const checksMax = 2;
/** Who comes when so many wait is asked to come again. */
const waitingMax = 50;

export type Verdict = 'right' | 'wrong' | 'too_many' | 'busy';

export class Passwords {
  readonly #tries = new Budget({ max: triesMax, everyMs: tryEveryMs });
  readonly #waiting: (() => void)[] = [];
  /** Checks by name, waiting ones too. */
  readonly #underWay = new Map<string, Set<Promise<Verdict>>>();
  #checking = 0;

  /** Whether a password opens the lock of a code, for whoever tries. */
  async check(lock: string, password: string, qr: string, who: string, now: number): Promise<Verdict> {
    const name = `${qr} ${who}`;
    while (!this.#tries.take(name, now)) {
      // A right one gives its try back: a whole school behind one address may come at once.
      const underWay = this.#underWay.get(name);
      if (!underWay) return 'too_many';
      await Promise.race(underWay);
    }
    const checking = this.#checked(() => opens(lock, password)).then(verdict => {
      // What was right, or not looked at, costs no try.
      if (verdict !== 'wrong') this.#tries.giveBack(name);
      return verdict;
    });
    const underWay = this.#underWay.get(name) ?? new Set();
    this.#underWay.set(name, underWay.add(checking));
    return checking.finally(() => {
      underWay.delete(checking);
      if (underWay.size === 0) this.#underWay.delete(name);
    });
  }

  async #checked(isRight: () => Promise<boolean>): Promise<Verdict> {
    if (this.#checking >= checksMax) {
      if (this.#waiting.length >= waitingMax) return 'busy';
      await new Promise<void>(resolve => this.#waiting.push(resolve));
    }
    this.#checking += 1;
    try {
      return (await isRight()) ? 'right' : 'wrong';
    } finally {
      this.#checking -= 1;
      this.#waiting.shift()?.();
    }
  }
}
