/**
 * Codes that are given the looks of a style template. The looks are copied: a template that is changed or deleted later
 * changes no code that hangs on a wall, and the code's own history says all that its picture needs.
 */
import type { QrStyle } from '../../events/style.ts';
import { findStyles } from '../../projections/styles.ts';
import { type Fault, invalid } from '../problem.ts';
import type { ApiDeps } from './deps.ts';

interface Styled {
  readonly style?: QrStyle;
  readonly styleId?: string;
}

/**
 * The inputs with the looks of the templates they name.
 *
 * @throws Problem `validation_failed` where a template is not there, or looks of its own stand beside it
 */
export async function withTemplates<T extends Styled>(
  deps: ApiDeps,
  org: string,
  inputs: readonly T[],
  prefix: (i: number) => string,
): Promise<readonly T[]> {
  const ids = new Set(inputs.flatMap(({ styleId }) => styleId ?? []));
  if (ids.size === 0) return inputs;
  await deps.fresh(['styles']);
  const looks = new Map((await findStyles(deps.sql, org, [...ids])).map(({ id, style }) => [id, style]));
  const faults: Fault[] = [];
  const fault = (i: number, code: string, detail: string): unknown =>
    faults.push({ pointer: `${prefix(i)}/styleId`, code, detail });
  const styled = inputs.map((input, i) => {
    const { styleId } = input;
    if (styleId === undefined) return input;
    const style = looks.get(styleId);
    if (input.style !== undefined) fault(i, 'not_allowed', 'Give a style or a styleId, not both.');
    else if (style === undefined) fault(i, 'unknown', 'There is no such style.');
    return { ...input, ...(style && { style }) };
  });
  if (faults.length > 0) throw invalid(faults);
  return styled;
}
