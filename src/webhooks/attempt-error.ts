/**
 * Why an attempt brought no answer, in sentences that its owner can act on and that tell nothing of the network it was
 * made from: which address a name had, or what a refused one would have said, stays here.
 */

/** We did not want to go on; the message is for the owner. */
export class Refusal extends Error {}

/** We gave the attempt up for reasons of our own: it counts for nothing, and the delivery is made again. */
export class Unsettled extends Error {}

const sentences: readonly [RegExp, string][] = [
  [/^(ENOTFOUND|EAI_|ENODATA|ESERVFAIL|ENONAME|ETIMEOUT|DNS_)/, 'The name could not be resolved.'],
  [/^(ECONNREFUSED|EHOSTUNREACH|ENETUNREACH|EADDRNOTAVAIL|ETIMEDOUT|ConnectionRefused)/, 'There was no connection.'],
  [/^(ECONNRESET|EPIPE|ECONNABORTED|UND_ERR_SOCKET)/, 'The endpoint closed the connection without an answer.'],
  [/CERT|SELF_SIGNED|UNABLE_TO_|ALTNAME|^CRL_|HOSTNAME_MISMATCH/, 'The certificate of the endpoint is not valid.'],
  [/SSL|TLS|EPROTO/, 'There was no secure connection.'],
  [/^HPE_/, 'The answer was not HTTP.'],
];

/** The sentence for an error of an attempt. */
export function sentenceOf(error: unknown): string {
  if (error instanceof Refusal) return error.message;
  const code = String((error as { code?: unknown })?.code ?? '');
  return sentences.find(([pattern]) => pattern.test(code))?.[1] ?? 'The attempt failed.';
}
