/**
 * A loop that runs until it is told to stop: the one shape of background work here. A step that fails is reported and
 * tried again after a pause that doubles up to a limit and that no wake-up shortens, so that what can't succeed costs
 * little however much happens; nor does one shorten a rest that a step asks for. A step that says it had nothing to do
 * waits to be woken. No failure ends a worker in silence.
 */

export interface WorkerOptions {
  readonly name: string;
  /** Longest wait without being woken, in milliseconds: polling is the truth, waking is a hint. Asked before each wait. */
  readonly idleMs: number | (() => number);
  readonly onError: (error: unknown, name: string) => void;
  /** Longest pause after such a failure, in milliseconds; 2,000 unless told otherwise. */
  readonly retryMaxMs?: ((error: unknown) => number) | undefined;
}

const retryFirstMs = 50;
const retryMaxMsDefault = 2_000;

export class Worker {
  #step: () => Promise<boolean | number>;
  #options: WorkerOptions;
  #running: Promise<void> | undefined;
  #stopped = false;
  #woken = false;
  #idle = false;
  #wake: (() => void) | undefined;

  /** `step` does one piece of work and tells whether there may be more, or that there is after a rest of so many ms. */
  constructor(step: () => Promise<boolean | number>, options: WorkerOptions) {
    this.#step = step;
    this.#options = options;
  }

  start(): this {
    this.#running ??= this.#run();
    return this;
  }

  /** Ends the wait for something to do, if there is one. */
  wake(): void {
    this.#woken = true;
    if (this.#idle) this.#wake?.();
  }

  /** Resolves after the step in progress. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#wake?.();
    await this.#running;
  }

  get stopped(): boolean {
    return this.#stopped;
  }

  async #run(): Promise<void> {
    const { idleMs, retryMaxMs = () => retryMaxMsDefault } = this.#options;
    let retryMs = retryFirstMs;
    while (!this.#stopped) {
      this.#woken = false;
      try {
        const more = await this.#step();
        retryMs = retryFirstMs;
        this.#idle = more === false && !this.#woken;
        if (typeof more === 'number') await this.#pause(more);
        else if (this.#idle) await this.#pause(typeof idleMs === 'number' ? idleMs : idleMs());
      } catch (error) {
        if (this.#stopped) return;
        this.#idle = false;
        this.#options.onError(error, this.#options.name);
        const pauseMs = Math.min(retryMs, retryMaxMs(error));
        await this.#pause(pauseMs);
        retryMs = pauseMs * 2;
      }
    }
  }

  #pause(timeoutMs: number): Promise<void> {
    if (this.#stopped) return Promise.resolve();
    return new Promise(resolve => {
      const timer = setTimeout(() => this.#wake?.(), timeoutMs);
      this.#wake = () => {
        clearTimeout(timer);
        this.#wake = undefined;
        resolve();
      };
    });
  }
}
