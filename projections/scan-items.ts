/**
 * Scans as read models keep them: twelve bytes each. What scans have in common with many others (country, device and so
 * on) is a combination with a number, kept once; a scan is that number, its quarter of an hour, the version it was
 * served and its visitor's place. All that can be asked of scans can be answered from these.
 */
import type { Scan, ScanKind } from '../events/scan.ts';
import { countingRules, kindUnder, type Revision } from './counting.ts';

/** What scans are told apart by, besides time, visitor and version; the order is that of a combination's text. */
export const fields = [
  ...(['country', 'region', 'city', 'device', 'os', 'browser', 'language', 'referrer', 'rule'] as const),
  ...(['utmSource', 'utmMedium', 'utmCampaign'] as const),
] as const;
export type Field = (typeof fields)[number];

/** A combination's kinds by version of the counting rules, separated by spaces, and its fields; '' for not known. */
export type Combination = { readonly kinds: string } & { readonly [F in Field]: string };

const separator = '\t';

const agreed = new Map<string, string>();
const versions = countingRules.map(({ version }) => version);

/** The kinds of a scan by all versions of the rules. */
function kindsOf(scan: Scan, revision: Revision | undefined): string {
  if (scan.earlier || revision) return versions.map(version => kindUnder(version, scan, revision)).join(' ');
  // Nearly all scans: the same under each version.
  const known = agreed.get(scan.kind);
  if (known !== undefined) return known;
  const kinds = versions.map(() => scan.kind).join(' ');
  agreed.set(scan.kind, kinds);
  return kinds;
}

/** A scan's combination as text. No text of a scan holds a control character, so that different ones never meet. */
export function combinationOf(scan: Scan, revision?: Revision): string {
  const { country, region, city, device, os, browser, language, referrer, rule, utm } = scan;
  return (
    `${kindsOf(scan, revision)}\t${country ?? ''}\t${region ?? ''}\t${city ?? ''}\t${device}\t${os ?? ''}\t` +
    `${browser ?? ''}\t${language ?? ''}\t${referrer ?? ''}\t${rule ?? ''}\t` +
    (utm ? `${utm.source ?? ''}\t${utm.medium ?? ''}\t${utm.campaign ?? ''}` : '\t\t')
  );
}

/** The combination that `combinationOf` has written. */
export function combinationFrom(text: string): Combination {
  const [kinds, ...values] = text.split(separator);
  return { kinds, ...Object.fromEntries(fields.map((field, i) => [field, values[i]])) } as Combination;
}

/** The kind that `kinds` has for a version of the rules. */
export const kindIn = (kinds: string, version: number): ScanKind => kinds.split(' ')[version - 1] as ScanKind;

/** Bytes of a scan: quarter 3, visitor 3, combination 4, version 2; least significant first. */
export const itemBytes = 12;
const versionMax = 0xffff;

export interface Item {
  readonly quarter: number;
  readonly visitor: number;
  /** Its number; while scans are taken in, first its place among the batch's. */
  combination: number;
  readonly version: number;
  /** The part that it is in, see `scan-parts.ts`; not among the bytes. */
  part: number;
}

/** Byte by byte: `Buffer`'s own ways of writing numbers cost four times as much. */
export function packed(items: readonly Item[]): Buffer {
  const bytes = Buffer.allocUnsafe(items.length * itemBytes);
  let at = 0;
  for (const { quarter, visitor, combination, version } of items) {
    bytes[at++] = quarter;
    bytes[at++] = quarter >> 8;
    bytes[at++] = quarter >> 16;
    bytes[at++] = visitor;
    bytes[at++] = visitor >> 8;
    bytes[at++] = visitor >> 16;
    bytes[at++] = combination;
    bytes[at++] = combination >> 8;
    bytes[at++] = combination >> 16;
    bytes[at++] = combination >> 24;
    bytes[at++] = Math.min(version, versionMax);
    bytes[at++] = Math.min(version, versionMax) >> 8;
  }
  return bytes;
}

/** The numbers of the combinations that these scans have and that are not known yet. */
export function unknownIn(bytes: Uint8Array, known: { has(id: number): boolean }): number[] {
  const unknown = new Set<number>();
  let last = -1;
  for (let at = combinationAt; at + 4 <= bytes.length; at += itemBytes) {
    const combination = combinationOfItem(bytes, at);
    if (combination === last) continue;
    last = combination;
    if (!known.has(combination)) unknown.add(combination);
  }
  return [...unknown];
}

/** The scans in a span that are meant; a combination and version is asked about once. */
export function chosen(
  bytes: Uint8Array,
  span: { readonly from: number; readonly to: number },
  isMeant: (combination: number, version: number) => boolean,
): Item[] {
  const items: Item[] = [];
  const verdicts = new Map<number, boolean>();
  for (let at = 0; at + itemBytes <= bytes.length; at += itemBytes) {
    const quarter = bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16);
    if (quarter < span.from || quarter >= span.to) continue;
    const combination = combinationOfItem(bytes, at + combinationAt);
    const version = bytes[at + 10]! | (bytes[at + 11]! << 8);
    const key = combination * 0x1_0000 + version;
    let verdict = verdicts.get(key);
    if (verdict === undefined) {
      verdict = isMeant(combination, version);
      verdicts.set(key, verdict);
    }
    if (!verdict) continue;
    const visitor = bytes[at + 3]! | (bytes[at + 4]! << 8) | (bytes[at + 5]! << 16);
    items.push({ quarter, visitor, combination, version, part: 0 });
  }
  return items;
}

const combinationAt = 6;
const combinationOfItem = (bytes: Uint8Array, at: number): number =>
  (bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)) >>> 0;

/** What `packed` has written. */
export function unpacked(bytes: Uint8Array, part: number): Item[] {
  const items: Item[] = [];
  for (let at = 0; at + itemBytes <= bytes.length; at += itemBytes) {
    items.push({
      quarter: bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16),
      visitor: bytes[at + 3]! | (bytes[at + 4]! << 8) | (bytes[at + 5]! << 16),
      combination: combinationOfItem(bytes, at + combinationAt),
      version: bytes[at + 10]! | (bytes[at + 11]! << 8),
      part,
    });
  }
  return items;
}
