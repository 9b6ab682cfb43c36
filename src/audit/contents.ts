/**
 * Whether what events refer to is there: what opens their seals, and logos. Events hold hashes of both, so that neither can
 * be changed unseen; here it is seen that neither was lost. What is gone may be gone only if it was erased, and that is an
 * event, too.
 */
import { createHash } from 'node:crypto';
import { isErasure } from '../store/batch.ts';

export class Contents {
  /** Places of events that can't be opened, by the subject that would have to be erased for that. */
  readonly #shut = new Map<string, number[]>();
  /** Hashes of logos, by their codes. */
  readonly #logos = new Map<string, Set<string>>();
  readonly #erased = new Set<string>();
  readonly #named = new Set<string>();

  /** The next entry, with what it is sealed with; null where seals are not to be opened. */
  see(entry: string, pad: Uint8Array | null | undefined): void {
    const [position, stream = '', , type = ''] = entry.split('\t', 4);
    for (const sha256 of blobsIn(entry)) this.#named.add(sha256);
    if (isErasure(type)) {
      this.#erased.add(stream);
      this.#shut.delete(stream);
      this.#logos.delete(stream);
    } else if (type === 'qr.logo_attached') {
      const [, sha256] = /"sha256":"([0-9a-f]{64})"/.exec(entry) ?? [];
      if (sha256) this.#logos.set(stream, (this.#logos.get(stream) ?? new Set()).add(sha256));
    }
    if (pad === null || !entry.includes('"sealed":"') || (pad && opens(pad, entry))) return;
    // What an endpoint answered is erased with what it was told of, also when that was erased before.
    const about = type === 'delivery.attempted' ? /"about":"([^"]*)"/.exec(entry)?.[1] : undefined;
    if (about !== undefined && this.#erased.has(about)) return;
    const subject = about ?? stream;
    const places = this.#shut.get(subject);
    if (places) places.push(Number(position));
    else this.#shut.set(subject, [Number(position)]);
  }

  /** Hashes of the logos that have to be there. */
  get logos(): string[] {
    return [...new Set([...this.#logos.values()].flatMap(hashes => [...hashes]))];
  }

  /** Those of these blobs that no event has ever named. */
  strangers(blobs: ReadonlySet<string>): string[] {
    return [...blobs].filter(sha256 => !this.#named.has(sha256));
  }

  /** What is missing, in sentences, when all entries were seen and these blobs are there. */
  faults(blobs: ReadonlySet<string>): string[] {
    const places = [...this.#shut.values()].flat().sort((a, b) => a - b);
    return [
      ...places.map(at => `What opens the event at position ${at} is missing or not its own, and it was not erased.`),
      ...this.logos
        .filter(sha256 => !blobs.has(sha256))
        .map(sha256 => `The logo ${sha256} is missing, and not all that show it were erased.`),
    ];
  }
}

/** Hashes of bytes that an event names; whatever it calls them, they stand under `sha256`. */
export const blobsIn = (entry: string): string[] =>
  entry.includes('"sha256"') ? [...entry.matchAll(/"sha256":"([0-9a-f]{64})"/g)].map(([, sha256]) => sha256!) : [];

const digestBytes = 32;

/** A seal ends with the hash of its pad, see `src/store/seal.ts`: so the tree speaks for the pad, too. */
export function opens(pad: Uint8Array, entry: string): boolean {
  const [, sealed = ''] = /"sealed":"([^"]*)"\}\n$/.exec(entry) ?? [];
  const digest = createHash('sha256').update(pad).digest();
  return digest.equals(Buffer.from(sealed, 'base64').subarray(-digestBytes));
}
