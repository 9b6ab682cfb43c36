/**
 * The names that this instance answers to and those it leads nobody to: verified domains with their pages, and blocked
 * hosts, the operator's and each organisation's. All of it is in memory, follows the ledger like the redirects do, and is
 * kept in a small file, so that a redirect node that starts without the database knows it too.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Pages, Place } from '../../events/domain.ts';
import type { AnyEvent } from '../../events/index.ts';
import type { DomainRef } from '../../events/qr.ts';
import {
  allBlocklists,
  allDomains,
  type BlocklistRow,
  type DomainRow,
  evolveDomain,
} from '../../projections/domains.ts';
import { type HostRules, hostRules, isBlocked, isOwn } from '../deciders/destination.ts';
import { canonicalHost, isBareName, noPages } from '../deciders/domain.ts';
import type { Sql } from '../store/connect.ts';
import { replaceFile } from '../store/directory-sync.ts';
import type { Ledger } from '../store/ledger.ts';
import { readHead } from '../store/read.ts';
import { type Feed, Subscription } from '../stream/subscribe.ts';
import { pollMs } from './entries.ts';

/** A verified domain. */
export interface Site {
  readonly id: string;
  readonly host: string;
  readonly pages: Pages;
}

export interface DirectoryOptions {
  /** Where it is kept; nowhere when absent. */
  readonly dataDir?: string | undefined;
  /** Blocked by the operator. */
  readonly blockedHosts: readonly string[];
  readonly appSchemes: readonly string[];
  /** Base of short URLs; '' while it is not known. */
  readonly baseUrl: () => string;
  readonly onError: (error: unknown, name: string) => void;
}

export interface DirectoryFollowing {
  readonly sql: Sql;
  readonly feed: Feed;
  readonly ledger: Pick<Ledger, 'onCommit'>;
  /** Checkpoint of the read model. */
  readonly checkpoint: () => Promise<number>;
}

/** Pages but those that lead to where they would be shown again: domains were proven since that were elsewhere then. */
function leadingOut(pages: Pages, served: HostRules): Pages {
  const leadsBack = (place: Place): boolean => {
    const url = place?.url === undefined ? null : URL.parse(place.url);
    return url !== null && isOwn(url, served);
  };
  const kept = Object.entries(pages).map(([name, place]) => [name, leadsBack(place) ? null : place]);
  return Object.fromEntries(kept) as Pages;
}

interface Own {
  readonly base: string;
  /** With its port, if it has one. */
  readonly host: string;
  readonly name: string;
}
/** No host has a space. */
const nowhere = { host: '', hostname: ' ' };

/** A name as it is kept: one that ends at the root of the DNS is the same. */
const nameOf = (hostname: string): string => hostname.toLowerCase().replace(/\.$/, '');

export class Directory {
  readonly #options: DirectoryOptions;
  #rows = new Map<string, DomainRow>();
  #lists = new Map<string, BlocklistRow>();
  /** Whether these are not yet all that is on record; what was known before answers meanwhile. */
  #isBehind = false;
  #blocked: ReadonlyMap<string, BlocklistRow> = new Map();
  #sites = new Map<string, Site>();
  /** Names that were given up, each a site without codes: what is printed there must not lead to a stranger's code. */
  #givenUp = new Map<string, Site>();
  /** Rules by organisation, made when they are asked for and forgotten with each change. */
  readonly #rules = new Map<string, HostRules>();
  #subscription: Subscription | undefined;
  #unlisten: (() => void) | undefined;
  #keeping: Promise<void> | undefined;
  #read: Own = { base: '', host: nowhere.host, name: nowhere.hostname };

  constructor(options: DirectoryOptions) {
    this.#options = options;
  }

  /** Takes what was kept on disk, if it can be read: codes are led on without it too. */
  async load(): Promise<void> {
    const kept = await readFile(this.#path, 'utf8')
      .then(JSON.parse)
      .catch(() => undefined);
    if (kept === undefined) return;
    this.#take(kept.domains, kept.blocklists);
    this.#rebuild();
  }

  /** Follows the ledger; resolves when everything is known that was on record before. */
  async follow({ sql, feed, ledger, checkpoint }: DirectoryFollowing): Promise<void> {
    if (this.#subscription) return;
    const { onError } = this.#options;
    const head = await readHead(sql);
    const after = await checkpoint();
    // In the place of what was kept, which is of a later state where an older one of the ledger was restored.
    this.#take(await allDomains(sql), await allBlocklists(sql));
    this.#isBehind = true;
    this.#unlisten = ledger.onCommit(({ facts }) => this.apply(facts));
    const reached = Promise.withResolvers<void>();
    if (after >= head) reached.resolve();
    this.#subscription = new Subscription({
      ...{ name: 'domains', sql, feed, family: 'facts', pollMs, after, onError },
      onRun: async run => {
        this.apply(run.events);
        if (run.to >= head) reached.resolve();
        return undefined;
      },
    });
    await reached.promise;
    this.#isBehind = false;
    this.#rebuild();
    this.#keep();
  }

