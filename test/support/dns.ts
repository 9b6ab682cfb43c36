/**
 * A DNS server that knows a few TXT records and nothing else, over UDP (RFC 1035): what the program asks reaches a real
 * socket, and a test says what the answer is.
 */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';

export interface TestDns {
  /** Its address, as `DNS_SERVERS` takes it. */
  readonly address: string;
  /** Texts by name; a name that is missing there is answered with NXDOMAIN. */
  readonly records: Map<string, readonly string[]>;
  close(): Promise<void>;
}

/** Where a question's name ends, and the name. */
function nameIn(message: Buffer): { name: string; end: number } {
  const labels: string[] = [];
  let at = 12;
  for (let length = message[at]!; length > 0; length = message[at]!) {
    labels.push(message.toString('latin1', at + 1, at + 1 + length));
    at += 1 + length;
  }
  return { name: labels.join('.').toLowerCase(), end: at + 5 };
}

/** A text as one record that points back to the question's name; more than 255 bytes are several parts. */
function record(text: string): Buffer {
  const bytes = Buffer.from(text);
  const parts: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += 255) {
    const part = bytes.subarray(at, at + 255);
    parts.push(Buffer.from([part.length]), part);
  }
  const data = Buffer.concat(parts);
  const head = Buffer.from([0xc0, 0x0c, 0, 16, 0, 1, 0, 0, 0, 0, data.length >> 8, data.length & 255]);
  return Buffer.concat([head, data]);
}

export async function dnsServer(): Promise<TestDns> {
  const records = new Map<string, readonly string[]>();
  const socket = createSocket('udp4');
  socket.on('message', (message, from) => {
    const { name, end } = nameIn(message);
    const texts = records.get(name);
    const header = Buffer.from(message.subarray(0, 12));
    header.writeUInt16BE(texts ? 0x8180 : 0x8183, 2);
    for (const [place, count] of [1, texts?.length ?? 0, 0, 0].entries()) header.writeUInt16BE(count, 4 + 2 * place);
    const answer = Buffer.concat([header, message.subarray(12, end), ...(texts ?? []).map(record)]);
    socket.send(answer, from.port, from.address);
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return {
    address: `127.0.0.1:${socket.address().port}`,
    records,
    close: async () => {
      socket.close();
      await once(socket, 'close');
    },
  };
}
