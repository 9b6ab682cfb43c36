/**
 * Codes of every type from outside: made as dynamic and as static ones, scanned, changed, and refused where they can't
 * be. Each content tries to break out of the page, the file or the link that it ends up in.
 */
import { beforeAll, describe, expect, test } from 'bun:test';
import { type ContentOf, type ContentType, contentTypes } from '../../events/content.ts';
import { type Answer, type Call, caller, iPhone } from '../support/client.ts';
import { decode } from '../support/decode.ts';
import type { Place } from '../support/program.ts';
import { places, refusal } from '../support/refusal.ts';
import { sharedProgram } from '../support/shared-program.ts';
import { until } from '../support/until.ts';

let program: Place;
let call: Call;

beforeAll(async () => {
  program = await sharedProgram();
  call = caller(program.url, program.key);
});

const evil = `</p><script>alert(1)</script><a href="javascript:x" onclick='y'>&amp;`;
const web = 'https://example.com/';

/** A content, another one for later, and what the first is when it is encoded. */
const samples: {
  readonly [T in ContentType]: readonly [first: ContentOf<T>, second: ContentOf<T>, payload: RegExp | string];
} = {
  text: [{ text: evil }, { text: 'Table 13' }, evil],
  email: [
    { to: 'jane@example.com', subject: evil, body: 'a\nBcc: all@example.com' },
    { to: 'joe@example.com' },
    /^mailto:jane@example\.com\?subject=%3C%2Fp%3E[^&]+&body=a%0D%0ABcc%3A%20all%40example\.com$/,
  ],
  phone: [{ number: '+49 30 901820' }, { number: '112' }, 'tel:+4930901820'],
  sms: [{ number: '+49 30 901820', message: evil }, { number: '112' }, /^sms:\+4930901820\?body=%3C%2Fp%3E[^&]+$/],
  whatsapp: [
    { number: '+49 30 901820', message: evil },
    { number: '+1 555 0100' },
    /^https:\/\/wa\.me\/4930901820\?text=/,
  ],
  wifi: [
    { ssid: '<b>;T:nopass', password: `<script>"'` },
    { ssid: 'Staff', password: 'correct horse' },
    'WIFI:T:WPA;S:<b>\\;T\\:nopass;P:<script>\\"\';;',
  ],
  vcard: [
    { firstName: evil, lastName: 'Doe;,', note: 'a\nEND:VCARD\nBEGIN:VCARD' },
    { organization: 'Example Ltd' },
    /^BEGIN:VCARD\r\nVERSION:3\.0\r\nN:Doe\\;\\,;/,
  ],
  event: [
    { title: evil, start: '2027-05-01T18:00:00Z', end: '2027-05-01T20:00:00Z', description: 'a\nEND:VEVENT' },
    { title: 'Opening', start: '2027-05-01', end: '2027-05-02' },
    /^BEGIN:VCALENDAR\r\n/,
  ],
  geo: [{ latitude: 52.5, longitude: 13.4 }, { latitude: 0, longitude: -1 }, 'geo:52.5,13.4'],
  app: [{ ios: `${web}ios`, fallback: `${web}any` }, { fallback: `${web}new` }, `${web}any`],
  file: [{ url: `${web}menu.pdf` }, { url: `${web}new.pdf` }, `${web}menu.pdf`],
  gs1: [
    { gtin: '09506000134352', lot: 'A/B' },
    { gtin: '9506000134352' },
    'https://id.gs1.org/01/09506000134352/10/A%2FB',
  ],
};

const create = (json: object): Promise<Answer> => call('POST', '/v1/qr/create', { json });
const made = async (json: object) => {
  const { status, body } = await create(json);
  expect({ status, errors: body.errors }).toEqual({ status: 201, errors: undefined });
  return body;
};
const scan = (path: string, method = 'GET'): Promise<Answer> =>
  caller(program.url)(method, path, { headers: { 'user-agent': iPhone } });
const faults = async (answer: Promise<Answer>) => places(refusal(await answer, 422, 'validation_failed')).sort();
const inPicture = async (id: string) => decode((await call('GET', `/v1/qr/${id}/image?size=1000`)).body);

