/**
 * Contents that are links, each after its own scheme: mailto (RFC 6068), tel (RFC 3966), sms (RFC 5724), WhatsApp's
 * click to chat, geo (RFC 5870) and plain web addresses. Whatever a person wrote is percent-encoded as UTF-8, so that it
 * can't end the field it stands in. All take contents in which `contentFaults` found nothing.
 */
import type { ContentOf } from '../../events/content.ts';

/** A web address as every reader takes it: ASCII as it was given, else its host as Punycode and the rest encoded. */
export const link = (url: string): string => (/[^\x21-\x7e]/.test(url) ? new URL(url).href : url);

/**
 * RFC 6068: one recipient, then header fields. Line breaks are CRLF there (§5). What encodeURIComponent leaves alone is
 * `unreserved` and some of `some-delims`, all of which a qchar may be.
 */
export function mailto({ to, subject, body }: ContentOf<'email'>): string {
  const at = to.lastIndexOf('@');
  const address = `${encodeURIComponent(to.slice(0, at))}@${encodeURIComponent(to.slice(at + 1))}`;
  return `mailto:${address}${query({ subject, body: body?.replace(/\r\n?|\n/g, '\r\n') })}`;
}

/** RFC 3966 lets nobody but people see the separators, so they are left out. */
export const tel = ({ number }: ContentOf<'phone'>): string => `tel:${dialled(number)}`;

export const sms = ({ number, message }: ContentOf<'sms'>): string =>
  `sms:${dialled(number)}${query({ body: message })}`;

/** https://wa.me/ and the number in full international form, digits only; then the text. */
export const whatsapp = ({ number, message }: ContentOf<'whatsapp'>): string =>
  `https://wa.me/${dialled(number).replace('+', '')}${query({ text: message })}`;

/** RFC 5870 knows no exponents. Six digits are 11 cm, finer than any phone measures. */
export const geo = ({ latitude, longitude }: ContentOf<'geo'>): string =>
  `geo:${decimal(latitude)},${decimal(longitude)}`;

/** What all devices can open: a picture can't ask which one looks at it. */
export const app = ({ ios, android, fallback }: ContentOf<'app'>): string => link((fallback ?? ios ?? android)!);

/** The digits of a phone number, with the + before a country code. */
export const dialled = (number: string): string => number.replace(/[^+\d]/g, '');

export const decimal = (degrees: number): string =>
  degrees
    .toFixed(6)
    .replace(/\.?0+$/, '')
    .replace(/^-0$/, '0');

function query(fields: Readonly<Record<string, string | undefined>>): string {
  const given = Object.entries(fields).filter(([, value]) => value !== undefined);
  if (given.length === 0) return '';
  return `?${given.map(([name, value]) => `${name}=${encodeURIComponent(value!)}`).join('&')}`;
}
