/**
 * The guard against private addresses works only where a runtime asks it before it connects; one that does not would
 * send everything, guard or no guard, and look healthy. So the program tries it on itself at every start.
 */
import { PinnedClient } from './pinned-request.ts';
import { notPublic } from './vetting.ts';

/**
 * Makes sure that this runtime asks our guard before it connects, and heeds what it says: where it does not, no webhook
 * may be sent at all. Rejects with an Error that says so.
 */
export async function assertPinned(): Promise<void> {
  const asked: string[] = [];
  const client = new PinnedClient({
    allow: [],
    resolve: async name => {
      asked.push(name);
      return ['0.0.0.0'];
    },
  });
  const { error } = await client.post('https://canary.invalid/', {}, new Uint8Array());
  client.close();
  if (asked.length === 1 && error === notPublic) return;
  throw new Error('this runtime connects without asking the address guard: webhooks stay off');
}
