/**
 * How far long work is: a bar on a terminal, a line now and then elsewhere, with the rate and the time that is left. It
 * goes to standard error, so that results can be piped.
 */

/** Where it is written; standard error is one. */
export interface Screen {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

const redrawMs = 100;
const lineMs = 5_000;
const width = 24;

export class Progress {
  readonly #what: string;
  readonly #screen: Screen;
  readonly #now: () => number;
  readonly #startedAt: number;
  #first: number | undefined;
  #drawnAt = Number.NEGATIVE_INFINITY;
  #isDrawn = false;

  constructor(what: string, screen: Screen = process.stderr, now: () => number = () => performance.now()) {
    this.#what = what;
    this.#screen = screen;
    this.#now = now;
    this.#startedAt = now();
  }

  /** Tells how much is done of how much. What was done before the first telling counts for nothing in the rate. */
  tell(done: number, total: number): void {
    this.#first ??= done;
    const now = this.#now();
    if (now - this.#drawnAt < (this.#screen.isTTY ? redrawMs : lineMs) && done < total) return;
    this.#drawnAt = now;
    const rate = (done - this.#first) / Math.max(1e-3, (now - this.#startedAt) / 1_000);
    const text = `${this.#what} ${barOf(done, total)} ${count(done)} of ${count(total)}${tempo(total - done, rate)}`;
    this.#isDrawn = true;
    this.#screen.write(this.#screen.isTTY ? `\r\u001b[2K${text}` : `${text}\n`);
  }

  /** Leaves what was drawn last and goes to the next line. */
  end(): void {
    if (this.#isDrawn && this.#screen.isTTY) this.#screen.write('\n');
    this.#isDrawn = false;
  }
}

function barOf(done: number, total: number): string {
  const share = total === 0 ? 1 : Math.min(1, done / total);
  const full = Math.floor(share * width);
  return `[${'='.repeat(full)}${' '.repeat(width - full)}] ${Math.floor(share * 100)} %`;
}

function tempo(left: number, rate: number): string {
  if (rate <= 0) return '';
  const pace = `, ${count(Math.round(rate))}/s`;
  return left > 0 ? `${pace}, ${clock(left / rate)} left` : pace;
}

/** A whole number as people read it. */
export const count = (number: number): string => number.toLocaleString('en');

/** Seconds as `1:02:03`. */
export function clock(seconds: number): string {
  const whole = Math.ceil(seconds);
  const [h, m, s] = [Math.floor(whole / 3_600), Math.floor(whole / 60) % 60, whole % 60];
  const two = (n: number): string => String(n).padStart(2, '0');
  return h > 0 ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}
