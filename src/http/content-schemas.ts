/**
 * What a code holds, as bodies of requests have it. The document shows one shape for each type; what is checked while
 * the type is not known is only that a content is an object. The rest is the decider's, which knows the type also of a
 * code that is changed, and tells the faults of that type alone instead of those of all.
 */
import { Type } from '@sinclair/typebox';
import { contentSchemas, contentTypes } from '../../events/content.ts';
import { OrNull } from './shapes.ts';

type AnyContent = Record<string, unknown>;

/** A content whose type is told elsewhere. TypeBox looks at the object, readers of the document at `anyOf`. */
const contentAs = (options: object) =>
  Type.Unsafe<AnyContent>(Type.Object({}, { additionalProperties: true, ...options }));

/** The content of a new code; `typeBranches` say which one belongs to which type. */
export const NewContent = contentAs({ description: 'What a code of any other type than url holds' });

/** Another content for a code that has one, of the shape that the code's type has. */
export const OtherContent = contentAs({
  description: "What the code holds from now on, in the shape of the code's type; not for type url",
  anyOf: contentTypes.map(type => ({ title: type, ...contentSchemas[type] })),
});

/** The content in an answer: null for type url. */
export const ShownContent = OrNull(contentAs({}), 'What the code holds, in the shape of its type; null for type url');

/** For the document: which fields go with which type. */
export const typeBranches = [
  { title: 'url', properties: { type: { const: 'url' }, destination: {} }, required: ['destination'] },
  ...contentTypes.map(type => ({
    title: type,
    properties: { type: { const: type }, content: contentSchemas[type] },
    required: ['type', 'content'],
  })),
];
