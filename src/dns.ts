/**
 * What the DNS says for a name, asked anew each time: who has just added a record does not want to wait for a cache. No
 * answer in time is told apart from the answer that there is nothing.
 */
import { Resolver } from 'node:dns/promises';
import { Problem } from './problem.ts';

const timeoutMs = 3_000;

/** Asks for texts; of these servers, or of those that the system has. */
export function txtResolver(servers: readonly string[]): (name: string) => Promise<string[]> {
  return async name => {
    const resolver = new Resolver({ timeout: timeoutMs, tries: 2 });
    if (servers.length > 0) resolver.setServers(servers);
    try {
      // In parts, of which ours, being short, has one; Bun gives each part of a long one as a text.
      return (await resolver.resolveTxt(name)).map(parts => parts.join(''));
    } catch (cause) {
      const { code } = cause as { code?: unknown };
      if (code === 'ENOTFOUND' || code === 'ENODATA' || code === 'NXDOMAIN') return [];
      const headers = { 'retry-after': '10' };
      throw new Problem('unavailable', `The DNS does not answer for ${name}; try again.`, { headers, cause });
    }
  };
}
