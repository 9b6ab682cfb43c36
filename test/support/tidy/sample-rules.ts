/**
 * Events are forever, so every shape that was ever shipped is kept in `test/samples` as a file of the event's name: an
 * array of data objects. Each must still be read by today's schema, with what `events/upcasts.ts` makes of it; a sample
 * is added when a shape is, never changed.
 */
import type { TSchema } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';
import { catalogue } from '../../../events/index.ts';
import { renewed } from '../../../events/upcasts.ts';
import type { Finding, Rule } from './rule.ts';

const schemas: Readonly<Record<string, TSchema>> = catalogue;
const folder = 'test/samples/';

/** What is wrong with the samples of one type. */
function objections(type: string, text: string): Finding[] {
  const finding = (what: string): Finding => ({ path: `${folder}${type}.json`, line: 1, what });
  const schema = schemas[type];
  if (schema === undefined) return [finding(`holds samples of ${type}, which events/index.ts no longer knows`)];
  let samples: unknown;
  try {
    samples = JSON.parse(text);
  } catch (error) {
    return [finding(`is not JSON: ${error instanceof Error ? error.message : error}`)];
  }
  if (!Array.isArray(samples) || samples.length === 0) return [finding('is not an array of at least one sample')];
  return samples.flatMap((sample, index) => {
    const error = Value.Errors(schema, renewed(type, sample as object)).First();
    return error === undefined ? [] : [finding(`sample ${index} no longer parses: ${error.path} ${error.message}`)];
  });
}

export const everySampleParses: Rule = {
  name: 'every sample of an event still parses',
  instead: 'an event once shipped stays readable: make what is new optional, and let old names and samples stand',
  check: tree =>
    Object.entries(tree.files)
      .filter(([path]) => path.startsWith(folder) && !path.endsWith('.png')) // pictures of the README
      .flatMap(([path, text]) => objections(path.slice(folder.length).replace(/\.json$/, ''), text)),
  offenders: [
    { 'test/samples/qr.deleted.json': '[{ "reason": "a field nobody knows" }]' },
    { 'test/samples/qr.retargeted.json': '[{ "destination": 5 }]' },
    { 'test/samples/qr.deleted.json': '[]' },
    { 'test/samples/qr.deleted.json': '{}' },
    { 'test/samples/qr.deleted.json': '[{}' },
    { 'test/samples/qr.forgotten.json': '[{}]' },
  ],
  innocent: { 'test/samples/qr.deleted.json': '[{}]', 'test/samples/contact-sheet.png': '\x89PNG' },
};

const everyType = Object.keys(schemas).map(type => [`${folder}${type}.json`, '[{}]'] as const);

export const everyEventHasSamples: Rule = {
  name: 'every event of the catalogue has a sample',
  instead: 'add an array of realistic data objects there, one for each shape that the event can have',
  check: tree =>
    everyType
      .filter(([path]) => tree.files[path] === undefined)
      .map(([path]) => ({ path, line: 1, what: 'is missing' })),
  offenders: [Object.fromEntries(everyType.slice(1))],
  innocent: Object.fromEntries(everyType),
};
