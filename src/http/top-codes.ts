/**
 * The codes that were scanned most, with what is left told as a rest. Of few codes all were counted anyway; of the many
 * of an organisation, which is answered from its own sums, they are counted until the first of them are certain.
 */
import { type Static, Type } from '@sinclair/typebox';
import { currentRules } from '../../projections/counting.ts';
import type { ExclusionRow } from '../../projections/exclusions.ts';
import type { Asked, Found } from '../../projections/scan-answers.ts';
import { boundsOf, topOf } from '../../projections/scan-tops.ts';
import type { Question } from './analytics-queries.ts';
import { ranked, sharesMeant } from './analytics-report.ts';
import { codesMax } from './code-sets.ts';
import { summedUp } from './condensing.ts';
import type { ApiDeps } from './deps.ts';
import { withoutExcluded } from './exclusion-use.ts';
import { OrNull } from './shapes.ts';

export const TopCodes = Type.Union(
  [
    Type.Object({
      values: Type.Array(Type.Object({ id: Type.String(), scans: Type.Integer() })),
      rest: Type.Object({
        values: OrNull(Type.Integer(), 'Other codes that have scans; null where not all were counted one by one'),
        scans: Type.Integer(),
      }),
    }),
    Type.Null(),
  ],
  {
    description:
      'Codes by scans. Of an organisation of more than 1,000 codes they are counted until the first are certain; null if ' +
      '10,000 were counted and none was far enough ahead of the others: then narrow the question',
  },
);

/** Of codes that were all counted. */
export function topOfAll(question: Question, { shares }: Found): Static<typeof TopCodes> {
  const counts = ranked([...sharesMeant(question, shares)].map(([id, { scans }]) => [id, scans] as const));
  const rest = counts.slice(question.top);
  return {
    values: counts.slice(0, question.top).map(([id, scans]) => ({ id, scans })),
    rest: { values: rest.length, scans: rest.reduce((sum, [, scans]) => sum + scans, 0) },
  };
}

/** Of all codes of an organisation, of whose scans `total` are meant. */
export async function topOfMany(
  deps: ApiDeps,
  question: Question,
  asked: Asked,
  codes: readonly string[],
  exclusions: readonly ExclusionRow[],
  total: number,
): Promise<Static<typeof TopCodes>> {
  const { bots, rules, top } = question;
  const bounds = await boundsOf(deps.sql, codes, question.spans, bots === 'exclude' && rules === currentRules);
  const tops = await topOf(bounds, top, codesMax, async names => {
    // Of no kind more is asked than how many there are.
    const numbers = { ...asked, names, inFull: { rules, kinds: [] } };
    const { shares } = await summedUp(deps, (await withoutExcluded(deps, numbers, exclusions)).questions);
    return new Map([...sharesMeant(question, shares)].map(([id, { scans }]) => [id, scans]));
  });
  if (!tops) return null;
  const first = ranked([...tops.counts]).slice(0, top);
  const told = first.reduce((sum, [, scans]) => sum + scans, 0);
  return {
    values: first.map(([id, scans]) => ({ id, scans })),
    rest: { values: tops.isAll ? tops.counts.size - first.length : null, scans: total - told },
  };
}
