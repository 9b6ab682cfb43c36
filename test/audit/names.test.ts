/** Names that an export's events take: those of the events themselves, and of domains those that fit them. */
import { expect, test } from 'bun:test';
import { Names } from '../../src/audit/names.ts';
import { Unproven } from '../../src/proofs/note.ts';
import { eventOf } from '../support/read-models.ts';

const url = { type: 'url', destination: 'https://example.com/' } as const;
const host = 'go.example.com';
const domain = [
  eventOf('domain.added', 'dom_1', { host, token: 'x' }),
  eventOf('domain.verified', 'dom_1', {}),
] as const;

test('a slug is taken once, by the events that say so and not by what the file says', () => {
  const names = new Names();
  names.record({ claim: 'slug:bank', stream: 'qr_1' });
  expect(names.takenBy(eventOf('qr.created', 'qr_1', { slug: 'menu', ...url }))).toEqual(['slug:menu']);
  expect(names.takenBy(eventOf('qr.slug_added', 'qr_1', { slug: 'lunch' }))).toEqual(['slug:lunch']);
  expect(names.takenBy(eventOf('qr.slug_added', 'qr_1', { slug: 'menu' }))).toEqual([]);
  const under = { slug: 'menu', domain: { id: 'dom_1', host } };
  expect(names.takenBy(eventOf('qr.created', 'qr_2', { ...under, ...url }))).toEqual(['slug:dom_1/menu']);
});

test('a domain takes what the file says of its host, and nothing else', () => {
  const names = new Names();
  for (const claim of [`domain:${host}:2`, `domain:${host}:x`, 'domain:bank.example:0', 'slug:bank']) {
    names.record({ claim, stream: 'dom_1' });
  }
  names.record({ claim: `domain:${host}:3`, stream: 'dom_2' });
  expect(domain.flatMap(event => names.takenBy(event))).toEqual([`domain:${host}:2`]);
});

test('a proven domain of which the file says nothing is refused', () => {
  const names = new Names();
  expect(names.takenBy(domain[0])).toEqual([]);
  expect(() => names.takenBy(domain[1])).toThrow(Unproven);
});
