/**
 * The load of a crash campaign: clients of the API who ask with an Idempotency-Key and ask again until they are answered,
 * as a client does whose connection was cut, and scanners who are led on or not and never come again. It remembers what
 * was answered, which is what must be on record, and how often it could not tell.
 */
import { letPass } from '../support/until.ts';
import { browsers, chance } from './real-input.ts';
import { people } from './visits.ts';

/** A code that a client has made, and where it was told last that it leads. */
export interface Made {
  readonly id: string;
  readonly slug: string;
  destination: string;
}

/** A scanner's own code, so that what it was answered can be held against what is on record. */
export interface Scanned {
  readonly code: Made;
  answered: number;
  /** Requests that may or may not have been counted: their connection was cut, or they were turned away. */
  unsure: number;
}

type Random = (limit: number) => number;

export interface LoadOptions {
  readonly seed: number;
  readonly writers: number;
  readonly key: string;
  /** Where the API is, and where the scanners go, in turn. */
  readonly api: string;
  readonly nodes: readonly string[];
  readonly scanned: readonly Scanned[];
}

/** Who is refused comes again so much later. */
const againMs = 25;
/** Between two requests of a client: what is tested is the crash and not the load. */
const thinkMs = 6;

export class Load {
  /** Destination asked for with a key → whether that was answered. It names the effect in the ledger. */
  readonly asked = new Map<string, boolean>();
  readonly made: Made[] = [];
  /** What no client should ever be told. */
  readonly faults: string[] = [];
  requests = 0;
  /** Answered, all in all. */
  writes = 0;
  scans = 0;
  /** Writes that were answered at a second try or later. */
  again = 0;
  readonly #options: LoadOptions;
  #isGoing = false;
  #clients: Promise<void>[] = [];
  #keys = 0;

  constructor(options: LoadOptions) {
    this.#options = options;
  }

  start(): void {
    const { writers, scanned, seed } = this.#options;
    this.#isGoing = true;
    this.#clients = [
      ...Array.from({ length: writers }, (_, n) => this.#write(chance(seed * 1_000 + n))),
      ...scanned.map((one, n) => this.#scan(one, n)),
    ];
  }

  /** Resolves when everybody has the answer to the last question. */
  async stop(): Promise<void> {
    this.#isGoing = false;
    await Promise.all(this.#clients);
  }

  async #write(random: Random): Promise<void> {
    let own: Made | undefined;
    while (this.#isGoing) {
      const destination = `https://example.com/${++this.#keys}`;
      if (own && random(3) > 0) await this.#retarget(own, destination, random);
      else own = (await this.#create(destination, random)) ?? own;
      await letPass(thinkMs);
    }
  }

  async #create(destination: string, random: Random): Promise<Made | undefined> {
    const answer = await this.#insist('POST', '/v1/qr/create', destination, random);
    if (answer?.status !== 201) return undefined;
    const slug = new URL(answer.body.shortUrl).pathname.slice(1);
    const made = { id: answer.body.id as string, slug, destination };
    this.made.push(made);
    return made;
  }

  async #retarget(made: Made, destination: string, random: Random): Promise<void> {
    const answer = await this.#insist('PATCH', `/v1/qr/${made.id}`, destination, random);
    if (answer?.status === 200) made.destination = destination;
  }

  /** Asks with one key until there is an answer that says yes or no. */
  async #insist(method: string, path: string, destination: string, random: Random) {
    this.asked.set(destination, false);
    for (let tries = 1; ; tries++) {
      this.requests += 1;
      // Some lose patience, though what they asked for may be done by then.
      const patienceMs = random(6) === 0 ? 1 + random(12) : undefined;
      const answer = await this.#ask(method, path, destination, patienceMs).catch(() => undefined);
      if (!answer || answer.status === 503) {
        await letPass(againMs);
        continue;
      }
      const { status } = answer;
      if (status >= 300) {
        this.faults.push(`${method} ${path} was answered ${status} ${JSON.stringify(answer.body)}`);
        return undefined;
      }
      this.asked.set(destination, true);
      this.writes += 1;
      this.again += Number(tries > 1);
      return answer;
    }
  }

  async #ask(method: string, path: string, destination: string, patienceMs?: number) {
    const { api, key } = this.#options;
    const headers = {
      authorization: `Bearer ${key}`,
      'content-type': 'application/json',
      'idempotency-key': destination,
    };
    const response = await fetch(api + path, {
      ...{ method, headers, body: JSON.stringify({ destination }) },
      ...(patienceMs !== undefined && { signal: AbortSignal.timeout(patienceMs) }),
    });
    return { status: response.status, body: await response.json() };
  }

  async #scan(scanned: Scanned, scanner: number): Promise<void> {
    const { nodes } = this.#options;
    const { slug, destination } = scanned.code;
    for (let n = 0; this.#isGoing; n++) {
      const url = `${nodes[scanner % nodes.length]}/${slug}`;
      const headers = {
        'user-agent': browsers[(scanner * 31 + n) % browsers.length]!.userAgent,
        'x-forwarded-for': people[(scanner * 97 + n) % people.length]!.address,
        // A kept connection that turns out to be dead would make `fetch` ask again by itself.
        connection: 'close',
      };
      this.requests += 1;
      try {
        const response = await fetch(url, { redirect: 'manual', headers, keepalive: false });
        await response.arrayBuffer();
        if (response.status === 302 && response.headers.get('location') === destination) {
          scanned.answered += 1;
          this.scans += 1;
        } else {
          scanned.unsure += 1;
          if (response.status !== 503) this.faults.push(`${slug} was answered ${response.status}`);
          await letPass(againMs);
        }
      } catch (error) {
        scanned.unsure += Number((error as { code?: string }).code !== 'ConnectionRefused');
        await letPass(againMs);
      }
      await letPass(thinkMs);
    }
  }
}
