/**
 * What the API asks of the redirect: how it sees who comes, which hosts it knows, and what it answers. A process that
 * leads nobody itself knows the same, so that a code can be tried anywhere.
 */
import type { Way } from '../routing/route.ts';
import type { Directory } from './directory.ts';
import { type Ended, ending } from './ending.ts';
import type { Recognition } from './recognition.ts';
import { visitorShare } from './visitor.ts';

export interface KnowledgeDeps {
  readonly recognition: Recognition;
  readonly directory: Pick<Directory, 'hosts' | 'domain' | 'site' | 'objection'>;
  readonly visitorKey: Uint8Array;
}

export const knowledgeOf = ({ recognition, directory, visitorKey }: KnowledgeDeps) => ({
  addressOf: recognition.clientAddress,
  recognized: {
    ...recognition,
    share: (address: string, userAgent: string, word: string) => visitorShare(visitorKey, address, userAgent, word),
  },
  hosts: (org?: string) => directory.hosts(org),
  domainOf: (org: string, host: string) => directory.domain(org, host),
  /** How a visit ends of a code under its own address; `host` is that of its domain, if it has one. */
  ending: (way: Way, host: string | undefined, visit: Omit<Ended, 'site'>) => {
    const site = host === undefined ? undefined : directory.site(host);
    return ending((org, destination) => directory.objection(org, destination), way, { ...visit, site });
  },
});
