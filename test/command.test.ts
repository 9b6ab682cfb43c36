/**
 * The words of a command line, as the audit command takes them: what it does not know it names, and does nothing.
 */
import { describe, expect, test } from 'bun:test';
import { audit } from './support/audit.ts';

describe('a command', () => {
  test.each([
    ['verify x --key y --checkpont z', 'There is no option --checkpont; did you mean --checkpoint?'],
    ['verify x --key', '--key needs a value.'],
    ['verify x --key=', '--key needs a value.'],
    ['verify x --key y --checkpoint a --checkpoint b', '--checkpoint is there more than once.'],
    ['verify a b --key y', '"b" is a word too many.'],
    ['replay qrs keys', '"keys" is a word too many.'],
    ['export --org org_1 extra', '"extra" is a word too many.'],
    ['checkpoint -o org_1', 'There is no option --o; did you mean --org?'],
    ['check', 'Unknown command check'],
  ])('%s is told: %s', async (words, sentence) => {
    const { status, output, errors } = await audit(undefined, ...words.split(' '));
    expect([status, errors.trim().split('\n').at(-1), words === 'check' ? '' : output]).toEqual([1, sentence, '']);
  });

  test('that knows its words does what they say', async () => {
    const { status, errors } = await audit(undefined, 'verify', 'none', '--key=none');
    expect([status, errors.trim()]).toEqual([1, 'There is no file none.']);
  });
});
