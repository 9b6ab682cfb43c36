import { expect, test } from 'bun:test';
import { type TProperties, Type } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';
import fc from 'fast-check';
import { contentTypes } from '../../events/content.ts';
import { OtherContent, typeBranches } from '../../src/http/content-schemas.ts';
import { QrCreate, QrPatch } from '../../src/http/schemas.ts';
import { anyContent } from '../support/contents.ts';

test('the document shows one shape for each type', () => {
  expect(typeBranches.map(({ title }) => title)).toEqual(['url', ...contentTypes]);
  expect(OtherContent['anyOf'].map(({ title }: { title: string }) => title)).toEqual([...contentTypes]);
  expect(QrCreate['oneOf']).toBe(typeBranches);
});

test('a content of any type fits the shape of its type, and what is checked first lets all of them through', () => {
  fc.assert(
    fc.property(anyContent, ([type, content]) => {
      const branch = typeBranches.find(({ title }) => title === type)!;
      const shape = Type.Object({ content: (branch.properties as unknown as TProperties)['content']! });
      expect(Value.Check(shape, { content })).toBe(true);
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
