/**
 * The names that the events of an export take, for whoever writes them into another ledger. Slugs and keys stand in the
 * events themselves, for which the checkpoint speaks; what a file says of them is not listened to. Of a domain it is told
 * how often its name was given up where it comes from, and that has to fit what is proven.
 */
import type { AnyEvent } from '../../events/index.ts';
import { claimsIn, isClaimOf } from '../deciders/claims.ts';
import { Unproven } from '../proofs/note.ts';
import type { ClaimRecord } from './export-file.ts';

export class Names {
  readonly #held = new Set<string>();
  readonly #told = new Map<string, string[]>();
  readonly #hosts = new Map<string, string>();

  /** Hears what the file says; it stands there before all events. */
  record({ claim, stream }: ClaimRecord): void {
    this.#told.set(stream, [...(this.#told.get(stream) ?? []), claim]);
  }

  /** What the next event takes that none before it has. Throws `Unproven` when the file does not say it of a domain. */
  takenBy(event: AnyEvent): string[] {
    const names = [...claimsIn(event), ...this.#domainOf(event)].filter(name => !this.#held.has(name));
    for (const name of names) this.#held.add(name);
    return names;
  }

  #domainOf(event: AnyEvent): string[] {
    if (event.type === 'domain.added') this.#hosts.set(event.stream, event.data.host);
    if (event.type !== 'domain.verified') return [];
    const host = this.#hosts.get(event.stream) ?? '';
    const told = (this.#told.get(event.stream) ?? []).filter(name => isClaimOf(host, name));
    if (told.length === 0) throw new Unproven(`The export does not say that it holds the name of ${host}.`);
    return told;
  }
}
