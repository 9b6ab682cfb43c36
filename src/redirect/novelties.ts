/**
 * How many different texts of strangers are kept apart. Where a scan comes from and which campaign it names stands in the
 * request, so anybody can invent as many as they like, and each would stand in the sums of its code and organisation for
 * ever: a hundred thousand of them made analytics seconds late for everybody. What comes beyond the bounds is `(other)`.
 */
import { keyedHash } from './keyed-hash.ts';

/** For what is not kept apart, as web analytics call it. */
export const other = '(other)';

/** Different texts in a period of thirty days, of a code and of an organisation, on each node. */
const codeMax = 1_000;
const organizationMax = 10_000;
const periodMs = 30 * 86_400_000;
/** Remembered altogether: 32 bytes each. Beyond that all begin anew. */
const rememberedMax = 1_000_000;

export class Novelties {
  readonly #known = new Map<string, Set<number>>();
  #period = 0;
  #remembered = 0;

  /** The text, or `(other)` where a code or its organisation had too many. `name` says what it is, such as `referrer`. */
  admit(org: string, qr: string, name: string, text: string, at: number): string {
    const period = Math.floor(at / periodMs);
    if (period !== this.#period || this.#remembered >= rememberedMax) {
      this.#known.clear();
      this.#period = period;
      this.#remembered = 0;
    }
    const hash = keyedHash(`${name} ${text}`);
    const code = this.#of(qr);
    if (code.has(hash)) return text;
    const organization = this.#of(org);
    if (code.size >= codeMax || (organization.size >= organizationMax && !organization.has(hash))) return other;
    code.add(hash);
    organization.add(hash);
    this.#remembered += 2;
    return text;
  }

  #of(name: string): Set<number> {
    let known = this.#known.get(name);
    if (!known) {
      known = new Set();
      this.#known.set(name, known);
    }
    return known;
  }
}
