/**
 * An endpoint as a customer runs it: a server on the loopback interface that keeps what it was sent, byte for byte, and
 * answers as a test wants it to. It promises to know how many connections it was reached by.
 */
import { once } from 'node:events';
import http, {
  type IncomingHttpHeaders,
  type IncomingMessage,
  type RequestListener,
  type ServerResponse,
} from 'node:http';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import { certificate, certificateKey } from './certificates.ts';

export interface Delivered {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

export interface Endpoint {
  readonly port: number;
  /** Of its address, with the path `/hook`. */
  readonly url: string;
  readonly received: Delivered[];
  /** Connections that a request came through. */
  connections(): number;
  close(): Promise<void>;
}

/** Writes the answer to what was delivered; the default is an empty 204. */
export type Answering = (delivered: Delivered, response: ServerResponse, request: IncomingMessage) => unknown;

const accepting: Answering = (_, response) => response.writeHead(204).end();

/** Starts an endpoint on a free port of a loopback address; `tls` lets it speak HTTPS as `hook.test`. */
export async function startEndpoint(
  answer: Answering = accepting,
  { tls = false, address = '127.0.0.1' } = {},
): Promise<Endpoint> {
  const received: Delivered[] = [];
  const connections = new Set<number | undefined>();
  const listener: RequestListener = (request, response) => {
    connections.add(request.socket.remotePort);
    const chunks: Uint8Array[] = [];
    request.on('data', chunk => chunks.push(chunk));
    request.on('end', () => {
      const { method = '', url: path = '', headers } = request;
      const delivered = { method, path, headers, body: Buffer.concat(chunks) };
      received.push(delivered);
      answer(delivered, response, request);
    });
  };
  const server = tls
    ? https.createServer({ cert: certificate, key: certificateKey }, listener)
    : http.createServer(listener);
  server.listen(0, address);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    port,
    url: `${tls ? 'https' : 'http'}://${address}:${port}/hook`,
    received,
    connections: () => connections.size,
    close: async () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
