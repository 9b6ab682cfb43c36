import { expect, test } from 'bun:test';
import type { Redirect } from '../../projections/redirects.ts';
import { entryFrom, textOf } from '../../src/redirect/entry-text.ts';

const plain: Redirect = {
  slug: 'sale',
  qr: 'qr_1',
  org: 'org_1',
  version: 3,
  destination: 'https://example.com/ü?a="b"\\',
};
const full: Redirect = {
  ...plain,
  destination: null,
  domain: 'dom_1',
  also: ['old', 'dom_1/older'],
  held: { type: 'text', content: { text: 'Table 12\nby the window' } },
  routing: { maxScans: 3 },
  test: true,
  deleted: true,
};

test('an entry is the same after it was a text, with all fields and no others', () => {
  for (const entry of [plain, full]) expect(entryFrom(textOf(entry))).toStrictEqual(entry);
});

test('a text is one line, and short for an entry that has nothing rare', () => {
  expect(textOf(full)).not.toContain('\n');
  expect(textOf(plain)).toBe('["sale","qr_1","org_1",3,"https://example.com/ü?a=\\"b\\"\\\\"]');
});
