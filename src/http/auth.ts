/**
 * Who asks. A key is checked by its text, then by its hash in the read models; what was found is remembered for a
 * second, and forgotten at once when this process changes a key or whatever its access depends on. What the key may do
 * stands in `rights.ts`.
 */
import { type Access, chosenHashes, findAccess } from '../../projections/keys.ts';
import type { Sql } from '../../projections/projection.ts';
import { Problem } from '../problem.ts';
import { hashSecret, secretFault } from './secret.ts';

const rememberMs = 1_000;
const rememberMax = 10_000;
const challenge = { 'www-authenticate': 'Bearer realm="Indelible API"' };

export interface AuthDeps {
  readonly sql: Sql;
  /** Resolves when the read models of `accessModels` know what this process has answered. */
  readonly fresh: () => Promise<void>;
  /** Resolves when they know everything that is on record now, by whomever. */
  readonly settled: () => Promise<void>;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** Read models that an access is put together from. */
export const accessModels = ['keys', 'organizations', 'members'] as const;

/** Whether an event may change what some key may do. */
export const changesAccess = (type: string): boolean => /^(key|org|team|member)\./.test(type);

export class Auth {
  readonly #deps: AuthDeps;
  readonly #known = new Map<string, { readonly access: Promise<Access | undefined>; readonly until: number }>();
  /** Keys that look like no key of ours, because an operator chose their text; another process may add one. */
  #chosen: { readonly hashes: Promise<ReadonlySet<string>>; readonly until: number } | undefined;
  /** The same as it was when this process began, for those that look like ours but for the checksum. */
  #chosenBefore: Promise<ReadonlySet<string>> | undefined;

  constructor(deps: AuthDeps) {
    this.#deps = deps;
  }

  /** Learns which keys were chosen at the first start, so that no mistyped key is a reason to ask the database later. */
  async open(): Promise<void> {
    this.#chosenBefore ??= this.#deps.settled().then(async () => new Set(await chosenHashes(this.#deps.sql)));
    const opening = this.#chosenBefore;
    await opening.catch((error: unknown) => {
      if (this.#chosenBefore === opening) this.#chosenBefore = undefined;
      throw error;
    });
  }

  /** Forgets what is remembered: keys or plans have changed. */
  forget(): void {
    this.#known.clear();
    this.#chosen = undefined;
  }

  /** The access of the request's key; throws 401, or 403 when the plan has no API. */
  async authenticate(request: Request): Promise<Access> {
    const header = request.headers.get('authorization');
    if (!header) {
      throw new Problem('missing_key', 'Send your API key as "Authorization: Bearer fdqr_…".', { headers: challenge });
    }
    const [, secret] = /^Bearer +([^\s]+)$/i.exec(header) ?? [];
    if (!secret) throw refused('The Authorization header must read "Bearer" and the key.');
    const hash = hashSecret(secret);
    const fault = secretFault(secret);
    if (fault !== null && !(await this.#isChosen(hash, fault))) throw refused(faults[fault]);
    const access = await this.#find(hash);
    if (!access || access.revoked) throw refused('The API key is unknown or was revoked.');
    if (access.expiresAt !== null && access.expiresAt <= this.#deps.now()) {
      throw refused('The API key has expired, or was rotated and its grace period is over.');
    }
    if (access.plan !== 'enterprise') {
      throw new Problem(
        'plan_upgrade_required',
        `API access needs the enterprise plan; this organisation has ${access.plan}.`,
      );
    }
    return access;
  }

  /** Known in memory: what is no key at all reaches the database once a second, a mistyped one never after `open`. */
  async #isChosen(hash: string, fault: 'shape' | 'checksum'): Promise<boolean> {
    if (fault === 'checksum') {
      await this.open();
      return (await this.#chosenBefore)?.has(hash) ?? false;
    }
    const now = performance.now();
    if (!this.#chosen || this.#chosen.until <= now) {
      const hashes = this.#deps.fresh().then(async () => new Set(await chosenHashes(this.#deps.sql)));
      this.#chosen = { hashes, until: now + rememberMs };
    }
    const chosen = this.#chosen;
    const hashes = await chosen.hashes.catch((error: unknown) => {
      if (this.#chosen === chosen) this.#chosen = undefined;
      throw error;
    });
    return hashes.has(hash);
  }

  /** Who comes while a key is looked up waits for the same look; what was forgotten meanwhile is looked up anew. */
  #find(hash: string): Promise<Access | undefined> {
    const now = performance.now();
    const known = this.#known.get(hash);
    if (known && known.until > now) return known.access;
    if (this.#known.size >= rememberMax) this.#known.clear();
    const access = this.#deps.fresh().then(() => findAccess(this.#deps.sql, hash));
    const found = { access, until: now + rememberMs };
    this.#known.set(hash, found);
    // What is no key, or could not be asked for, is not remembered.
    const drop = () => void (this.#known.get(hash) === found && this.#known.delete(hash));
    access.then(access => access ?? drop(), drop);
    return access;
  }
}

const faults = {
  shape: 'This is not an API key: keys start with fdqr_live_sk_ or fdqr_test_sk_.',
  checksum: 'The API key is mistyped: its checksum does not match.',
} as const;

function refused(detail: string): Problem {
  return new Problem('invalid_key', detail, {
    headers: { 'www-authenticate': `${challenge['www-authenticate']}, error="invalid_token"` },
  });
}
