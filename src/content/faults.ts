/**
 * What is wrong with a content, in sentences and all at once: what a schema can't see, such as a number nobody can dial,
 * a day that does not exist, or a text too long for any code. It takes contents as they came, right or wrong, and passes
 * over what the schema refuses anyway. Contents without faults make payloads that fit a code and that readers accept.
 */
import { Value } from '@sinclair/typebox/value';
import {
  type Content,
  type ContentOf,
  type ContentType,
  contentSchemas,
  payloadBytesMax,
} from '../../events/content.ts';
import { destinationFault, type HostRules, noHosts } from '../deciders/destination.ts';
import type { Fault } from '../problem.ts';
import { momentOf } from './calendar.ts';
import { emailRule, type FieldRule, numberRule, type Refusal } from './contacts.ts';
import { isGtin, isProductDate } from './gs1.ts';
import { payload } from './payload.ts';
import { wifiFaults } from './wifi.ts';

export interface FaultOptions {
  /** Hosts this instance answers on: a code must not lead back to it. */
  readonly hosts?: HostRules;
  /** Whether the code will hold the content itself. */
  readonly static?: boolean;
}

const link: FieldRule = (value, hosts) => {
  const fault = destinationFault(value, '', hosts);
  return fault && [fault.code, fault.detail];
};
const time: FieldRule = value =>
  momentOf(value) ? null : ['format', 'Write a time with its offset, 2027-05-01T18:00:00Z, or a day, 2027-05-01.'];
const productDate: FieldRule = value =>
  isProductDate(value) ? null : ['format', 'There is no such day; write 2027-03-31, 270331 or, without a day, 270300.'];
/** URL parsers take such a segment out of the path, percent-encoded or not. */
const segment: FieldRule = value =>
  /^\.\.?$/.test(value) ? ['format', 'One or two dots alone can not stand in an address.'] : null;
const gtin: FieldRule = value =>
  isGtin(value) ? null : ['check_digit', 'The check digit does not match: a digit is wrong, or two are swapped.'];
const domain: FieldRule = (value, hosts) => {
  if (!/^[\p{L}\p{N}.-]+(:\d{1,5})?$/u.test(value)) return ['format', 'A domain is a host name such as id.gs1.org.'];
  return link(`https://${value}/`, hosts);
};

/** Rules for single fields; all others are texts. */
const rules: { readonly [T in ContentType]: Readonly<Record<string, FieldRule>> } = {
  text: {},
  email: { to: emailRule },
  phone: { number: numberRule() },
  sms: { number: numberRule() },
  whatsapp: { number: numberRule('international') },
  wifi: {},
  vcard: { phone: numberRule(), email: emailRule, url: link },
  event: { start: time, end: time },
  geo: {},
  app: { ios: link, android: link, fallback: link },
  file: { url: link },
  gs1: {
    gtin,
    domain,
    variant: segment,
    lot: segment,
    serial: segment,
    productionDate: productDate,
    bestBefore: productDate,
    expiry: productDate,
  },
};

/** Texts of several lines; all others are one. */
const multiline = new Set(['text', 'body', 'message', 'address', 'note', 'description']);

/** Neither XML nor Postgres takes control characters or half a surrogate pair, and no code can hold the latter. */
function textFault(name: string, value: string): Refusal | null {
  const found = multiline.has(name)
    ? /(?![\t\n\r])[\p{Cc}\p{Cs}]/u.test(value)
    : /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}]/u.test(value);
  if (!found) return null;
  const lines = multiline.has(name) ? 'This is text' : 'This is one line of text';
  return ['format', `${lines} without control characters.`];
}

/** Faults of a content, with pointers such as `/content/number`. None of them repeats what was given. */
export function contentFaults(type: ContentType, content: unknown, options: FaultOptions = {}): Fault[] {
  if (typeof content !== 'object' || content === null) return [];
  const faults = Object.entries(content).flatMap(([name, value]) => {
    if (typeof value !== 'string') return [];
    const rule = Object.hasOwn(rules[type], name) ? rules[type][name] : undefined;
    return fault(`/${name}`, textFault(name, value) ?? rule?.(value, options.hosts ?? noHosts) ?? null);
  });
  if (faults.length > 0 || !Value.Check(contentSchemas[type], content)) return faults;
  const across = wholeFaults(type, content, options.static ?? false);
  return across.length > 0 ? across : sizeFaults(type, content);
}

const fault = (path: string, refusal: Refusal | null): Fault[] =>
  refusal ? [{ pointer: `/content${path}`, code: refusal[0], detail: refusal[1] }] : [];

/** Rules between the fields of a content that its schema takes. */
function wholeFaults(type: ContentType, content: Content, isStatic: boolean): Fault[] {
  switch (type) {
    case 'vcard': {
      const { firstName, lastName, organization } = content as ContentOf<'vcard'>;
      if (firstName ?? lastName ?? organization) return [];
      return fault('', ['required', 'A contact has a firstName, a lastName or an organization.']);
    }
    case 'event': {
      const { start, end } = content as ContentOf<'event'>;
      return fault('/end', orderFault(momentOf(start)!, momentOf(end)!));
    }
    case 'app': {
      const { ios, android, fallback } = content as ContentOf<'app'>;
      if (!isStatic || fallback !== undefined || ios === undefined || android === undefined) return [];
      return fault('/fallback', ['required', 'A static code can not tell devices apart: say where all are led.']);
    }
    case 'wifi':
      return wifiFaults(content as ContentOf<'wifi'>).flatMap(([path, refusal]) => fault(path, refusal));
    default:
      return [];
  }
}

function orderFault(start: Moment, end: Moment): Refusal | null {
  if (start instanceof Temporal.PlainDate && end instanceof Temporal.PlainDate) {
    // A calendar names the day behind it, in four digits.
    if (end.equals('9999-12-31')) return ['too_large', 'The last day is 9999-12-30 at most.'];
    return Temporal.PlainDate.compare(start, end) > 0 ? ['order', 'The last day comes before the first.'] : null;
  }
  if (start instanceof Temporal.PlainDate || end instanceof Temporal.PlainDate) {
    return ['format', 'Start and end are both times or both days.'];
  }
  return Temporal.Instant.compare(start, end) >= 0 ? ['order', 'The end comes after the start.'] : null;
}

type Moment = NonNullable<ReturnType<typeof momentOf>>;

/** Asked of dynamic codes too, so that none is kept from becoming a static one. */
function sizeFaults(type: ContentType, content: Content): Fault[] {
  const bytes = new TextEncoder().encode(payload(type, content)).length;
  if (bytes <= payloadBytesMax) return [];
  const limit = payloadBytesMax.toLocaleString('en');
  return fault('', ['too_long', `This makes ${bytes.toLocaleString('en')} bytes, and a code holds at most ${limit}.`]);
}
