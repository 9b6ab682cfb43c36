/**
 * The golden corpus: every shape of every event that was ever shipped goes through every read model. They take it in
 * whatever pieces it comes, and come out of each with the same rows.
 */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TSchema } from '@sinclair/typebox';
import { type AnyEvent, catalogue, type EventType } from '../../events/index.ts';
import { renewal, renewed } from '../../events/upcasts.ts';
import { projections } from '../../projections/index.ts';
import { eventOf, modelled, prepareModels } from '../support/read-models.ts';
import { type TestStore, testStore } from '../support/store.ts';

const folder = join(import.meta.dirname, '../samples');
const samplesOf = (type: string): object[] => JSON.parse(readFileSync(join(folder, `${type}.json`), 'utf8'));
const types = readdirSync(folder)
  .filter(name => name.endsWith('.json'))
  .map(name => name.replace('.json', '') as EventType);

/** Nouns whose events are of streams that begin with one of these. */
const beginnings = new Set(types.filter(type => /\.(created|added|issued)$/.test(type)));

/** Fields, however deep, that no sample of these has. */
function unshown(schema: TSchema, samples: readonly unknown[], path: string): string[] {
  const fields = Object.entries((schema['properties'] ?? {}) as Record<string, TSchema>);
  return fields.flatMap(([name, part]) => {
    const values = samples.flatMap(sample => (Object(sample)[name] === undefined ? [] : [Object(sample)[name]]));
    if (values.length === 0) return [`${path}.${name}`];
    const branches = (part['anyOf'] ?? [part]) as TSchema[];
    const object = branches.find(branch => branch['properties'] ?? branch['items']);
    if (!object) return [];
    return object['items']
      ? unshown(object['items'], values.flat(), `${path}.${name}[]`)
      : unshown(object, values, `${path}.${name}`);
  });
}

/** Every sample on a stream of its own, begun as such streams are. */
function corpus(): AnyEvent[] {
  const events: AnyEvent[] = [];
  let streams = 0;
  for (const type of types) {
    const noun = type.split('.')[0]!;
    const beginning = [...beginnings].find(each => each.startsWith(`${noun}.`));
    for (const sample of samplesOf(type)) {
      const stream = `${noun}_${++streams}`;
      // What is given once only is told apart by the stream.
      const given = new Set(noun === 'team' ? ['team'] : ['slug', 'hash']);
      const own = (data: object, n: number) =>
        Object.fromEntries(
          Object.entries(data).map(([name, value]) => [
            name,
            given.has(name) && typeof value === 'string' ? `${value}${streams}${noun === 'team' ? '' : n}` : value,
          ]),
        );
      const steps: [EventType, object][] = [[type, sample]];
      if (beginning && beginning !== type) steps.unshift([beginning, samplesOf(beginning)[0]!]);
      for (const [i, [step, data]] of steps.entries()) {
        const envelope = { position: events.length + 1, version: i + 1 };
        events.push(eventOf(step, stream, own(renewed(step, data), i) as never, envelope));
      }
    }
  }
  return events;
}

let store: TestStore;
beforeAll(async () => {
  store = await testStore();
  await prepareModels(store.sql, projections);
});
afterAll(() => store.close());

describe('the corpus', () => {
  test('has every event of the catalogue', () => {
    expect(types.toSorted()).toEqual(Object.keys(catalogue).toSorted() as EventType[]);
    expect(corpus().length).toBeGreaterThan(types.length);
  });

  test('has every field that an event can have', () => {
    const missing = Object.entries(catalogue).flatMap(([type, schema]) =>
      ((schema as TSchema)['anyOf'] ?? [schema]).flatMap((branch: TSchema) => unshown(branch, samplesOf(type), type)),
    );
    expect(missing).toEqual([]);
  });

  test.each(projections.map(projection => [projection.name, projection] as const))(
    'is taken in by %s, at once and one by one',
    async (_, projection) => {
      const events = corpus();
      const atOnce = await modelled(store.sql, projection, events);
      const oneByOne = await modelled(store.sql, projection, ...events.map(event => [event]));
      expect(oneByOne).toEqual(atOnce);
    },
    120_000,
  );
});

describe('an older shape', () => {
  const read = renewal([
    {
      type: 'qr.created',
      isOld: data => 'url' in data,
      renewed: ({ url, ...rest }) => ({ ...rest, destination: url }),
    },
    { type: 'qr.created', isOld: data => !('type' in data), renewed: data => ({ type: 'url', ...data }) },
  ]);

  test("is read as today's, step by step, and today's as it is", () => {
    expect(read('qr.created', { slug: 'a', url: 'https://e.example/' })).toEqual({
      type: 'url',
      slug: 'a',
      destination: 'https://e.example/',
    } as never);
    const today = { slug: 'a', type: 'url', destination: 'https://e.example/' };
    expect(read('qr.created', today)).toEqual(today);
    const other = { url: 'of another event' };
    expect(read('webhook.created', other)).toBe(other);
  });
});