describe.each(contentTypes.map(type => [type] as const))('a code of type %s', type => {
  const [first, second, payload] = samples[type];

  test('that is dynamic encodes its short URL and shows what it holds now', async () => {
    const code = await made({ type, content: first, label: 'A' });
    expect(code).toMatchObject({ type, content: first, static: false, destination: null, encodes: code.shortUrl });
    const path = new URL(code.shortUrl).pathname;
    const before = await scan(path.toUpperCase());
    const { body, headers } = await call('PATCH', `/v1/qr/${code.id}`, { json: { content: second } });
    expect([body.content, headers.get('etag')]).toEqual([second, '"2"']);
    expect((await call('GET', `/v1/qr/${code.id}`)).body).toMatchObject({ ...body, label: 'A' });
    const after = await scan(path);
    const shown = ({ status, headers, body }: Answer) => [status, headers.get('location'), status === 200 && body];
    expect(shown(after)).not.toEqual(shown(before));
    for (const answer of [before, after]) {
      expect(answer.headers.get('cache-control')).toBe('private, no-store');
      if (answer.status === 302) expect(answer.headers.get('location')).toStartWith('https://');
      else {
        expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
        expect(answer.headers.get('content-security-policy')).toStartWith("default-src 'none'");
        expect(answer.body).not.toMatch(/<script|<b>|javascript:x"|onclick='/);
      }
    }
    const known = await until(async () => {
      const { totalScans } = (await call('GET', `/v1/qr/${code.id}/analytics`)).body;
      return totalScans >= 2 ? totalScans : undefined;
    }, 10_000);
    expect(known).toBe(2);
  });

  test('that is static is printed with it, has no short URL, and never holds anything else', async () => {
    const code = await made({ type, content: first, static: true });
    expect(code).toMatchObject({ type, content: first, static: true, shortUrl: null, slug: null, destination: null });
    if (typeof payload === 'string') expect(code.encodes).toBe(payload);
    else expect(code.encodes).toMatch(payload);
    expect(await inPicture(code.id)).toEqual([code.encodes]);
    const patch = (json: object) => call('PATCH', `/v1/qr/${code.id}`, { json });
    expect(await faults(patch({ content: second, label: 'B' }))).toEqual(['/content static']);
    expect(await faults(patch({ slug: 'for-a-static-one' }))).toEqual(['/slug not_allowed']);
    expect(await faults(patch({ destination: web }))).toEqual(['/destination not_allowed']);
    expect((await patch({ content: first, label: 'B', style: { dotColor: '#123' } })).body).toMatchObject({
      label: 'B',
    });
    expect((await call('GET', `/v1/qr/${code.id}`)).body).toMatchObject({ content: first, encodes: code.encodes });
  });

  test('is refused with the faults of its own type, all at once and with pointers', async () => {
    const json = { type, content: { nonsense: 1 }, destination: web, slug: 'docs', lable: 'x' };
    const found = await faults(create(json));
    expect(found).toContain('/content/nonsense unknown_property');
    expect(found).toContain('/destination not_allowed');
    expect(found).toContain('/lable unknown_property');
    expect(found).toContain('/slug reserved');
    expect(await faults(create({ type }))).toEqual(['/content required']);
    expect(await faults(create({ type, content: 'x' }))).toEqual(['/content type']);
  });
});

describe('files under a slug', () => {
  test.each([
    ['vcard', 'contact.vcf', 'text/vcard; charset=utf-8', /^END:VCARD/gm],
    ['event', 'event.ics', 'text/calendar; charset=utf-8', /^END:VEVENT/gm],
  ] as const)('of type %s can be fetched, are no scan and hold one entry', async (type, name, mime, end) => {
    const code = await made({ type, content: samples[type][0] });
    const path = `${new URL(code.shortUrl).pathname}/${name}`;
    expect((await scan(path.slice(0, -name.length - 1))).body).toContain(`href="${path}"`);
    const file = await scan(path);
    expect([file.status, file.headers.get('content-type')]).toEqual([200, mime]);
    expect(file.headers.get('x-content-type-options')).toBe('nosniff');
    expect(file.body.match(end)).toHaveLength(1);
    expect((await scan(path, 'HEAD')).status).toBe(200);
    expect((await scan(path, 'POST')).status).toBe(405);
    expect((await scan(`${path}/more`)).status).toBe(404);
    await call('DELETE', `/v1/qr/${code.id}`);
    expect((await scan(path)).status).toBe(410);
  });

  test('are not there for other codes, and reserved words have none', async () => {
    const { shortUrl } = await made({ destination: web });
    for (const name of ['contact.vcf', 'event.ics', 'x.txt', '']) {
      expect((await scan(`${new URL(shortUrl).pathname}/${name}`)).status).toBe(404);
    }
    expect((await scan('/unknown-slug/contact.vcf')).status).toBe(404);
  });
});

describe('a code that leads to a web address', () => {
  test('is as it always was, and says in further fields that it is neither static nor forced', async () => {
    const code = await made({ type: 'url', destination: web });
    const more = { content: null, static: false, encodes: code.shortUrl, logoUrl: null, forced: false };
    expect(code).toMatchObject({ type: 'url', destination: web, ...more });
    expect(await faults(call('PATCH', `/v1/qr/${code.id}`, { json: { content: { text: 'x' } } }))).toEqual([
      '/content not_allowed',
    ]);
    expect(await faults(create({ destination: web, content: { text: 'x' } }))).toEqual(['/content not_allowed']);
    expect(await faults(create({}))).toEqual(['/destination required']);
  });

  test('can be static: the address itself is printed, and is right for ever', async () => {
    const code = await made({ destination: 'https://bücher.example/ü', static: true });
    expect(code).toMatchObject({ shortUrl: null, encodes: 'https://xn--bcher-kva.example/%C3%BC', static: true });
    expect(await inPicture(code.id)).toEqual([code.encodes]);
    const json = { destination: web };
    const answer = await call('PATCH', `/v1/qr/${code.id}`, { json });
    expect(places(refusal(answer, 422, 'validation_failed'))).toEqual(['/destination static']);
    expect(answer.body.detail).toContain('printed in the picture');
    expect(await faults(create({ destination: web, static: true, slug: 'mine' }))).toEqual(['/slug not_allowed']);
  });
});

test('codes of all types are made in one call, static ones without a short URL', async () => {
  const rows = contentTypes.map((type, i) => ({
    type,
    content: samples[type][0],
    ...(i % 2 === 0 && { static: true }),
  }));
  const { status, body } = await call('POST', '/v1/qr/bulk', { json: { codes: [{ destination: web }, ...rows] } });
  expect(status).toBe(201);
  const urls = body.codes.map(({ shortUrl }: { shortUrl: string | null }) => shortUrl !== null);
  expect(urls).toEqual([true, ...rows.map((_, i) => i % 2 !== 0)]);
  const listed = (await call('GET', `/v1/qr?limit=${rows.length + 1}`)).body.data;
  expect(listed.map(({ content }: { content: unknown }) => content).reverse()).toEqual([
    null,
    ...rows.map(row => row.content),
  ]);
  const codes = [
    { type: 'phone', content: { number: 'x' } },
    { type: 'wifi', content: { ssid: 5 } },
  ];
  expect(await faults(call('POST', '/v1/qr/bulk', { json: { codes } }))).toEqual([
    '/codes/0/content/number format',
    '/codes/1/content/ssid type',
  ]);
});

test('what does not fit into a static code is refused, and a dynamic one may hold it', async () => {
  const text = 'é'.repeat(1_300);
  expect(await faults(create({ type: 'text', content: { text }, static: true }))).toEqual([
    '/style/errorCorrection too_high',
  ]);
  const { id } = await made({ type: 'text', content: { text }, static: true, style: { errorCorrection: 'L' } });
  expect(await faults(call('PATCH', `/v1/qr/${id}`, { json: { style: { errorCorrection: 'H' } } }))).toEqual([
    '/style/errorCorrection too_high',
  ]);
  await made({ type: 'text', content: { text } });
});
