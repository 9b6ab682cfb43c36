import { expect, test } from 'bun:test';
import type { TSchema } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';
import fc from 'fast-check';
import { contentSchemas, contentTypes } from '../../events/content.ts';
import { NewContent, OtherContent } from '../../src/http/content-schemas.ts';
import { QrCreate, QrPatch } from '../../src/http/schemas.ts';
import { anyContent } from '../support/contents.ts';

/** The shape of a type among those that the document shows. */
const shapeOf = (type: string): TSchema =>
  OtherContent['anyOf'].find(({ title }: { title: string }) => title.toLowerCase() === `${type}content`);

test('the document shows one shape for each type, and the same for new contents and for others', () => {
  expect(OtherContent['anyOf'].length).toBe(contentTypes.length);
  for (const type of contentTypes) expect(shapeOf(type)).toMatchObject(contentSchemas[type]);
  expect(NewContent['anyOf']).toBe(OtherContent['anyOf']);
});

test('a content of any type fits the shape of its type, and what is checked first lets all of them through', () => {
  fc.assert(
    fc.property(anyContent, ([type, content]) => {
      expect(Value.Check(shapeOf(type), content)).toBe(true);
      expect(Value.Check(QrCreate, { type, content })).toBe(true);
      expect(Value.Check(QrPatch, { content })).toBe(true);
    }),
  );
});

test('a content is an object, whatever the type', () => {
  for (const content of ['x', 1, null, [], true]) {
    expect(Value.Check(QrCreate, { type: 'text', content })).toBe(false);
    expect(Value.Check(QrPatch, { content })).toBe(false);
  }
});
