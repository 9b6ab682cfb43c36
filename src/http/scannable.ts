/**
 * Looks that are about to be saved with codes: each is tried before anything is decided, and what does not scan is
 * refused with all faults of the call, unless it is forced. Squares in one colour are judged by their colours alone, and
 * looks that many codes share are tried once, so that making ten thousand codes stays one quick call.
 */
import type { QrStyle } from '../../events/style.ts';
import type { Access } from '../../projections/keys.ts';
import { findQr } from '../../projections/qrs.ts';
import { payloadOf } from '../content/encoded.ts';
import { assertScannable } from '../pictures/check.ts';
import { type Fault, invalid, Problem } from '../problem.ts';
import { isPlain } from '../render/colors.ts';
import type { ApiDeps } from './deps.ts';
import { logoOf } from './pictures.ts';
import type { QrCreate } from './schemas.ts';
import { visibleTo } from './visible.ts';

/** Different looks that one call may bring, besides plain ones: each takes 50 ms of a core. */
const triedMax = 100;

/** How many of the codes, from the first on, bring no more different looks than one call may. */
export function triedAtOnce(deps: ApiDeps, inputs: readonly QrCreate[]): number {
  const looks = new Set<string>();
  const end = inputs.findIndex(input => {
    const { style } = input;
    if (style !== undefined && !isPlain(style)) looks.add(JSON.stringify([style, textOf(deps, input)]));
    return looks.size > triedMax;
  });
  return end < 0 ? inputs.length : end;
}

/** Which of the codes had to be forced; in the order given. */
export async function judged(
  deps: ApiDeps,
  inputs: readonly QrCreate[],
  prefix: (i: number) => string,
  forceAll = false,
): Promise<boolean[]> {
  const end = triedAtOnce(deps, inputs);
  if (end < inputs.length) {
    const detail = `One call brings at most ${triedMax} different looks with shapes, gradients or frames.`;
    throw invalid([{ pointer: `${prefix(end)}/style`, code: 'too_many', detail }]);
  }
  const forced: boolean[] = [];
  const faults: Fault[] = [];
  for (const [i, input] of inputs.entries()) {
    const { style, force = forceAll } = input;
    forced.push(false);
    if (style === undefined || faults.length >= faultsShown) continue;
    try {
      forced[i] = await assertScannable(style, { force, prefix: prefix(i), text: textOf(deps, input) });
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      faults.push(...error.errors);
    }
  }
  if (faults.length > 0) throw invalid(faults);
  return forced;
}

/** More are of no use to anybody, and each costs a try. */
const faultsShown = 1_000;

/** What a static code will say; that of others is not known yet, and much like any other short URL. */
function textOf(deps: ApiDeps, input: QrCreate): string | undefined {
  const { type = 'url', destination = null, content = null } = input;
  return input.static ? payloadOf({ type, slug: null, destination, content }, deps.baseUrl()) : undefined;
}

/** Whether new looks of a code that is there, with the logo that it has, had to be forced. */
export async function judgedChange(
  deps: ApiDeps,
  access: Access,
  id: string,
  style: QrStyle | undefined,
  force: boolean | undefined,
): Promise<boolean> {
  if (style === undefined) return false;
  await deps.fresh(['qrs']);
  const row = await findQr(deps.sql, access.org, id, visibleTo(access));
  // That it is not there is for the decider to say.
  if (!row) return false;
  const text = row.static ? payloadOf(row, deps.baseUrl()) : undefined;
  return assertScannable(style, { logo: await logoOf(deps, row.logo), force, text });
}
