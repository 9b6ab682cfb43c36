/**
 * A wireless network as phones read it: the form that ZXing introduced and the Wi-Fi Alliance took over (WPA3
 * specification 3.0, section 7.1). A backslash stands before each character that means something. Names that look like
 * hexadecimal are not put in quotes as ZXing once advised: Android and iOS would take the quotes for part of the name.
 */
import type { ContentOf } from '../../events/content.ts';
import type { Refusal } from './contacts.ts';

export type Encryption = NonNullable<ContentOf<'wifi'>['encryption']>;

/** WPA, which is every version of it, with a password, and nothing without one. */
export const encryptionOf = ({ encryption, password }: ContentOf<'wifi'>): Encryption =>
  encryption ?? (password ? 'WPA' : 'nopass');

export function wifi(content: ContentOf<'wifi'>): string {
  const { ssid, password, hidden } = content;
  return [
    `WIFI:T:${encryptionOf(content)};S:${escaped(ssid)};`,
    password ? `P:${escaped(password)};` : '',
    hidden ? 'H:true;' : '',
    ';',
  ].join('');
}

const escaped = (text: string): string => text.replace(/[\\;,:"]/g, '\\$&');

/** Lengths are counted in bytes there. WPA2 asks for 8 characters at least, WPA3 for none, and both are called WPA. */
export function wifiFaults(content: ContentOf<'wifi'>): (readonly [path: string, Refusal])[] {
  const { ssid, password = '' } = content;
  const encryption = encryptionOf(content);
  const bytes = new TextEncoder().encode(password).length;
  const faults: (readonly [string, Refusal])[] = [];
  if (new TextEncoder().encode(ssid).length > 32) {
    faults.push(['/ssid', ['too_long', 'The name of a network has at most 32 bytes in UTF-8.']]);
  }
  if (encryption === 'nopass' && bytes > 0) {
    faults.push(['/password', ['not_allowed', 'A network with encryption nopass has no password.']]);
  } else if (encryption !== 'nopass' && bytes === 0) {
    faults.push(['/password', ['required', `A network with encryption ${encryption} has a password.`]]);
  } else if (bytes > 63 && !/^[\da-f]{64}$/i.test(password)) {
    faults.push(['/password', ['too_long', 'A password has at most 63 bytes in UTF-8, or is a key of 64 hex digits.']]);
  }
  return faults;
}
