/**
 * What a person sees after the start: where to go, with which key, one line to paste, and a code to scan. The line works
 * as it stands, because the first thing that is pasted decides whether there is a second.
 */
import { matrix } from './render/matrix.ts';
import { terminal } from './render/terminal.ts';

/**
 * @param firstKey the key's text, when this start has made it; it is shown this once
 * @param keyInShell how a shell gets at the key
 */
export function banner(url: string, firstKey: string | undefined, keyInShell: string): string {
  const curl =
    `curl -X POST ${url}/v1/qr/create -H "Authorization: Bearer ${firstKey ?? keyInShell}" ` +
    `-H "Content-Type: application/json" ` +
    `-d '{"type":"url","destination":"https://example.com/landing","label":"Campaign A"}'`;
  const key =
    firstKey === undefined
      ? ''
      : `  API key     ${firstKey}\n              (shown this once; also in the data directory)\n`;
  return `
  Indelible listens at ${url}

${key}  API         ${url}/docs
  Health      ${url}/readyz?verbose

  Create a code:

${curl}

${terminal(matrix(`${url}/docs`))}
`;
}
