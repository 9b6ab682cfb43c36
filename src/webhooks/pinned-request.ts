/**
 * One POST to a customer's endpoint, as careful as a server must be that calls addresses strangers give it. The name is
 * looked up and every address it has is vetted at the moment of connecting, and the connection goes to a vetted one: an
 * answer that is another one a moment later changes nothing. The guard sits in `lookup` of `node:http(s)`, which Bun,
 * Deno and Node honour; the global fetch ignores it on Bun. Redirects are not followed, the answer is read up to a limit
 * and within a time, and connections are kept alive, because a new one for each scan would cost more than all the rest.
 */
import { lookup as systemLookup } from 'node:dns/promises';
import http, { type ClientRequest, type IncomingMessage, type RequestOptions } from 'node:http';
import https from 'node:https';
import type { LookupFunction } from 'node:net';
import { Refusal, sentenceOf, Unsettled } from './attempt-error.ts';
import { excerptBytesMax, excerptOf } from './excerpt.ts';
import { addressOf, connectionFault, type Networks } from './vetting.ts';

/** Addresses of a name, at least one. */
export type Resolve = (name: string) => Promise<readonly string[]>;

export interface PinnedClientOptions {
  readonly allow: Networks;
  /** How long an endpoint may take until it answers; 15 s when absent. */
  readonly limitMs?: number | undefined;
  /** The system's resolver when absent. */
  readonly resolve?: Resolve | undefined;
  /** Certificate authorities besides the usual ones, PEM. */
  readonly ca?: string | undefined;
}

/** What came of an attempt: a status, or a sentence that says why there is none. */
export interface Answered {
  readonly status: number | null;
  readonly error: string | null;
  /** Beginning of the answer, scrubbed. */
  readonly excerpt: string | null;
  /** Until the first byte of the answer, or until it was given up. */
  readonly latencyMs: number;
  /** The header, as it came. */
  readonly retryAfter: string | undefined;
}

const limitMsDefault = 15_000;
/** A status is an answer; who then takes longer than this for the text after it is not waited for. */
const bodyMs = 2_000;
/** A body up to here is read to its end, because the connection can be used again only then. */
const bodyBytesMax = 64 * 1_024;
/** Servers close idle connections after 5 s and more; who finds one closed has to begin again. */
const idleMs = 4_000;

const resolveBySystem: Resolve = async name => (await systemLookup(name, { all: true })).map(({ address }) => address);

