import { expect, test } from 'bun:test';
import fc from 'fast-check';
import type { ContentOf } from '../../events/content.ts';
import { dialled, link } from '../../src/content/links.ts';
import { nameOf, vcard } from '../../src/content/vcard.ts';
import { contentOf } from '../support/contents.ts';

/**
 * A strict reader after the grammar of RFC 2426, section 4: unfolded lines, each property once and without parameters,
 * texts in which `\\ ; ,` and line breaks stand escaped only. (ical.js leaves `\;` in the texts of version 3.0.)
 */
function read(card: string): Record<string, string | string[]> {
  const unfolded = card.replaceAll('\r\n ', '').split('\r\n');
  expect([unfolded.shift(), unfolded.shift(), unfolded.pop(), unfolded.pop()]).toEqual([
    'BEGIN:VCARD',
    'VERSION:3.0',
    '',
    'END:VCARD',
  ]);
  const found = new Map<string, string | string[]>();
  for (const line of unfolded) {
    const [, name = '', value = ''] = /^([A-Z]+):(.*)$/s.exec(line) ?? [];
    expect(found.has(name)).toBe(false);
    if (name === 'URL') found.set(name, value);
    else if (/^(N|ADR|ORG)$/.test(name)) found.set(name, components(value).map(text));
    else found.set(name, text(value));
  }
  return Object.fromEntries(found);
}

/** Parts between semicolons that no backslash precedes. */
const components = (value: string): string[] =>
  [...`;${value}`.matchAll(/;((?:[^\\;]|\\.)*)/g)].map(([, part]) => part!);

function text(value: string): string {
  expect(value).toMatch(/^(?:[^\\;,\p{Cc}]|\\[\\;,n])*$/u);
  return value.replace(/\\(.)/g, (_, mark) => (mark === 'n' ? '\n' : mark));
}

test('a full contact, line by line', () => {
  const content: ContentOf<'vcard'> = {
    firstName: 'Jöhn; Q.',
    lastName: "O'Neil, Jr",
    organization: 'Acme\\Co; Ltd',
    title: 'CTO',
    phone: '+49 (30) 901-820',
    email: 'john@example.com',
    url: 'https://example.com/?a=1;b,2',
    address: '1 Main St; Apt 2\nSpringfield, 12345',
    note: 'Line 1\r\nLine 2: a note that is long enough to be folded, since it has more than 75 octets',
  };
  expect(vcard(content).split('\r\n')).toEqual([
    'BEGIN:VCARD',
    'VERSION:3.0',
    "N:O'Neil\\, Jr;Jöhn\\; Q.;;;",
    "FN:Jöhn\\; Q. O'Neil\\, Jr",
    'ORG:Acme\\\\Co\\; Ltd',
    'TITLE:CTO',
    'TEL:+4930901820',
    'EMAIL:john@example.com',
    'URL:https://example.com/?a=1;b,2',
    'ADR:;;1 Main St\\; Apt 2\\nSpringfield\\, 12345;;;;',
    'NOTE:Line 1\\nLine 2: a note that is long enough to be folded\\, since it has',
    '  more than 75 octets',
    'END:VCARD',
    '',
  ]);
});

test('an organisation alone is a contact, and both names have to be there even if empty', () => {
  expect(vcard({ organization: 'Acme' })).toBe(
    'BEGIN:VCARD\r\nVERSION:3.0\r\nN:;;;;\r\nFN:Acme\r\nORG:Acme\r\nEND:VCARD\r\n',
  );
  expect(nameOf({ lastName: 'Doe', organization: 'Acme' })).toBe('Doe');
});

test('a line of an address can not become a property of its own', () => {
  const text = vcard({ firstName: 'a', note: 'x\r\nTEL:+15550000000\nEND:VCARD\rBEGIN:VCARD' });
  expect(text.match(/^(TEL|END|BEGIN)/gm)).toEqual(['BEGIN', 'END']);
  expect(vcard({ firstName: 'a', url: 'https://example.com/?a=\\n' })).toContain('URL:https://example.com/?a=%5Cn\r\n');
});

test('whatever is written is read back by a strict reader', () => {
  fc.assert(
    fc.property(contentOf('vcard'), content => {
      const card = vcard(content);
      const { firstName = '', lastName = '', organization, title, phone, email, url, address, note } = content;
      expect(read(card)).toEqual({
        N: [lastName, firstName, '', '', ''],
        FN: nameOf(content),
        ...(organization && { ORG: [organization] }),
        ...(title && { TITLE: title }),
        ...(phone && { TEL: dialled(phone) }),
        ...(email && { EMAIL: email }),
        ...(url && { URL: link(url) }),
        ...(address && { ADR: ['', '', address, '', '', '', ''] }),
        ...(note && { NOTE: note }),
      });
    }),
    { numRuns: 500 },
  );
});
