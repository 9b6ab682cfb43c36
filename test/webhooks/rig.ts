/**
 * What tests of sending have in common: webhooks at work and endpoints, closed after each test, and how a delivery is
 * looked at.
 */
import { afterEach } from 'bun:test';
import { type Answering, type Delivered, type Endpoint, startEndpoint } from '../support/endpoint.ts';
import { startTelling, type Telling, type TellingOptions } from '../support/telling.ts';

export const soonMs = 15_000;

/** Starts webhooks and endpoints, and closes them after the test. */
export function rig() {
  const closing: (() => unknown)[] = [];
  afterEach(async () => {
    for (const close of closing.splice(0).reverse()) await close();
  });
  return {
    begin: async (options?: TellingOptions): Promise<Telling> => {
      const telling = await startTelling(options);
      closing.push(() => telling.stop());
      return telling;
    },
    listen: async (answer?: Answering): Promise<Endpoint> => {
      const endpoint = await startEndpoint(answer);
      closing.push(() => endpoint.close());
      return endpoint;
    },
  };
}

/** The message ids that an endpoint was sent, in their order. */
export const idsAt = ({ received }: Endpoint): string[] => received.map(({ headers }) => String(headers['webhook-id']));

/** What a receiver verifies. */
export const signedHeaders = ({ headers }: Delivered) => ({
  'webhook-id': String(headers['webhook-id']),
  'webhook-timestamp': String(headers['webhook-timestamp']),
  'webhook-signature': String(headers['webhook-signature']),
});

/** An endpoint that always says the same. */
export const answering =
  (status: number, headers = {}): Answering =>
  (_, response) =>
    response.writeHead(status, headers).end('no');
