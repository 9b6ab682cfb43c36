/**
 * A reader of Server-Sent Events as a test needs one: it keeps what came, tells the last id as a browser would send it
 * back, and can stop reading without going away.
 */
import { until } from './until.ts';

export interface Told {
  readonly id: string;
  readonly data: { readonly position: number; readonly type: string; readonly [name: string]: unknown };
}

export class EventSource {
  readonly status: number;
  readonly headers: Headers;
  readonly told: Told[] = [];
  /** Everything that came, as it came. */
  text = '';
  lastId = '';
  ended = false;
  readonly #abort: AbortController;

  private constructor(response: Response, abort: AbortController) {
    this.status = response.status;
    this.headers = response.headers;
    this.#abort = abort;
  }

  /** Opens a stream; resolves when it is answered. */
  static async open(url: string, headers: Readonly<Record<string, string>> = {}): Promise<EventSource> {
    const abort = new AbortController();
    const response = await fetch(url, {
      headers: { accept: 'text/event-stream', ...headers },
      signal: abort.signal,
    });
    const source = new EventSource(response, abort);
    source.#read(response.body!).then(
      () => (source.ended = true),
      () => (source.ended = true),
    );
    return source;
  }

  /** Resolves when this many events have come. */
  async count(count: number, timeoutMs = 5_000): Promise<readonly Told[]> {
    await until(() => this.told.length >= count, timeoutMs);
    return this.told;
  }

  close(): void {
    this.#abort.abort();
  }

  async #read(body: ReadableStream<Uint8Array>): Promise<void> {
    let rest = '';
    const decoder = new TextDecoder();
    for await (const chunk of body) {
      const text = decoder.decode(chunk, { stream: true });
      this.text += text;
      const blocks = (rest + text).split('\n\n');
      rest = blocks.pop()!;
      for (const block of blocks) this.#take(block);
    }
  }

  #take(block: string): void {
    const fields = new Map(block.split('\n').map(line => line.split(/: (.*)/s) as [string, string]));
    const [id, data] = [fields.get('id'), fields.get('data')];
    if (id !== undefined) this.lastId = id;
    if (data !== undefined) this.told.push({ id: this.lastId, data: JSON.parse(data) });
  }
}
