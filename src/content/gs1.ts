/**
 * A product as GS1 Digital Link (ISO/IEC 18975; GS1 Digital Link URI Syntax 1.4): a web address that a till reads as
 * well as a phone. The key and its qualifiers are the path, in the order that the standard fixes; dates are the query.
 * Only the uncompressed form is made, since it is the one that every reader must understand.
 */
import type { ContentOf } from '../../events/content.ts';

type Gs1 = ContentOf<'gs1'>;

/** GS1's own resolver, which knows the resolvers of the brands. */
const canonicalDomain = 'id.gs1.org';

/** Key qualifiers of a GTIN, in the order of the standard. */
const qualifiers = [
  ['22', 'variant'],
  ['10', 'lot'],
  ['21', 'serial'],
] as const;
const dates = [
  ['11', 'productionDate'],
  ['15', 'bestBefore'],
  ['17', 'expiry'],
] as const;

export function digitalLink(content: Gs1): string {
  const path = qualifiers.map(([ai, name]) => (content[name] === undefined ? '' : `/${ai}/${encoded(content[name])}`));
  const query = dates.flatMap(([ai, name]) => (content[name] === undefined ? [] : [`${ai}=${yymmdd(content[name])}`]));
  const start = `https://${content.domain ?? canonicalDomain}/01/${content.gtin.padStart(14, '0')}${path.join('')}`;
  return query.length === 0 ? start : `${start}?${query.join('&')}`;
}

/** Weights 3 and 1 from the right, beginning with 1 at the check digit itself (GS1 General Specifications, 7.9.1). */
export function isGtin(digits: string): boolean {
  const sum = [...digits].reverse().reduce((total, digit, i) => total + Number(digit) * (i % 2 === 0 ? 1 : 3), 0);
  return sum % 10 === 0;
}

/** Whether a date exists; day 00 is the month without a day. */
export function isProductDate(text: string): boolean {
  const [, year, month, day] = /^20(\d\d)-?(\d\d)-?(\d\d)$/.exec(text.length === 6 ? `20${text}` : text) ?? [];
  if (year === undefined || month === undefined || day === undefined) return false;
  if (day === '00') return text.length === 6 && Number(month) >= 1 && Number(month) <= 12;
  try {
    Temporal.PlainDate.from(`20${year}-${month}-${day}`, { overflow: 'reject' });
    return true;
  } catch {
    return false;
  }
}

const yymmdd = (text: string): string => (text.length === 6 ? text : text.replaceAll('-', '').slice(2));

/** Percent-encoded with the five marks that encodeURIComponent leaves: they are delimiters in a path. */
const encoded = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, mark => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`);
