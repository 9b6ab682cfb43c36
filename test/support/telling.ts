/**
 * Webhooks at work in a test: the read models they live on, kept current from a ledger, and what sends. Time is what the
 * test says it is, or the real one. Endpoints are servers on the loopback interface, which is allowed here.
 */
import type { Fact } from '../../events/envelope.ts';
import { deliveries } from '../../projections/deliveries.ts';
import type { DeliveryRow } from '../../projections/delivery-rows.ts';
import { webhooks as webhookModel } from '../../projections/webhooks.ts';
import { newId } from '../../src/ids.ts';
import { Projector } from '../../src/projector.ts';
import { readHead, readPositions, readStream } from '../../src/store/read.ts';
import { EmbeddedFeed } from '../../src/stream/embedded.ts';
import { startWebhooks, type Webhooks, type WebhooksOptions } from '../../src/webhooks/reactor.ts';
import { messageIdOf } from '../../src/webhooks/signature.ts';
import { networksOf } from '../../src/webhooks/vetting.ts';
import { rebuild } from './read-models.ts';
import { scanOf, scansTo, type TestStore, testStore } from './store.ts';
import { until } from './until.ts';

export const secretOf = (byte: number): string => `whsec_${Buffer.alloc(32, byte).toString('base64')}`;
/** What signs unless a test says otherwise. */
export const testSecret = secretOf(7);

export interface Telling {
  readonly store: TestStore;
  readonly errors: unknown[];
  /** A new webhook of `org_1`; its id. */
  hook(url: string, more?: object): Promise<string>;
  /** Appends facts to a stream of an organisation. */
  facts(stream: string, ...facts: Fact[]): Promise<void>;
  /** Appends scans of a code in one commit. */
  scans(count: number, more?: Parameters<typeof scanOf>[1]): Promise<void>;
  /** Ids of the messages in which a webhook is told of the events at these positions, in their order. */
  messageIds(hook: string, positions: readonly number[]): Promise<string[]>;
  /** All deliveries in the read model, by the ledger's end. */
  rows(): Promise<(DeliveryRow & { webhook: string })[]>;
  /** Builds the read model of deliveries anew, while the live one serves. */
  rebuild(): Promise<unknown>;
  /** Resolves when nothing is pending any more. */
  settled(timeoutMs?: number): Promise<void>;
  /** Another process on the same ledger, as far as webhooks are concerned. */
  another(options?: Partial<WebhooksOptions>): Promise<Webhooks>;
  readonly webhooks: Webhooks;
  stop(): Promise<void>;
}

export interface TellingOptions extends Partial<WebhooksOptions> {
  readonly org?: string;
}

const soonMs = 15_000;

export async function startTelling({ org = 'org_1', ...options }: TellingOptions = {}): Promise<Telling> {
  const store = await testStore();
  const feed = new EmbeddedFeed(store.ledger, store.sql);
  const errors: unknown[] = [];
  const senders: Webhooks[] = [];
  const onError = (error: unknown) => void errors.push(error);
  const onMoved = (name: string, position: number) => {
    if (name === deliveries.name) for (const sender of senders) sender.moved(position);
  };
  const models = [webhookModel, deliveries];
  const projector = new Projector({ sql: store.sql, feed, onError, onMoved });
  await projector.prepare(models);
  await projector.start(models);
  const now = options.now ?? Date.now;
  const another = async (more: Partial<WebhooksOptions> = {}) => {
    const sender = await startWebhooks({
      execution: store,
      client: { allow: networksOf(['127.0.0.0/8']), ...options.client },
      node: `node${senders.length}-${store.url.slice(-8)}`,
      reached: position => projector.reached(position, [deliveries.name]),
      now,
      onError,
      ...options,
      ...more,
    });
    senders.push(sender);
    return sender;
  };
  const webhooks = await another();
  let scanned = 0;
  const caughtUp = async () => projector.reached(await readHead(store.sql), [deliveries.name]);

  const telling: Telling = {
    store,
    errors,
    webhooks,
    another,
    rebuild: () => rebuild({ sql: store.sql, feed, onError }, deliveries),
    async facts(stream, ...facts) {
      const expected = (await readStream(store.sql, stream)).length;
      const request = { at: now(), org, actor: 'key_1', request: 'req_1', writes: [{ stream, expected, facts }] };
      await store.ledger.append(request);
    },
    async hook(url, more = {}) {
      const id = newId('wh', now());
      const data = { url, events: ['scan.created'], secret: testSecret, ...more };
      await telling.facts(id, { type: 'webhook.created', data });
      return id;
    },
    async scans(count, more) {
      const scans = Array.from({ length: count }, () => ({ ...scanOf('qr_1', more, now()), org }));
      const request = scansTo('scans-1', scanned, ...scans);
      scanned += count;
      await store.ledger.append(request);
    },
    async messageIds(hook, positions) {
      const events = new Map((await readPositions(store.sql, positions)).map(event => [event.position, event]));
      return positions.map(position => messageIdOf(hook, events.get(position)!));
    },
    async rows() {
      await caughtUp();
      const rows = await store.sql`
        select d.*, t.webhook from deliveries d join delivery_targets t using (hook) order by d.position, t.webhook`;
      return [...rows] as unknown as (DeliveryRow & { webhook: string })[];
    },
    settled: (timeoutMs = soonMs) =>
      until(async () => (await telling.rows()).every(({ status }) => status !== 'pending'), timeoutMs).then(() => {}),
    async stop() {
      for (const sender of senders) await sender.stop();
      await projector.stop();
      await feed.close();
      await store.close();
    },
  };
  return telling;
}
