import { expect, test } from 'bun:test';
import { Value } from '@sinclair/typebox/value';
import fc from 'fast-check';
import { type Content, type ContentType, contentSchemas, contentTypes, payloadBytesMax } from '../../events/content.ts';
import { payload } from '../../src/content/payload.ts';
import { matrix } from '../../src/render/matrix.ts';
import { png } from '../../src/render/png.ts';
import { anyContent } from '../support/contents.ts';
import { decode } from '../support/decode.ts';

const examples: { readonly [T in ContentType]: readonly [Content, string] } = {
  text: [{ text: 'Table 12\n' }, 'Table 12\n'],
  email: [{ to: 'a@b.example' }, 'mailto:a@b.example'],
  phone: [{ number: '+1 201 555 0123' }, 'tel:+12015550123'],
  sms: [{ number: '+12015550123', message: 'Hi' }, 'sms:+12015550123?body=Hi'],
  whatsapp: [{ number: '+12015550123' }, 'https://wa.me/12015550123'],
  wifi: [{ ssid: 'Guests' }, 'WIFI:T:nopass;S:Guests;;'],
  vcard: [{ firstName: 'Jane' }, 'BEGIN:VCARD\r\nVERSION:3.0\r\nN:;Jane;;;\r\nFN:Jane\r\nEND:VCARD\r\n'],
  event: [
    { title: 'Fair', start: '2027-05-01', end: '2027-05-02' },
    'BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//QR//Event//EN\r\nBEGIN:VEVENT\r\nUID:u\r\nDTSTAMP:19700101T000000Z\r\nDTSTART;VALUE=DATE:20270501\r\nDTEND;VALUE=DATE:20270503\r\nSUMMARY:Fair\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n',
  ],
  geo: [{ latitude: 52.5, longitude: 13 }, 'geo:52.5,13'],
  app: [{ ios: 'https://apps.apple.com/app/id1' }, 'https://apps.apple.com/app/id1'],
  file: [{ url: 'https://example.com/menü.pdf' }, 'https://example.com/men%C3%BC.pdf'],
  gs1: [{ gtin: '96385074' }, 'https://id.gs1.org/01/00000096385074'],
};

test.each(contentTypes)('the payload of %s', type => {
  const [content, expected] = examples[type];
  expect(Value.Check(contentSchemas[type], content)).toBe(true);
  expect(payload(type, content, { uid: 'u', changedAt: 0 })).toBe(expected);
});

test('the schemas are closed, have examples that they take, and mark as personal what people write', () => {
  for (const [type, schema] of Object.entries(contentSchemas)) {
    const [content] = examples[type as ContentType];
    expect(Value.Check(schema, { ...content, extra: 1 })).toBe(false);
    expect(Value.Check(schema, {})).toBe(false);
    for (const [name, field] of Object.entries(schema.properties)) {
      for (const example of (field['examples'] ?? []) as unknown[])
        expect([name, Value.Check(field, example)]).toEqual([name, true]);
      const isOpen = type === 'gs1' || name === 'encryption' || name === 'hidden';
      expect([type, name, field['x-personal'] ?? false]).toEqual([type, name, !isOpen]);
    }
  }
});

test('any content is taken by its schema, fits a code, and is decoded from it to the same payload', async () => {
  await fc.assert(
    fc.asyncProperty(anyContent, async ([type, content]) => {
      expect(Value.Check(contentSchemas[type], content)).toBe(true);
      const text = payload(type, content);
      expect(new TextEncoder().encode(text).length).toBeLessThanOrEqual(payloadBytesMax);
      const code = matrix(text, { level: 'L' });
      expect(await decode(png(code, {}, { size: (code.size + 8) * 4 }))).toEqual([text]);
    }),
    { numRuns: 60 },
  );
}, 120_000);
