/**
 * The address of a code as the API takes and shows it: its slug, the domain whose slug that is, and the slugs it had.
 * What of it is possible is for the rules to say.
 */
import { Type } from '@sinclair/typebox';
import { slugPattern } from '../deciders/slug.ts';
import { OrNull } from './shapes.ts';

export const Slug = Type.String({
  pattern: slugPattern,
  description: '2 to 64 letters, digits, hyphens or underscores, starting and ending with a letter or digit',
  examples: ['summer-sale'],
});
export const Domain = Type.String({
  maxLength: 253,
  description: "A verified domain of yours, whose slug it is to be; null for the instance's own address",
  examples: ['go.example.com'],
});
/** Of a change. */
export const Readdressing = {
  slug: Type.Optional({ ...Slug, description: 'Another slug; those it had go on working' }),
  domain: Type.Optional(OrNull(Domain)),
};

export const ShownDomain = OrNull(Type.String(), "Whose slug it is; null for the instance's own address");
export const FormerSlugs = Type.Array(
  Type.Object({ slug: Type.String(), domain: OrNull(Type.String()), shortUrl: Type.String() }),
  { description: 'Slugs it had before, oldest first: they go on working' },
);
