import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import ICAL from 'ical.js';
import { calendar, momentOf } from '../../src/content/calendar.ts';
import { contentOf } from '../support/contents.ts';

const opening = { title: 'Opening', start: '2027-05-01T20:00:00+02:00', end: '2027-05-01T19:30:00.5Z' };

test('an event, line by line: times in UTC, texts escaped, lines folded at 75 octets', () => {
  const content = {
    ...opening,
    title: 'Opening; party, with \\ and "quotes"',
    location: 'Town hall\nRoom 5',
    description: `${'é'.repeat(40)}😀`,
  };
  expect(calendar(content, { uid: 'qr_1@qr.example', changedAt: 1_790_000_000_123 }).split('\r\n')).toEqual([
    'BEGIN:VCALENDAR',
    'VERSION:2.0',
    'PRODID:-//QR//Event//EN',
    'BEGIN:VEVENT',
    'UID:qr_1@qr.example',
    'DTSTAMP:20260921T141320Z',
    'DTSTART:20270501T180000Z',
    'DTEND:20270501T193000Z',
    'SUMMARY:Opening\\; party\\, with \\\\ and "quotes"',
    'LOCATION:Town hall\\nRoom 5',
    `DESCRIPTION:${'é'.repeat(31)}`,
    ` ${'é'.repeat(9)}😀`,
    'END:VEVENT',
    'END:VCALENDAR',
    '',
  ]);
});

test('whole days are days, and the day after the last one is the end (RFC 5545, 3.6.1)', () => {
  const text = calendar({ title: 'Fair', start: '2028-02-28', end: '2028-02-29' });
  expect(text).toContain('DTSTART;VALUE=DATE:20280228\r\nDTEND;VALUE=DATE:20280301\r\n');
  expect(text).toContain('DTSTAMP:20280228T000000Z\r\n');
});

test('without a clock it is still a right entry, always the same one, and another for another content', () => {
  const text = calendar(opening);
  expect(text).toMatch(/^UID:[0-9a-f]{32}\r$/m);
  expect(text).toContain('DTSTAMP:20270501T180000Z\r\n');
  expect(calendar({ ...opening })).toBe(text);
  const uid = (of: string) => /^UID:(.*)\r$/m.exec(of)?.[1];
  expect(uid(calendar({ ...opening, title: 'Closing' }))).not.toBe(uid(text));
});

test('whatever is written is read back by another parser, and no line is longer than 75 octets', () => {
  fc.assert(
    fc.property(contentOf('event'), content => {
      const text = calendar(content);
      for (const line of text.split('\r\n')) expect(new TextEncoder().encode(line).length).toBeLessThanOrEqual(75);
      const root = new ICAL.Component(ICAL.parse(text) as never[]);
      const [entry, ...others] = root.getAllSubcomponents('vevent');
      expect(others).toEqual([]);
      const names = ['uid', 'dtstamp', 'dtstart', 'dtend', 'summary'];
      if (content.location !== undefined) names.push('location');
      if (content.description !== undefined) names.push('description');
      expect(entry!.getAllProperties().map(({ name }) => name)).toEqual(names);
      expect(entry!.getFirstPropertyValue('summary')).toBe(content.title);
      expect(entry!.getFirstPropertyValue('location')).toBe(content.location ?? null);
      expect(entry!.getFirstPropertyValue('description')).toBe(content.description ?? null);
      const [start, end] = ['dtstart', 'dtend'].map(name => entry!.getFirstPropertyValue(name) as ICAL.Time);
      const isDays = content.start.length === 10;
      expect(start!.isDate).toBe(isDays);
      expect(start!.toJSDate().getTime()).toBe(
        isDays ? new Date(`${content.start}T00:00`).getTime() : Date.parse(content.start),
      );
      end!.adjust(isDays ? -1 : 0, 0, 0, 0);
      expect(end!.toJSDate().getTime()).toBe(
        isDays ? new Date(`${content.end}T00:00`).getTime() : Date.parse(content.end),
      );
    }),
    { numRuns: 500 },
  );
});

describe('what is a time or a day', () => {
  test.each([
    '2027-05-01',
    '2028-02-29',
    '2027-05-01T18:00:00Z',
    '2027-05-01t18:00:00.123456789z',
    '1999-12-31T23:59:60-11:00',
  ])('%s is', text => expect(momentOf(text)).not.toBeNull());
  test.each([
    '2027-02-29',
    '2027-13-01',
    '2027-05-01T18:00:00',
    '2027-05-01T24:00:00Z',
    '2027-05-01T18:00Z',
    '2027-05-01 18:00:00Z',
    '20270501T180000Z',
    '2027-05-01T18:00:00Z[Europe/Berlin]',
    '9999-12-31T23:59:59-01:00',
    '0000-01-01T00:00:00+01:00',
    'tomorrow',
    '',
  ])('%j is not', text => expect(momentOf(text)).toBeNull());
});
