/**
 * The lines that vCard and iCalendar are made of (RFC 2425 §5.8, RFC 5545 §3.1): a name, a colon and a value, ended by
 * CRLF and folded at 75 octets. Texts are escaped the same way in both, so one function does it: a value can neither
 * end its line nor begin another field.
 */

const octetsMax = 75;

/** Backslash, semicolon and comma are escaped, and a line break of any kind becomes `\n`. */
export const escaped = (text: string): string => text.replace(/[\\;,]/g, '\\$&').replace(/\r\n?|\n/g, '\\n');

/** The lines that have a value, each folded and ended. */
export const lines = (entries: readonly (readonly [name: string, value: string | undefined])[]): string =>
  entries.map(([name, value]) => (value === undefined ? '' : `${folded(`${name}:${value}`)}\r\n`)).join('');

/** Breaks between characters, never inside one of UTF-8; the space that begins a further line counts too. */
function folded(line: string): string {
  let out = '';
  let octets = 0;
  for (const character of line) {
    const size = octetsOf(character.codePointAt(0)!);
    if (octets + size > octetsMax) {
      out += '\r\n ';
      octets = 1;
    }
    out += character;
    octets += size;
  }
  return out;
}

const octetsOf = (codePoint: number): number =>
  codePoint < 0x80 ? 1 : codePoint < 0x800 ? 2 : codePoint < 0x1_0000 ? 3 : 4;
