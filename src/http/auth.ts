/**
 * Who asks and what they may do. A key is checked by its text, then by its hash in the `keys` read model; what was
 * found is remembered for a second, and forgotten at once when this process changes a key or an organisation.
 */
import type { Scope } from '../../events/key.ts';
import { type Access, chosenHashes, findAccess } from '../../projections/keys.ts';
import type { Sql } from '../../projections/projection.ts';
import { Problem } from '../problem.ts';
import { hashSecret, secretFault } from './secret.ts';

const rememberMs = 1_000;
const rememberMax = 10_000;
const rank: Record<Scope, number> = { read: 0, write: 1, admin: 2 };
const challenge = { 'www-authenticate': 'Bearer realm="Indelible API"' };

export interface AuthDeps {
  readonly sql: Sql;
  /** Resolves when the read model knows what this process has answered. */
  readonly fresh: () => Promise<void>;
}

export class Auth {
  readonly #deps: AuthDeps;
  readonly #known = new Map<string, { access: Access; until: number }>();
  /** Keys that have no checksum to look at, because an operator chose their text; another process may add one. */
  #chosen: { readonly hashes: Promise<ReadonlySet<string>>; readonly until: number } | undefined;
  /** Counts how often everything was forgotten: what was read before must not be remembered after. */
  #forgotten = 0;

  constructor(deps: AuthDeps) {
    this.#deps = deps;
  }

  /** Forgets what is remembered: keys or plans have changed. */
  forget(): void {
    this.#known.clear();
    this.#chosen = undefined;
    this.#forgotten += 1;
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
    const fault = secretFault(secret) && !(await this.#isChosen(hash)) ? secretFault(secret) : null;
    if (fault === 'shape') throw refused('This is not an API key: keys start with fdqr_live_sk_ or fdqr_test_sk_.');
    if (fault === 'checksum') throw refused('The API key is mistyped: its checksum does not match.');
    const access = await this.#find(hash);
    if (!access || access.revoked) throw refused('The API key is unknown or was revoked.');
    if (access.plan !== 'enterprise') {
      throw new Problem(
        'plan_upgrade_required',
        `API access needs the enterprise plan; this organisation has ${access.plan}.`,
      );
    }
    return access;
  }

  /** Known in memory: mistyped keys reach the database once a second, however many come. */
  async #isChosen(hash: string): Promise<boolean> {
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

  async #find(hash: string): Promise<Access | undefined> {
    const now = performance.now();
    const known = this.#known.get(hash);
    if (known && known.until > now) return known.access;
    const forgotten = this.#forgotten;
    await this.#deps.fresh();
    const access = await findAccess(this.#deps.sql, hash);
    if (this.#known.size >= rememberMax) this.#known.clear();
    if (access && forgotten === this.#forgotten) this.#known.set(hash, { access, until: now + rememberMs });
    else this.#known.delete(hash);
    return access;
  }
}

/** Throws 403 naming the scope when the key has less. */
export function requireScope(access: Access, scope: Scope): void {
  if (rank[access.scope] >= rank[scope]) return;
  throw new Problem('scope_missing', `This needs a key with the scope "${scope}"; this one has "${access.scope}".`, {
    headers: { 'www-authenticate': `${challenge['www-authenticate']}, error="insufficient_scope", scope="${scope}"` },
  });
}

function refused(detail: string): Problem {
  return new Problem('invalid_key', detail, {
    headers: { 'www-authenticate': `${challenge['www-authenticate']}, error="invalid_token"` },
  });
}
