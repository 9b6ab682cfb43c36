/**
 * All shapes, corners, gradients and frames on one sheet, as the README shows them:
 * `bun test/support/contact-sheet.ts sheet.png`. It is drawn by the same code as every picture.
 */
import { Resvg } from '@resvg/resvg-js';
import { textOutline } from '../../src/pictures/text.ts';
import { frameTextDefault } from '../../src/render/colors.ts';
import { draw } from '../../src/render/draw.ts';
import { matrix } from '../../src/render/matrix.ts';
import { moved } from '../../src/render/path.ts';
import { matrixFor } from '../../src/render/placement.ts';
import { svg } from '../../src/render/svg.ts';
import { type Cell, ink, sections } from './contact-cells.ts';

const [width, margin, gutter] = [2000, 80, 44];
const [quiet, paper] = ['#5c677d', '#f5f3ee'];
const address = 'HTTPS://QR.EXAMPLE/K7WX4PNM';

async function words(
  text: string,
  x: number,
  baseline: number,
  capitals: number,
  color: string,
  align: 'left' | 'middle',
) {
  const { path, width, height } = await textOutline(text);
  const scale = capitals / height;
  const left = align === 'left' ? x : x - (width * scale) / 2;
  return `<path fill="${color}" d="${moved(path, scale, left, baseline - capitals)}"/>`;
}

/** One picture in a box, with names of its own for its gradients. */
async function picture({ style, logo, crop }: Cell, name: string, x: number, y: number, side: number): Promise<string> {
  const code = matrixFor(level => matrix(address, { level }), style, logo);
  const text = style.frame && (await textOutline(style.frame.text ?? frameTextDefault));
  const drawing = draw(code, style, { ...(logo && { logo }), ...(text && { text }) });
  const { width, height } = crop ? { width: 8.94, height: 8.94 } : drawing;
  const scale = Math.min(side / width, side / height);
  return svg(drawing)
    .replace(
      / viewBox="[^"]*"/,
      ` viewBox="${crop ? '3.03 3.03' : '0 0'} ${width} ${height}" x="${x + (side - width * scale) / 2}" y="${y + (side - height * scale) / 2}" width="${width * scale}" height="${height * scale}"`,
    )
    .replaceAll(/(id="|url\(#)g/g, `$1${name}g`);
}

async function sheet(): Promise<string> {
  const parts: string[] = [await words('Indelible', margin, margin + 52, 52, ink, 'left')];
  let y = margin + 52 + 70;
  for (const [section, { title, columns, cells }] of sections.entries()) {
    parts.push(await words(title, margin, y + 24, 22, quiet, 'left'));
    y += 24 + 32;
    const side = (width - 2 * margin - (columns - 1) * gutter) / columns;
    for (const [index, cell] of cells.entries()) {
      const x = margin + (index % columns) * (side + gutter);
      const top = y + Math.floor(index / columns) * (side + 74);
      parts.push(await picture(cell, `s${section}c${index}`, x, top, side));
      parts.push(await words(cell.label, x + side / 2, top + side + 34, 14, ink, 'middle'));
    }
    y += Math.ceil(cells.length / columns) * (side + 74) + 36;
  }
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${y}" viewBox="0 0 ${width} ${y}"><rect width="100%" height="100%" fill="${paper}"/>${parts.join('')}</svg>`;
}

const target = process.argv[2];
if (!target) throw new Error('Say where to: bun test/support/contact-sheet.ts sheet.png');
await Bun.write(target, new Resvg(await sheet(), { font: { loadSystemFonts: false } }).render().asPng());
