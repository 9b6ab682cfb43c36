/**
 * The life of a domain: a host name of an organisation's own, with slugs of its own. It is added, proven by a record in
 * its DNS, and then codes may live under it; what is shown where there is no code is the organisation's to say. The
 * name of a domain never changes: another name is another domain.
 */
import { type Static, Type } from '@sinclair/typebox';
import { Data, type FactOf, personal } from './envelope.ts';

/**
 * What is shown where no code is: the URL of a page elsewhere, or a title and a text of one's own; null, and nothing
 * after all that was erased, for ours, which name nobody.
 */
export const Place = Type.Union([
  Type.Null(),
  Data({
    url: Type.Optional(personal(Type.String())),
    title: Type.Optional(personal(Type.String())),
    text: Type.Optional(personal(Type.String())),
  }),
]);
export type Place = Static<typeof Place>;

export const Pages = Data({
  /** At the domain itself. */
  root: Place,
  /** Where there is no code. */
  unknown: Place,
  /** Where a code was that leads nowhere any more. */
  gone: Place,
});
export type Pages = Static<typeof Pages>;

export const domainEvents = {
  /** The token is to be found in the DNS, so that it is no secret. */
  'domain.added': Data({ host: Type.String(), token: Type.String() }),
  'domain.verified': Data({}),
  /** All of them. */
  'domain.pages_changed': Pages,
  /** Its codes are not found under it any more; whoever has the name then may add it anew. */
  'domain.removed': Data({}),
  /** It goes on, and no page that it had can be read any more; its name is public. */
  'domain.erased': Data({}),
} as const;

export type DomainFact = FactOf<typeof domainEvents>;