  /** The verified domain of a host name, as a URL has it without a port, or what is left of one that was removed. */
  site(hostname: string): Site | undefined {
    if (this.#sites.size === 0 && this.#givenUp.size === 0) return undefined;
    const host = nameOf(hostname);
    return this.#sites.get(host) ?? this.#givenUp.get(host);
  }

  /** The domain of an organisation with this name, in whatever spelling it could be added, if it is proven. */
  domain(org: string, host: string): DomainRef | undefined {
    const site = isBareName(host) ? this.#sites.get(canonicalHost(host)) : undefined;
    return site && this.#rows.get(site.id)?.org === org ? { id: site.id, host: site.host } : undefined;
  }

  /** Whether anybody may be answered under a name: what a certificate may be asked for. */
  answersTo(hostname: string): boolean {
    const name = nameOf(hostname);
    return this.#sites.has(name) || (name === this.#own.name && this.#own.host !== '');
  }

  /** Where codes of an organisation may lead and where not; without one, the rules of all. */
  hosts(org = ''): HostRules {
    const known = this.#rules.get(org);
    if (known) return known;
    const { blockedHosts, appSchemes } = this.#options;
    const ownHost = this.#own.host;
    const blocked = [...blockedHosts, ...(this.#blocked.get(org)?.hosts ?? [])];
    const own = ownHost ? [ownHost] : [];
    const rules = hostRules({ own, domains: [...this.#sites.keys()], blocked, appSchemes });
    if (ownHost) this.#rules.set(org, rules);
    return rules;
  }

  /** Why a code leads nowhere although it was let in once: its host was blocked since, or became one of ours. */
  objection(org: string, destination: string): 'blocked' | 'circle' | undefined {
    const { blockedHosts } = this.#options;
    const isFree = this.#sites.size === 0 && blockedHosts.length === 0 && !this.#blocked.get(org)?.hosts.length;
    // The service may have moved to where a code leads. Reading each destination for that would take longer than all else.
    if (isFree && !destination.toLowerCase().includes(this.#own.name)) return undefined;
    const url = URL.parse(destination);
    if (!url) return undefined;
    const rules = this.hosts(org);
    if (isBlocked(url.hostname, rules)) return 'blocked';
    return isOwn(url, rules) ? 'circle' : undefined;
  }

  apply(events: readonly AnyEvent[]): void {
    let isChanged = false;
    for (const event of events) {
      if (event.type === 'blocklist.changed') {
        const { org, version } = event;
        if (version <= (this.#lists.get(org!)?.version ?? 0)) continue;
        this.#lists.set(org!, { org: org!, hosts: event.data.hosts, version });
        isChanged = true;
      } else if (event.type.startsWith('domain.')) {
        const before = this.#rows.get(event.stream);
        const row = evolveDomain(before, event);
        if (!row || row === before) continue;
        this.#rows.set(row.id, row);
        isChanged = true;
      }
    }
    if (!isChanged || this.#isBehind) return;
    this.#rebuild();
    this.#keep();
  }

  async close(): Promise<void> {
    this.#unlisten?.();
    await this.#subscription?.stop();
    await this.#keeping;
  }

  #take(domains: readonly DomainRow[], blocklists: readonly BlocklistRow[]): void {
    this.#rows = new Map(domains.map(row => [row.id, row]));
    this.#lists = new Map(blocklists.map(row => [row.org, row]));
  }

  #rebuild(): void {
    this.#blocked = new Map(this.#lists);
    const verified = [...this.#rows.values()].filter(({ status }) => status === 'verified');
    const served = hostRules({ domains: verified.map(({ host }) => host) });
    this.#sites = new Map(
      verified.map(({ id, host, pages }) => [host, { id, host, pages: leadingOut(pages, served) }]),
    );
    const isOurs = (host: string) => host === this.#own.name;
    const removed = [...this.#rows.values()].filter(({ status, proven }) => status === 'removed' && proven);
    const givenUp = removed.filter(({ host }) => !isOurs(host));
    this.#givenUp = new Map(givenUp.map(({ host }) => [host, { id: 'given up', host, pages: noPages }]));
    this.#rules.clear();
  }

  /** Where short URLs begin; in no text while that is not known. */
  get #own(): Own {
    const base = this.#options.baseUrl();
    if (base !== this.#read.base) {
      const { host, hostname: name } = URL.parse(base) ?? nowhere;
      this.#read = { base, host, name };
    }
    return this.#read;
  }

  get #path(): string {
    return join(this.#options.dataDir ?? '', 'redirect-domains.json');
  }

  #keep(): void {
    if (this.#options.dataDir === undefined) return;
    const { onError } = this.#options;
    this.#keeping = (this.#keeping ?? Promise.resolve()).then(async () => {
      const text = JSON.stringify({ domains: [...this.#rows.values()], blocklists: [...this.#lists.values()] });
      await replaceFile(this.#path, text);
    });
    this.#keeping = this.#keeping.catch(error => onError(error, 'domains'));
  }
}
