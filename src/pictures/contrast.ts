/**
 * What can be said of a style's colours and margins without drawing it. Each finding names the field, what is wrong and
 * what to change; an error keeps readers from finding the code at all, a warning makes it harder. The bars are lower
 * than taste would set them, so that nothing is refused that phones read.
 */
import type { QrStyle } from '../../events/style.ts';
import { colors, contrast, longColor, luminance, quietZoneDefault } from '../render/colors.ts';

export interface Finding {
  /** Where it stands, in the caller's body. */
  readonly pointer: string;
  readonly code: 'contrast' | 'inverted' | 'quiet_zone' | 'logo' | 'transparent' | 'not_decoded' | 'fragile';
  readonly severity: 'error' | 'warning';
  readonly detail: string;
  readonly advice: string;
}

/** WCAG 2.2 asks for 3 where shapes have to be told apart; a bad camera in bad light needs more. */
const contrastMin = 3;
const contrastAdvised = 4.5;
/** Readers look for the corners against the space around them; the standard asks for four modules. */
const quietZoneMin = 2;

interface Part {
  readonly pointer: string;
  readonly name: string;
  readonly colors: readonly string[];
}

/** Everything that is printed as dark. Between two stops of a gradient nothing is lighter than the lighter of them. */
function parts(style: QrStyle): Part[] {
  const { dot } = colors(style);
  const dots: Part = style.dotGradient
    ? {
        pointer: '/dotGradient',
        name: 'the gradient',
        colors: style.dotGradient.stops.map(stop => longColor(stop.color)),
      }
    : { pointer: '/dotColor', name: 'the modules', colors: [dot] };
  const own = (field: 'cornerFrameColor' | 'cornerDotColor', name: string): Part[] =>
    style[field] === undefined ? [] : [{ pointer: `/${field}`, name, colors: [longColor(style[field])] }];
  return [dots, ...own('cornerFrameColor', 'the corner frames'), ...own('cornerDotColor', 'the corner dots')];
}

/** The least contrast of anything dark to its ground; what is transparent is taken to lie on white. */
export function leastContrast(style: QrStyle): number {
  const ground = colors(style).bg ?? '#ffffff';
  return Math.min(...parts(style).flatMap(part => part.colors.map(color => contrast(color, ground))));
}

/** What is wrong with colours and quiet zone. */
export function colorFindings(style: QrStyle, pointer = '/style'): Finding[] {
  const { bg } = colors(style);
  const ground = bg ?? '#ffffff';
  const findings = parts(style).flatMap(part => partFindings(part, ground, pointer));
  const quiet = style.quietZone ?? quietZoneDefault;
  if (quiet < quietZoneDefault) {
    const detail = `The quiet zone has ${quiet} modules; the standard asks for ${quietZoneDefault}.`;
    const advice = `Set quietZone to ${quietZoneDefault}.`;
    const severity = quiet < quietZoneMin ? 'error' : 'warning';
    findings.push({ pointer: `${pointer}/quietZone`, code: 'quiet_zone', severity, detail, advice });
  }
  if (bg === null) {
    const detail = 'The ground is transparent, so what lies under the code decides; white was assumed.';
    const advice = 'Put it on a ground that is light and even, or choose a bgColor.';
    findings.push({ pointer: `${pointer}/bgColor`, code: 'transparent', severity: 'warning', detail, advice });
  }
  return findings;
}

function partFindings({ pointer, name, colors: all }: Part, ground: string, prefix: string): Finding[] {
  const at = prefix + pointer;
  const lighter = all.find(color => luminance(color) > luminance(ground));
  const worst = Math.min(...all.map(color => contrast(color, ground)));
  const shown = Math.floor(worst * 10) / 10;
  if (lighter !== undefined && worst >= contrastMin) {
    const detail = `The colour of ${name}, ${lighter}, is lighter than the ground, ${ground}: many readers see nothing.`;
    return [
      { pointer: at, code: 'inverted', severity: 'error', detail, advice: 'Swap the two: dark on a light ground.' },
    ];
  }
  if (worst >= contrastAdvised) return [];
  const detail = `The contrast of ${name} to the ground is ${shown}:1; readers need ${contrastMin}:1, better ${contrastAdvised}:1.`;
  const severity = worst < contrastMin ? 'error' : 'warning';
  return [{ pointer: at, code: 'contrast', severity, detail, advice: 'Take a darker colour or a lighter ground.' }];
}
