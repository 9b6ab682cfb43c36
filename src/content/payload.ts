/**
 * What a static code encodes, and what a download of a dynamic one holds: the content in the words of the standard that
 * phones read it by. One function for each type, picked here. The same content always gives the same text, so that a
 * picture can be made again in ten years.
 */
import type { ContentOf, ContentType } from '../../events/content.ts';
import { type CalendarOptions, calendar } from './calendar.ts';
import { digitalLink } from './gs1.ts';
import { app, geo, link, mailto, sms, tel, whatsapp } from './links.ts';
import { vcard } from './vcard.ts';
import { wifi } from './wifi.ts';

export type PayloadOptions = CalendarOptions;

const writers: { readonly [T in ContentType]: (content: ContentOf<T>, options: PayloadOptions) => string } = {
  text: ({ text }) => text,
  email: mailto,
  phone: tel,
  sms,
  whatsapp,
  wifi,
  vcard,
  event: calendar,
  geo,
  app,
  file: ({ url }) => link(url),
  gs1: digitalLink,
};

/** The payload of a content in which `contentFaults` found nothing. That of a `url` code is `link(destination)`. */
export const payload = <T extends ContentType>(type: T, content: ContentOf<T>, options: PayloadOptions = {}): string =>
  writers[type](content, options);
