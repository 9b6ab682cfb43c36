/**
 * What the owner of an endpoint is told when an attempt brought no answer: a sentence for what they can do something
 * about, and never an address, a port or a resolver of the network it was made from.
 */
import { describe, expect, test } from 'bun:test';
import { Refusal, sentenceOf, Unsettled } from '../../src/webhooks/attempt-error.ts';

const failing = (code: string, message = `connect ${code} 10.1.2.3:5432`) =>
  Object.assign(new Error(message), { code });

describe('what an error is called', () => {
  test.each([
    ['ENOTFOUND', 'The name could not be resolved.'],
    ['EAI_AGAIN', 'The name could not be resolved.'],
    ['DNS_ENOTFOUND', 'The name could not be resolved.'],
    ['ECONNREFUSED', 'There was no connection.'],
    ['ConnectionRefused', 'There was no connection.'],
    ['ETIMEDOUT', 'There was no connection.'],
    ['ECONNRESET', 'The endpoint closed the connection without an answer.'],
    ['EPIPE', 'The endpoint closed the connection without an answer.'],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', 'The certificate of the endpoint is not valid.'],
    ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'The certificate of the endpoint is not valid.'],
    ['ERR_TLS_CERT_ALTNAME_INVALID', 'The certificate of the endpoint is not valid.'],
    ['CERT_HAS_EXPIRED', 'The certificate of the endpoint is not valid.'],
    ['ERR_SSL_WRONG_VERSION_NUMBER', 'There was no secure connection.'],
    ['EPROTO', 'There was no secure connection.'],
    ['HPE_INVALID_CONSTANT', 'The answer was not HTTP.'],
    ['EWHATEVER', 'The attempt failed.'],
  ])('%s', (code, sentence) => {
    expect(sentenceOf(failing(code))).toBe(sentence);
  });

  test('what we refused ourselves is told as it is worded', () => {
    expect(sentenceOf(new Refusal('The address is not a public one.'))).toBe('The address is not a public one.');
  });

  test('what is no error, or has no code, is told without its text', () => {
    for (const thrown of [
      null,
      undefined,
      'connect 10.1.2.3',
      new Error('connect 10.1.2.3'),
      new Unsettled('10.1.2.3'),
    ])
      expect(sentenceOf(thrown)).toBe('The attempt failed.');
  });
});
