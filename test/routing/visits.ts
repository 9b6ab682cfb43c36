/** A visit that a test looks at: from Germany, with an iPhone, on Wednesday, 8 April 2026, at noon UTC. */
import type { Visit } from '../../src/routing/visit.ts';

export const noon = Date.UTC(2026, 3, 8, 12);

export const visit = (more: Partial<Visit> & { readonly search?: string } = {}): Visit => ({
  at: noon,
  country: 'DE',
  device: 'mobile',
  os: 'iOS',
  browser: 'Safari',
  language: 'de',
  query: () => new URLSearchParams(more.search ?? ''),
  draw: () => 0,
  isFull: () => false,
  isUnlocked: false,
  ...more,
});
