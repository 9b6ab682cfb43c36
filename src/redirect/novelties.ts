/**
 * How many different texts of strangers are kept apart. Where a scan comes from and which campaign it names stands in the
 * request, so anybody can invent as many as they like, and each would stand in the sums of its code and organisation for
 * ever, which are read and written whole. What comes beyond the bounds is `(other)`.
 */
import { keyedHash } from './keyed-hash.ts';

/** For what is not kept apart, as web analytics call it. */
export const other = '(other)';

/** Different texts in a period of thirty days, of a code and of an organisation, on each node. */
const codeMax = 1_000;
const organizationMax = 10_000;
const periodMs = 30 * 86_400_000;
/** Remembered altogether, in some 40 MB where each is of another code; beyond that all begin anew. */
const rememberedMax = 300_000;

export class Novelties {
  /** Hashes of texts with their code, and with their organisation: one in 14,000 is taken for another. */
  readonly #known = new Set<number>();
  /** How many of them each has, by the hash of its id. */
  readonly #counts = new Map<number, number>();
  #period = 0;

  /** The text, or `(other)` where a code or its organisation had too many. `name` says what it is, such as `referrer`. */
  admit(org: string, qr: string, name: string, text: string, at: number): string {
    const period = Math.floor(at / periodMs);
    if (period !== this.#period || this.#known.size >= rememberedMax) {
      this.#known.clear();
      this.#counts.clear();
      this.#period = period;
    }
    const ofCode = keyedHash(`${qr} ${name} ${text}`);
    if (this.#known.has(ofCode)) return text;
    const ofOrganization = keyedHash(`${org} ${name} ${text}`);
    const isNew = !this.#known.has(ofOrganization);
    if (!this.#hasRoom(qr, codeMax) || (isNew && !this.#hasRoom(org, organizationMax))) return other;
    this.#add(qr, ofCode);
    if (isNew) this.#add(org, ofOrganization);
    return text;
  }

  #hasRoom(id: string, most: number): boolean {
    return (this.#counts.get(keyedHash(id)) ?? 0) < most;
  }

  #add(id: string, hash: number): void {
    const owner = keyedHash(id);
    this.#known.add(hash);
    this.#counts.set(owner, (this.#counts.get(owner) ?? 0) + 1);
  }
}
