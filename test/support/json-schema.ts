/**
 * Whether a value is what a JSON Schema says, for schemas as the OpenAPI document has them. It knows the few words that
 * stand there and throws on any other, so that a rule it does not understand can't pass unseen.
 */

type Schema = Readonly<Record<string, unknown>>;

const annotations = new Set(['description', 'examples', 'format', 'title', 'default', 'x-personal']);

/** Every place where the value is not what the schema says, as `path: why`; references are resolved in `document`. */
export function mismatches(document: object, schema: Schema, value: unknown, path = ''): string[] {
  const wrong = (why: string): string[] => [`${path || '/'}: ${why}`];
  return Object.entries(schema).flatMap(([word, rule]) => {
    switch (word) {
      case '$ref':
        return mismatches(document, resolved(document, rule as string), value, path);
      case 'type':
        return typeOf(value) === rule || (rule === 'number' && typeOf(value) === 'integer')
          ? []
          : wrong(`is no ${rule}`);
      case 'const':
        return value === rule ? [] : wrong(`is not ${rule}`);
      case 'enum':
        return (rule as unknown[]).includes(value) ? [] : wrong(`is none of ${rule}`);
      case 'anyOf':
        return (rule as Schema[]).some(one => mismatches(document, one, value, path).length === 0)
          ? []
          : wrong('fits none');
      case 'pattern':
        return new RegExp(rule as string).test(String(value)) ? [] : wrong(`does not match ${rule}`);
      case 'minItems':
        return (value as unknown[]).length >= Number(rule) ? [] : wrong(`has fewer than ${rule}`);
      case 'maxItems':
        return (value as unknown[]).length <= Number(rule) ? [] : wrong(`has more than ${rule}`);
      case 'uniqueItems':
        return new Set((value as unknown[]).map(item => JSON.stringify(item))).size === (value as unknown[]).length
          ? []
          : wrong('holds something twice');
      case 'maxProperties':
        return Object.keys(Object(value)).length <= Number(rule) ? [] : wrong(`has more than ${rule}`);
      case 'minProperties':
        return Object.keys(Object(value)).length >= Number(rule) ? [] : wrong(`has fewer than ${rule}`);
      case 'minLength':
        return String(value).length >= Number(rule) ? [] : wrong(`is shorter than ${rule}`);
      case 'maxLength':
        return String(value).length <= Number(rule) ? [] : wrong(`is longer than ${rule}`);
      case 'minimum':
        return Number(value) >= Number(rule) ? [] : wrong(`is less than ${rule}`);
      case 'maximum':
        return Number(value) <= Number(rule) ? [] : wrong(`is more than ${rule}`);
      case 'required':
        return (rule as string[])
          .filter(name => !Object.hasOwn(Object(value), name))
          .flatMap(name => wrong(`lacks ${name}`));
      case 'properties':
        return Object.entries(rule as Record<string, Schema>).flatMap(([name, property]) =>
          Object.hasOwn(Object(value), name)
            ? mismatches(document, property, (value as Schema)[name], `${path}/${name}`)
            : [],
        );
      case 'patternProperties':
        return [];
      case 'additionalProperties':
        return Object.keys(Object(value))
          .filter(name => rule === false && !Object.hasOwn(Object(schema['properties']), name))
          .filter(
            name => !Object.keys(Object(schema['patternProperties'])).some(pattern => new RegExp(pattern).test(name)),
          )
          .flatMap(name => wrong(`has ${name}`));
      case 'items':
        return Array.isArray(value)
          ? value.flatMap((item, i) => mismatches(document, rule as Schema, item, `${path}/${i}`))
          : [];
      default:
        if (annotations.has(word)) return [];
        throw new Error(`a schema says ${word}, which is not understood here`);
    }
  });
}

function resolved(document: object, pointer: string): Schema {
  const found = pointer
    .slice(2)
    .split('/')
    .reduce<unknown>((at, name) => Object(at)[name], document);
  if (found === undefined) throw new Error(`${pointer} leads nowhere`);
  return found as Schema;
}

function typeOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  return Number.isInteger(value) ? 'integer' : typeof value;
}
