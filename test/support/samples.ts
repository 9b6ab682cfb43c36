/**
 * Every shape of every event that was ever shipped, as `test/samples` keeps them.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Data } from '../../src/store/personal.ts';

const folder = join(import.meta.dirname, '../samples');

/** Type and data, one for each shape. */
export const samples: readonly (readonly [type: string, data: Data])[] = readdirSync(folder)
  .filter(name => name.endsWith('.json'))
  .flatMap(name => {
    const shapes = JSON.parse(readFileSync(join(folder, name), 'utf8')) as Data[];
    return shapes.map(data => [name.replace(/\.json$/, ''), data] as const);
  });
