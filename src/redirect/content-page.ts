/**
 * What a scan of a dynamic code gives whose content is no web address: a small page of ours with the one thing to do as
 * a button. It is never a redirect to `mailto:` or `tel:`: those open a program unasked, and on a computer often none.
 * Contacts and events are files under the slug (`/<slug>/contact.vcf`), since no query parameter may change what a code
 * gives. Contents that are web addresses are answered with 302 like any other code.
 */
import type { ContentOf, ContentType } from '../../events/content.ts';
import { momentOf } from '../content/calendar.ts';
import { digitalLink } from '../content/gs1.ts';
import { decimal, dialled, geo, link, mailto, sms, tel, whatsapp } from '../content/links.ts';
import { type PayloadOptions, payload } from '../content/payload.ts';
import { nameOf } from '../content/vcard.ts';
import { encryptionOf } from '../content/wifi.ts';
import { leadTo } from './location.ts';
import { guardHeaders, html, type Markup, pageOf } from './markup.ts';

/** Who asks for what. */
export interface Visit {
  /** The slug in its canonical form. */
  readonly slug: string;
  /** The system as `describeAgent` names it. */
  readonly os: string | null;
  /** What opens the files under the slug, where a password is asked for. */
  readonly pass?: string | undefined;
}

type Pages = { readonly [T in ContentType]: (content: ContentOf<T>, visit: Visit) => Response };

const pages: Pages = {
  text: ({ text }) => pageOf('Text', html`<h1>Text</h1><p class="lines" dir="auto">${text}</p>`),
  email: content =>
    pageOf(
      'Write an e-mail',
      html`<h1>Write an e-mail</h1><dl>${[
        row('To', content.to),
        row('Subject', content.subject),
        row('Message', content.body),
      ]}</dl>${button(mailto(content), 'Open in your mail program')}`,
    ),
  phone: content =>
    pageOf('Call', html`<h1>Call</h1><dl>${row('Number', content.number)}</dl>${button(tel(content), 'Call now')}`),
  sms: content =>
    pageOf(
      'Send a text message',
      html`<h1>Send a text message</h1><dl>${[
        row('Number', content.number),
        row('Message', content.message),
      ]}</dl>${button(sms(content), 'Open in your messages')}`,
    ),
  whatsapp: content => away(whatsapp(content)),
  wifi: content => {
    const { ssid, password, hidden } = content;
    const encryption = encryptionOf(content);
    return pageOf(
      'Join a Wi-Fi network',
      html`<h1>Join a Wi-Fi network</h1><p>Open the Wi-Fi settings of your device, choose this network${
        password ? ' and enter the password' : ''
      }. Touch a value to select it for copying.</p><dl>${[
        copyable('Network', ssid),
        password ? copyable('Password', password) : null,
        row('Security', encryption === 'nopass' ? 'None: no password is needed' : encryption),
        hidden ? row('Hidden', 'This network does not show its name: enter it by hand') : null,
      ]}</dl>`,
    );
  },
  vcard: (content, visit) => {
    const { organization, title, phone, email, url, address, note } = content;
    const name = nameOf(content);
    return pageOf(
      name,
      html`<h1 dir="auto">${name}</h1><dl>${[
        row('Organisation', organization === name ? undefined : organization),
        row('Position', title),
        phone === undefined ? null : linked('Phone', `tel:${dialled(phone)}`, phone),
        email === undefined ? null : linked('E-mail', mailto({ to: email }), email),
        url === undefined ? null : linked('Web', link(url), url),
        row('Address', address),
        row('Note', note),
      ]}</dl>${button(fileUrl(visit, downloads.vcard.name), 'Save contact')}`,
    );
  },
  event: ({ title, start, end, location, description }, visit) =>
    pageOf(
      title,
      html`<h1 dir="auto">${title}</h1><dl>${[
        timeRow('Starts', start),
        timeRow('Ends', end),
        row('Place', location),
        row('About', description),
      ]}</dl>${button(fileUrl(visit, downloads.event.name), 'Add to calendar')}`,
    ),
  geo: content => {
    const [latitude, longitude] = [decimal(content.latitude), decimal(content.longitude)];
    const map = `https://www.openstreetmap.org/?mlat=${latitude}&mlon=${longitude}#map=17/${latitude}/${longitude}`;
    return pageOf(
      'Place',
      html`<h1>Place</h1><dl>${[row('Latitude', `${latitude}°`), row('Longitude', `${longitude}°`)]}</dl>${[
        button(geo(content), 'Open in your map app'),
        button(map, 'See on OpenStreetMap'),
      ]}`,
    );
  },
  app: ({ ios, android, fallback }, { os }) => {
    const target = (os === 'iOS' ? ios : os === 'Android' ? android : undefined) ?? fallback;
    if (target !== undefined) return away(target);
    return pageOf(
      'Get the app',
      html`<h1>Get the app</h1><p>There is none for this device.</p>${[
        ios === undefined ? null : button(link(ios), 'For iPhone and iPad'),
        android === undefined ? null : button(link(android), 'For Android'),
      ]}`,
    );
  },
  file: ({ url }) => away(url),
  gs1: content => away(digitalLink(content)),
};

