import { expect, test } from 'bun:test';
import { claimsIn, domainClaim, isClaimOf, keyClaim, slugClaim } from '../../src/deciders/claims.ts';
import { eventOf } from '../support/read-models.ts';

test('a slug is one whatever its case, and another one on each domain', () => {
  expect(slugClaim('Menu', null)).toBe(slugClaim('menu', undefined));
  expect(slugClaim('menu', { id: 'dom_1', host: 'a.example' })).toBe(
    slugClaim('menu', { id: 'dom_1', host: 'b.example' }),
  );
  expect(slugClaim('menu', { id: 'dom_2', host: 'a.example' })).not.toBe(slugClaim('menu', null));
});

test('codes take slugs, keys their hashes, and static codes nothing', () => {
  const url = { type: 'url', destination: 'https://example.com/' } as const;
  expect(claimsIn(eventOf('qr.created', 'qr_1', { slug: 'menu', ...url }))).toEqual([slugClaim('menu', null)]);
  expect(claimsIn(eventOf('qr.created', 'qr_1', { static: true, ...url }))).toEqual([]);
  expect(claimsIn(eventOf('qr.slug_added', 'qr_1', { slug: 'Lunch' }))).toEqual([slugClaim('lunch', null)]);
  const rotated = { hash: 'ab', lastFour: '1234', graceUntil: 0 };
  expect(claimsIn(eventOf('key.rotated', 'key_1', rotated))).toEqual([keyClaim('ab')]);
  expect(claimsIn(eventOf('qr.deleted', 'qr_1', {}))).toEqual([]);
});

test('the name of a domain is that of its host, however often it was given up', () => {
  expect(isClaimOf('a.example', domainClaim('a.example', 12))).toBe(true);
  expect(isClaimOf('a.example', domainClaim('b.a.example', 0))).toBe(false);
  expect(isClaimOf('a.example', 'domain:a.example:0:1')).toBe(false);
});
