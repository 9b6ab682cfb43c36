/**
 * What a code holds, as bodies of requests have it. The document shows one shape for each type; what is checked while
 * the type is not known is only that a content is an object. The rest is the decider's, which knows the type also of a
 * code that is changed, and tells the faults of that type alone instead of those of all.
 */
import { Type } from '@sinclair/typebox';
import { contentSchemas, contentTypes } from '../../events/content.ts';
import { Closed } from './shapes.ts';

type AnyContent = Record<string, unknown>;

/** The shapes under the names that the document has for them, such as `WifiContent`. */
const shapes = contentTypes.map(type => ({
  ...contentSchemas[type],
  title: `${type[0]!.toUpperCase()}${type.slice(1)}Content`,
}));

/** A content whose type is told elsewhere. TypeBox looks at the object, readers of the document at `anyOf`. */
const contentAs = (description: string) =>
  Type.Unsafe<AnyContent>(
    Type.Object({}, { title: 'Content', additionalProperties: true, anyOf: shapes, description }),
  );

export const NewContent = contentAs('What the code holds, in the shape of its type; not for type url');
/** Another content for a code that has one. */
export const OtherContent = contentAs(
  "What the code holds from now on, in the shape of the code's type; not for type url",
);
/** The content in an answer; of a code that was erased since, nothing is left in what it held before. */
export const ShownContent = Type.Union(
  [contentAs('In the shape of its type'), Closed({}, { title: 'BlankContent' }), Type.Null()],
  { description: 'What the code holds; null for type url, blank or null where it was erased' },
);
