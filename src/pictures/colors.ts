/**
 * Screen colours as printing inks. A hex colour becomes DeviceRGB, DeviceCMYK or a spot ink, and always the same one,
 * so that a file can be compared and cached. The conversion is the plain one with full grey component replacement:
 * black and every grey are black ink alone, which prints sharp, where an ICC profile would mix them of four inks that
 * never meet exactly on paper. Brand colours that must be exact are what spot inks are for.
 */
import { longColor } from '../render/colors.ts';

export type ColorMode = 'rgb' | 'cmyk';

/** Cyan, magenta, yellow and black in percent, 0 to 100. */
export type Inks = readonly [cyan: number, magenta: number, yellow: number, black: number];

/** An ink that is mixed before it is printed; `cmyk` is what shows where that ink is not at hand. */
export interface Spot {
  readonly name: string;
  readonly cmyk: Inks;
}

/** How the colours of a drawing are printed. */
export interface Colors {
  /** `rgb` by default. */
  readonly color?: ColorMode;
  /** Hex colour → the spot ink that prints it, in areas of one colour; gradients are printed in RGB or CMYK. */
  readonly spots?: Readonly<Record<string, Spot>>;
}

/** Red, green and blue of `#rgb` or `#rrggbb`, 0 to 1. */
export function rgb(hex: string): number[] {
  const value = Number.parseInt(canonical(hex).slice(1), 16);
  return [value >> 16, (value >> 8) & 255, value & 255].map(channel => round(channel / 255));
}

/** Cyan, magenta, yellow and black, 0 to 1: what all three have in common is black, so one of them is always 0. */
export function cmyk(hex: string): number[] {
  const channels = rgb(hex);
  const light = Math.max(...channels);
  if (light === 0) return [0, 0, 0, 1];
  return [...channels.map(channel => round((light - channel) / light)), round(1 - light)];
}

/** The components of a colour in its mode. */
export const components = (hex: string, mode: ColorMode): number[] => (mode === 'cmyk' ? cmyk(hex) : rgb(hex));

export const colorSpace = (mode: ColorMode): 'DeviceCMYK' | 'DeviceRGB' =>
  mode === 'cmyk' ? 'DeviceCMYK' : 'DeviceRGB';

/** The operator that makes a colour the one for filling: `k` or `rg`. */
export const fillOperator = (hex: string, mode: ColorMode): string =>
  `${components(hex, mode).join(' ')} ${mode === 'cmyk' ? 'k' : 'rg'}`;

/**
 * The spot inks by the colour that they print.
 *
 * @throws RangeError on a name that is empty or means something else in PDF, on percents out of range, and on one name
 *   for two mixtures, which a press can't tell apart
 */
export function spotsByColor({ spots = {} }: Colors): Map<string, Spot> {
  const mixtures = new Map<string, string>();
  for (const { name, cmyk } of Object.values(spots)) {
    if (!/^[^\p{Cc}]{1,60}$/u.test(name) || /^(All|None|Cyan|Magenta|Yellow|Black)$/.test(name)) {
      throw new RangeError(`Not the name of a spot colour: ${JSON.stringify(name)}`);
    }
    if (cmyk.length !== 4 || !cmyk.every(percent => percent >= 0 && percent <= 100)) {
      throw new RangeError(`The inks of ${name} are percents from 0 to 100, not ${cmyk.join(', ')}`);
    }
    if ((mixtures.get(name) ?? cmyk.join()) !== cmyk.join()) throw new RangeError(`${name} is given with two mixtures`);
    mixtures.set(name, cmyk.join());
  }
  return new Map(Object.entries(spots).map(([hex, spot]) => [canonical(hex), spot]));
}

/** `#RGB` and `#rrggbb` of one colour are one name. */
export const canonical = (hex: string): string => longColor(hex).toLowerCase();

const round = (value: number): number => Math.round(value * 10_000) / 10_000;