/** The answer to a scan: a page, or 302 for a content that is a web address. */
export const contentPage = <T extends ContentType>(type: T, content: ContentOf<T>, visit: Visit): Response =>
  pages[type](content, visit);

/** Files under a slug: `/<slug>/contact.vcf` and `/<slug>/event.ics`. */
const downloads: { readonly [T in 'vcard' | 'event']: { readonly name: string; readonly mime: string } } = {
  vcard: { name: 'contact.vcf', mime: 'text/vcard; charset=utf-8' },
  event: { name: 'event.ics', mime: 'text/calendar; charset=utf-8' },
};

export const fileNames: ReadonlySet<string> = new Set(Object.values(downloads).map(({ name }) => name));

/** The file of that name, or null if this content has none. Shown by phones that can, saved by all others. */
export function contentFile<T extends ContentType>(
  type: T,
  content: ContentOf<T>,
  name: string,
  options: PayloadOptions = {},
): Response | null {
  const file = type === 'vcard' ? downloads.vcard : type === 'event' ? downloads.event : undefined;
  if (file?.name !== name) return null;
  return new Response(payload(type, content, options), {
    headers: { ...guardHeaders, 'content-type': file.mime, 'content-disposition': `inline; filename="${name}"` },
  });
}

const away = (url: string): Response => leadTo(link(url));

const fileUrl = ({ slug, pass }: Visit, name: string): string =>
  `/${slug}/${name}${pass === undefined ? '' : `?pass=${pass}`}`;

/** A way into an app, and one for those who don't have it. */
export const appPage = (link: string, otherwise: string): Response =>
  pageOf(
    'Open in the app',
    html`<h1>Open in the app</h1>${[button(link, 'Open in the app'), button(otherwise, 'Continue in the browser')]}`,
  );

const button = (href: string, text: string): Markup => html`<a class="do" href="${href}" rel="noreferrer">${text}</a>`;

const row = (name: string, value: string | undefined): Markup | null =>
  value === undefined ? null : html`<dt>${name}</dt><dd class="lines" dir="auto">${value}</dd>`;

const linked = (name: string, href: string, value: string): Markup =>
  html`<dt>${name}</dt><dd dir="auto"><a href="${href}" rel="noreferrer">${value}</a></dd>`;

const copyable = (name: string, value: string): Markup => html`<dt>${name}</dt><dd><code>${value}</code></dd>`;

const months = 'January February March April May June July August September October November December'.split(' ');

/** In the words of the place where it happens: the offset that was given is the offset that is shown. */
function timeRow(name: string, text: string): Markup {
  const day = Temporal.PlainDate.from(text.slice(0, 10));
  const words = `${day.day} ${months[day.month - 1]} ${day.year}`;
  const isDay = momentOf(text) instanceof Temporal.PlainDate;
  const offset = text.slice(-6).replace(/^.*z$/i, '');
  const clock = isDay ? '' : `, ${text.slice(11, 16)} (UTC${/[+-]00:00/.test(offset) ? '' : offset})`;
  return html`<dt>${name}</dt><dd><time datetime="${text}">${words}${clock}</time></dd>`;
}
