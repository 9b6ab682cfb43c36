/**
 * Destinations with letters beyond ASCII: the API keeps them as they were given, and the redirect sends what a header
 * can carry and every browser takes for the same address. Runtimes differ in what they let into a header.
 */
import { afterEach, expect, setDefaultTimeout, test } from 'bun:test';
import { caller } from '../support/client.ts';
import { type Program, startProgram } from '../support/program.ts';
import { scan, visitor } from './visits.ts';

setDefaultTimeout(180_000);

const destinations = [
  ['https://例え.jp/ü?q=ä#ö', 'https://xn--r8jz45g.jp/%C3%BC?q=%C3%A4#%C3%B6'],
  ['https://example.com/café', 'https://example.com/caf%C3%A9'],
  ['https://example.com/🎉', 'https://example.com/%F0%9F%8E%89'],
  ['https://EXAMPLE.com/A/../b?x="<>"', 'https://EXAMPLE.com/A/../b?x="<>"'],
  ['https://example.com', 'https://example.com'],
] as const;

let program: Program | undefined;
afterEach(async () => void (await program?.kill()));

for (const runtime of ['bun', 'deno'] as const) {
  test(`on ${runtime}, a destination in any script is kept as given and led to as a valid header`, async () => {
    program = await startProgram({ runtime });
    const call = caller(program.url, program.key);
    for (const [destination, location] of destinations) {
      const { status, body } = await call('POST', '/v1/qr/create', { json: { destination } });
      expect([status, body.destination]).toEqual([201, destination]);
      const answer = await scan(program.url, new URL(body.shortUrl).pathname.slice(1), visitor(0));
      expect(answer).toEqual({ status: 302, location });
      expect((await call('GET', `/v1/qr/${body.id}`)).body).toMatchObject({ destination });
    }
    expect(await program.stop()).toBe(0);
  });
}
