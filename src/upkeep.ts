/**
 * What is done without anybody asking: changes that were planned are made, spans that are over are condensed, tables that
 * have grown are looked at, those of earlier versions are taken away. Each goes on by itself, and none holds up another or whoever is answered meanwhile.
 */
import { Condenser, type CondenserOptions } from './condenser.ts';
import { Leftovers, type LeftoversOptions } from './leftovers.ts';
import { Planner, type PlannerOptions } from './planner.ts';
import { Surveyor, type SurveyorOptions } from './surveyor.ts';

/** Begins with all of it; what comes back ends it. */
export function startUpkeep(
  options: PlannerOptions & CondenserOptions & SurveyorOptions & LeftoversOptions,
): () => Promise<unknown> {
  const works = [new Planner(options), new Condenser(options), new Surveyor(options), new Leftovers(options)];
  for (const work of works) work.start();
  return () => Promise.all(works.map(work => work.stop()));
}
