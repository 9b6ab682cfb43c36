/**
 * A contact as vCard 3.0 (RFC 2426). Not as 4.0 (RFC 6350), which is newer and says no more in these fields: phones,
 * QR readers and mail programs all read 3.0, while some of them, Outlook among them, never learned 4.0. A value is
 * escaped, so it can't begin another property.
 */
import type { ContentOf } from '../../events/content.ts';
import { escaped, lines } from './lines.ts';
import { dialled, link } from './links.ts';

/** The name that is shown: of the person, else of the organisation. */
export const nameOf = ({ firstName, lastName, organization }: ContentOf<'vcard'>): string =>
  [firstName, lastName].filter(name => name !== undefined).join(' ') || (organization ?? '');

export function vcard(content: ContentOf<'vcard'>): string {
  const { firstName = '', lastName = '', organization, title, phone, email, url, address, note } = content;
  const text = (value: string | undefined) => (value === undefined ? undefined : escaped(value));
  return lines([
    ['BEGIN', 'VCARD'],
    ['VERSION', '3.0'],
    // Family, given, additional names, prefixes, suffixes.
    ['N', `${escaped(lastName)};${escaped(firstName)};;;`],
    ['FN', escaped(nameOf(content))],
    ['ORG', text(organization)],
    ['TITLE', text(title)],
    ['TEL', phone === undefined ? undefined : dialled(phone)],
    ['EMAIL', text(email)],
    // A URI is not escaped, and has none of the characters that would need it but this one.
    ['URL', url === undefined ? undefined : link(url).replaceAll('\\', '%5C')],
    // Post office box, extended address, street, locality, region, code, country: all of it is shown as the street.
    ['ADR', address === undefined ? undefined : `;;${escaped(address)};;;;`],
    ['NOTE', text(note)],
    ['END', 'VCARD'],
  ]);
}