export class PinnedClient {
  readonly #options: PinnedClientOptions;
  readonly #resolve: Resolve;
  readonly #agents = {
    'http:': new http.Agent({ keepAlive: true, timeout: idleMs }),
    'https:': new https.Agent({ keepAlive: true, timeout: idleMs }),
  };

  constructor(options: PinnedClientOptions) {
    this.#options = options;
    this.#resolve = options.resolve ?? resolveBySystem;
  }

  /**
   * Posts bytes; never rejects, unless `signal` gives it up (with `Unsettled`: nobody knows what the endpoint has seen).
   */
  async post(
    address: string,
    headers: Readonly<Record<string, string>>,
    body: Uint8Array,
    signal?: AbortSignal,
  ): Promise<Answered> {
    const started = performance.now();
    const failed = (error: unknown): Answered => {
      const latencyMs = Math.round(performance.now() - started);
      return { status: null, error: sentenceOf(error), excerpt: null, latencyMs, retryAfter: undefined };
    };
    const url = URL.parse(address);
    if (!url) return failed(new Refusal('The URL can not be read.'));
    const request = { url, headers: { ...headers, 'content-length': String(body.length) }, body, signal, started };
    try {
      return await this.#send(request, this.#agentOf(url)).catch(error => {
        // The endpoint had closed the idle connection just when it was taken up again: it has not seen the request.
        if (error instanceof Unsettled || !isStale(error)) throw error;
        return this.#send(request, false);
      });
    } catch (error) {
      if (error instanceof Unsettled) throw error;
      return failed(error);
    }
  }

  /** Closes idle connections. */
  close(): void {
    for (const agent of Object.values(this.#agents)) agent.destroy();
  }

  #agentOf({ protocol }: URL): http.Agent {
    return protocol === 'https:' ? this.#agents['https:'] : this.#agents['http:'];
  }

  #send({ url, headers, body, signal, started }: Outgoing, agent: http.Agent | false): Promise<Answered> {
    const { allow, limitMs = limitMsDefault, ca } = this.#options;
    const isSecure = url.protocol === 'https:';
    const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
    // A literal address is never looked up, so it is judged here.
    const fault = addressOf(host) ? connectionFault(url, host, allow) : null;
    if (fault) return Promise.reject(new Refusal(fault));
    if (signal?.aborted) return Promise.reject(new Unsettled());
    return new Promise((resolve, reject) => {
      const options: RequestOptions & { ca?: string } = {
        host,
        port: url.port === '' ? (isSecure ? 443 : 80) : Number(url.port),
        path: `${url.pathname}${url.search}`,
        method: 'POST',
        headers,
        agent,
        lookup: this.#guard(url),
        ...(ca !== undefined && { ca }),
      };
      const request: ClientRequest = (isSecure ? https : http).request(options);
      const settle = () => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', abort);
      };
      // Not left to the request's own error: after a change of protocol none comes any more.
      const give = (error: Error) => {
        settle();
        reject(error);
        request.destroy();
      };
      const late = () => give(new Refusal(`There was no answer within ${limitMs / 1_000} s.`));
      const timer = setTimeout(late, limitMs - (performance.now() - started));
      const abort = () => give(new Unsettled());
      signal?.addEventListener('abort', abort);
      request.on('socket', socket => {
        // One that is used again was vetted when it was opened; the answer can be had again for nothing.
        const again = socket.remoteAddress && connectionFault(url, socket.remoteAddress, allow);
        if (again) give(new Refusal(again));
      });
      request.on('error', error => give(Object.assign(error, { isReused: request.reusedSocket })));
      // Nobody asked for another protocol.
      request.on('upgrade', (_, socket) => {
        socket.destroy();
        give(new Refusal('The endpoint wanted to change the protocol.'));
      });
      request.on('response', response => {
        const latencyMs = Math.round(performance.now() - started);
        // A status is an answer: what it comes with has a time limit of its own.
        settle();
        void beginningOf(response).then(bytes => {
          const retryAfter = response.headers['retry-after'];
          resolve({ status: response.statusCode ?? 0, error: null, excerpt: excerptOf(bytes), latencyMs, retryAfter });
        });
      });
      request.end(body);
    });
  }

  /** Looks a name up and lets the connection have its addresses only if every one of them may be connected to. */
  #guard(url: URL): LookupFunction {
    return (name, options, callback) => {
      this.#resolve(name).then(
        addresses => {
          const fault = addresses.map(address => connectionFault(url, address, this.#options.allow)).find(Boolean);
          const all = addresses.map(address => ({ address, family: address.includes(':') ? 6 : 4 }));
          const [first] = all;
          if (fault || !first) callback(new Refusal(fault ?? 'The name has no address.'), '', 4);
          else if (options.all) callback(null, all);
          else callback(null, first.address, first.family);
        },
        error => callback(error, '', 4),
      );
    };
  }
}

interface Outgoing {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
  readonly signal: AbortSignal | undefined;
  readonly started: number;
}

const isStale = (error: unknown): boolean => {
  const { isReused, code } = error as { isReused?: boolean; code?: string };
  return isReused === true && (code === 'ECONNRESET' || code === 'EPIPE');
};

/** The first bytes of a body. One that goes on for too long is cut off, and the connection with it. */
function beginningOf(response: IncomingMessage): Promise<Uint8Array> {
  return new Promise(resolve => {
    const chunks: Uint8Array[] = [];
    let kept = 0;
    let read = 0;
    const cut = () => response.destroy();
    const timer = setTimeout(cut, bodyMs);
    const done = () => {
      clearTimeout(timer);
      resolve(Buffer.concat(chunks));
    };
    response.on('data', (chunk: Uint8Array) => {
      read += chunk.length;
      if (kept < excerptBytesMax) {
        chunks.push(chunk.subarray(0, excerptBytesMax - kept));
        kept += chunks.at(-1)!.length;
      }
      if (read > bodyBytesMax) cut();
    });
    response.on('end', done);
    response.on('error', done);
    response.on('close', done);
  });
}
