/**
 * Whoever takes a body piece by piece outside of the request that has opened it reads in the scope of that request all the
 * same: a statement that forgot its organisation finds that organisation's rows alone.
 */
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { AsyncLocalStorage } from 'node:async_hooks';
import { scoped, streamed } from '../../src/http/streamed.ts';
import { openTenants, type Tenants } from '../../src/store/tenants.ts';
import { created, requestOf, type TestStore, testStore } from '../support/store.ts';

let store: TestStore;
let tenants: Tenants;
const closing: (() => Promise<unknown>)[] = [];
const orgs = ['org_a', 'org_b'];
beforeAll(async () => {
  store = await testStore();
  for (const org of orgs) await store.ledger.append({ ...requestOf(`qr_${org}`, 0, created(org)), org });
  tenants = await openTenants(store.url, store.sql, [], closing);
});
afterAll(async () => {
  for (const close of closing) await close();
  await store.close();
});

/** Three times all the organisations whose events it sees, each as one piece. */
async function* forgetful(): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  for (let n = 0; n < 3; n++) {
    const rows = await tenants.sql`select distinct org from ledger.events order by org`;
    yield new TextEncoder().encode(`${rows.map(row => row['org']).join()}\n`);
  }
}

/** What comes when nothing of the scope is left in which the body was opened. */
const outside = (body: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<string> => new Response(body).text();

test('a scoped body reads as its organisation, whoever takes it', async () => {
  for (const org of orgs) {
    expect(await outside(streamed(scoped(tenants, org, forgetful())))).toBe(`${org}\n`.repeat(3));
  }
  // And it is the scope that does it.
  expect(await outside(streamed(forgetful()))).toBe(`${orgs.join()}\n`.repeat(3));
});

test('it ends in that scope, too, when its reader goes away', async () => {
  const scopes = new AsyncLocalStorage<string>();
  const within = <T>(org: string, work: () => T): T => scopes.run(org, work);
  const seen: unknown[] = [];
  async function* pieces(): AsyncGenerator<Uint8Array<ArrayBuffer>> {
    try {
      for (;;) yield new Uint8Array(1);
    } finally {
      seen.push(scopes.getStore());
    }
  }
  const reader = streamed(scoped({ within }, 'org_a', pieces())).getReader();
  await reader.read();
  await reader.cancel();
  expect(seen).toEqual(['org_a']);
});
