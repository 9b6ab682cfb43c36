/**
 * Questions about scans without those that are excluded: what is in force for the caller's organisation, and what it
 * leaves of a question. Test codes have no exclusions: nothing about them is counted for the organisation anyway.
 */
import { activeExclusions, type ExclusionRow, makersOf } from '../../projections/exclusions.ts';
import type { Access } from '../../projections/keys.ts';
import type { Asked } from '../../projections/scan-answers.ts';
import { leftOver } from '../../projections/scan-exclusions.ts';
import type { ApiDeps } from './deps.ts';

/** Exclusions in force; the read model must be fresh. */
export const exclusionsOf = async ({ sql }: ApiDeps, { org, mode }: Access): Promise<ExclusionRow[]> =>
  mode === 'test' ? [] : activeExclusions(sql, org);

/** What is left of a question, and the exclusions that were looked at. */
export async function withoutExcluded({ sql }: ApiDeps, asked: Asked, exclusions: readonly ExclusionRow[]) {
  if (exclusions.length === 0) return { questions: [asked], excluded: [] };
  const keys = exclusions.flatMap(({ key }) => key ?? []);
  const makers = await makersOf(sql, asked.names, keys);
  return { questions: leftOver(asked, exclusions, makers), excluded: exclusions.map(({ id }) => id) };
}
