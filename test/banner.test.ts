import { expect, test } from 'bun:test';
import { banner } from '../src/banner.ts';
import { matrix } from '../src/render/matrix.ts';
import { terminal } from '../src/render/terminal.ts';

const url = 'http://localhost:3000';

test('the banner says where to go, shows the new key once and in the line to paste, and draws a code', () => {
  const text = banner(url, 'fdqr_live_sk_new', '$KEY');
  expect(text).toContain(`Indelible listens at ${url}`);
  expect(text).toContain(`${url}/docs`);
  expect(text.match(/fdqr_live_sk_new/g)).toHaveLength(2);
  expect(text).not.toContain('$KEY');
  expect(text).toContain(terminal(matrix(`${url}/docs`)));
});

test('without a new key the line to paste takes it from the shell', () => {
  const text = banner(url, undefined, "$(cat '/data/api-key')");
  expect(text).toContain(`-H "Authorization: Bearer $(cat '/data/api-key')"`);
  expect(text).not.toContain('shown this once');
});

test('the line to paste stands on a line of its own and its body is what the reference shows', () => {
  const line = banner(url, 'k', '')
    .split('\n')
    .find(row => row.startsWith('curl '));
  expect(line).toStartWith(`curl -X POST ${url}/v1/qr/create `);
  expect(JSON.parse(/-d '(.*)'$/.exec(line!)![1]!)).toEqual({
    type: 'url',
    destination: 'https://example.com/landing',
    label: 'Campaign A',
  });
});
