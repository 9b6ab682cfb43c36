/**
 * Bodies that are made while they are sent, piece by piece as the reader takes them. Whoever reads for an organisation
 * does so in its scope, which row-level security asks for; but a stream is read outside of the request that has opened it,
 * and Deno tells it nothing of the scope that was there then. So each piece is made in a scope of its own.
 */
import type { ApiDeps } from './deps.ts';

/** The same pieces, each of which is made in the scope of an organisation, whoever asks for it. */
export function scoped<T>({ within }: Pick<ApiDeps, 'within'>, org: string, pieces: AsyncGenerator<T>) {
  const inScope: AsyncGenerator<T> = {
    next: () => within(org, () => pieces.next()),
    return: value => within(org, () => pieces.return(value)),
    throw: error => within(org, () => pieces.throw(error)),
    [Symbol.asyncIterator]: () => inScope,
    [Symbol.asyncDispose]: () => within(org, () => pieces[Symbol.asyncDispose]()),
  };
  return inScope;
}

/** Pieces as a body; none is made before it is asked for. */
export function streamed(pieces: AsyncGenerator<Uint8Array<ArrayBuffer>>): ReadableStream<Uint8Array<ArrayBuffer>> {
  return new ReadableStream<Uint8Array<ArrayBuffer>>(
    {
      async pull(controller) {
        const { done, value } = await pieces.next();
        if (done) controller.close();
        else controller.enqueue(value);
      },
      async cancel() {
        await pieces.return(undefined);
      },
    },
    { highWaterMark: 0 },
  );
}

/** An answer whose body is still being made: nothing on the way shall keep it or hold it back. */
export const streamResponse = (body: ReadableStream<Uint8Array>, type: string): Response =>
  new Response(body, {
    headers: { 'content-type': type, 'cache-control': 'private, no-store', 'x-accel-buffering': 'no' },
  });
