import { describe, expect, test } from 'bun:test';
import { type TSchema, Type } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';
import { contentSchemas } from '../events/content.ts';
import { MemberCreate } from '../src/http/account-schemas.ts';
import { QrListQuery } from '../src/http/qr-queries.ts';
import { RoutingInput } from '../src/http/routing-schemas.ts';
import { QrBulk, QrCreate } from '../src/http/schemas.ts';
import { faultsOf } from '../src/schema-faults.ts';

/** `pointer code: detail` of all faults. */
const told = (schema: TSchema, value: unknown, where: '/' | '?' = '/') =>
  faultsOf(Value.Errors(schema, value), where).map(({ pointer, code, detail }) => `${pointer} ${code}: ${detail}`);
const destination = 'https://example.com/';

describe('a fault', () => {
  test('in what may also be null is told with all others there', () => {
    const rules = Type.Array(Type.Object({ name: Type.String() }, { additionalProperties: false }));
    expect(told(Type.Object({ rules: Type.Union([rules, Type.Null()]) }), { rules: [{ to: 1 }, { name: 3 }] })).toEqual(
      [
        '/rules/0/name required: "name" is required.',
        '/rules/0/to unknown_property: "to" is not known here. Known here: name.',
        '/rules/1/name type: "name" must be a string.',
      ],
    );
  });

  test.each([
    [contentSchemas.phone, {}, ['/number required: "number" is required.']],
    [QrCreate, { destination: 5 }, ['/destination type: "destination" must be a string.']],
    [QrCreate, { destination: '' }, ['/destination too_short: "destination" has at least 1 characters.']],
    [
      QrCreate,
      { destination: 'a'.repeat(2_049) },
      ['/destination too_long: "destination" has at most 2048 characters.'],
    ],
    [
      Type.Object({ encryption: contentSchemas.wifi.properties.encryption }),
      { encryption: 'WPA3' },
      ['/encryption not_allowed: "encryption" must be one of "WPA", "WEP", "nopass".'],
    ],
    [QrCreate, { destination, label: 5 }, ['/label type: "label" must be a string.']],
    [QrCreate, { destination, label: 'a'.repeat(201) }, ['/label too_long: "label" has at most 200 characters.']],
    [QrCreate, { destination, style: 'red' }, ['/style type: "style" must be an object.']],
    [QrCreate, [], ['/ type: The body must be a JSON object.']],
    [QrCreate, null, ['/ type: The body must be a JSON object.']],
    [QrBulk, { codes: 'x' }, ['/codes type: "codes" must be an array.']],
    [Type.Object({ file: Type.Uint8Array() }), { file: 'x' }, ['/file type: "file" must be a file.']],
    [QrBulk, { codes: [] }, ['/codes too_few: "codes" has at least 1 entries.']],
    [contentSchemas.app, {}, ['/ too_few: Give at least one of ios, android, fallback.']],
    [
      MemberCreate,
      { name: 'M', role: 'viewer', email: 'a@b' },
      ['/email pattern: "email" is not right: An e-mail address; for example ada@example.com.'],
    ],
    [
      Type.Object({ days: Type.Array(Type.String(), { uniqueItems: true }) }),
      { days: ['a', 'a'] },
      ['/days duplicate: "days" has an entry more than once.'],
    ],
    [
      Type.Object({ add: Type.Record(Type.String(), Type.String(), { maxProperties: 1 }) }),
      { add: { a: 'a', b: 'b' } },
      ['/add too_many: "add" has at most 1 entries.'],
    ],
    [
      RoutingInput,
      { parameters: { add: { '': 'x', a: 5, b: 'y' }, pass: ['a', '', 'a'] } },
      [
        '/parameters/pass/1 too_short: "1" has at least 1 characters.',
        '/parameters/pass duplicate: "pass" has an entry more than once.',
        '/parameters/add/a type: "a" must be a string.',
        '/parameters/add/ pattern: "" is no name here: one matches ^.{1,64}$.',
      ],
    ],
    [
      RoutingInput,
      { parameters: { pass: 'some' } },
      ['/parameters/pass not_allowed: "pass" must be one of "none", "utm", "all", array.'],
    ],
  ] as [TSchema, unknown, string[]][])('of %# says where, which rule and what to do', (schema, value, faults) => {
    expect(told(schema, value).map(line => line.replace(/^ /, '/ '))).toEqual(faults);
  });

  test('of a property that is not known names the one that was meant, or all there are', () => {
    expect(told(QrCreate, { destination, lable: 'A' })).toEqual([
      '/lable unknown_property: "lable" is not known here. Did you mean "label"?',
    ]);
    expect(told(contentSchemas.sms, { number: '112', whatever: 1 })).toEqual([
      '/whatever unknown_property: "whatever" is not known here. Known here: number, message.',
    ]);
  });

  test('of a colour or slug says what a right one looks like', () => {
    const [color, slug] = told(QrCreate, { destination, slug: '-', style: { dotColor: 'red' } })
      .sort()
      .reverse();
    expect(color).toBe(
      '/style/dotColor pattern: "dotColor" is not right: A colour in hex, #rgb or #rrggbb; for example #1a1a2e.',
    );
    expect(slug).toMatch(/^\/slug pattern: "slug" is not right: 2 to 64 letters.*; for example summer-sale\.$/);
  });

  test('has a pointer in which slashes and tildes of names are escaped, and a sentence in which they are not', () => {
    expect(told(QrCreate, { destination, 'a/b~c': 1 })[0]).toStartWith('/a~1b~0c unknown_property: "a/b~c" is not');
  });

  test('of a query parameter is named by it', () => {
    expect(told(QrListQuery, { page: 0, limit: 10_000, serach: 'x' }, '?').sort()).toEqual([
      '?limit too_large: "limit" is at most 100.',
      '?page too_small: "page" is at least 1.',
      '?serach unknown_property: "serach" is not known here. Did you mean "search"?',
    ]);
    expect(told(QrListQuery, { page: 'x', limit: 1.5 }, '?').sort()).toEqual([
      '?limit type: "limit" must be an integer.',
      '?page type: "page" must be an integer.',
    ]);
  });

  test('is told once for each place, for all places at once', () => {
    const codes = [{ static: 1 }, { destination }, { destination: 5, lable: 1 }];
    const pointers = told(QrBulk, { codes }).map(line => line.split(':')[0]!);
    expect(pointers.sort()).toEqual([
      '/codes/0/static type',
      '/codes/2/destination type',
      '/codes/2/lable unknown_property',
    ]);
  });

  test('with a name of a million characters costs and shows no more than another', () => {
    const [line = ''] = told(QrCreate, { destination, ['a'.repeat(1_000_000)]: 1 });
    expect(line.slice(line.indexOf(' ')).length).toBeLessThan(200);
  });

  test('with a name that is cut within a character is well-formed', () => {
    const [line = ''] = told(QrCreate, { destination, [`${'a'.repeat(63)}\u{1f600}b`]: 1 });
    expect(line).toContain(`"${'a'.repeat(63)}`);
    // Compared as texts, half of a character and what stands for it are the same here.
    expect(line.slice(line.indexOf(' ')).isWellFormed()).toBe(true);
  });

  test('in a choice between several shapes names the choices', () => {
    const choice = Type.Object({ format: Type.Union([Type.Literal('svg'), Type.Literal('png')]) });
    const place = Type.Union([Type.Null(), Type.Object({ url: Type.String() }), Type.Object({ title: Type.String() })]);
    expect(told(Type.Object({ place }), { place: 'https://example.com/' })).toEqual([
      '/place not_allowed: "place" must be one of null, an object with url, an object with title.',
    ]);
    expect(told(choice, { format: 'gif' })).toEqual(['/format not_allowed: "format" must be one of "svg", "png".']);
  });
});
