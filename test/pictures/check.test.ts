import { describe, expect, test } from 'bun:test';
import { Resvg } from '@resvg/resvg-js';
import type { QrStyle } from '../../events/style.ts';
import { assertScannable, decodes, findingsOf, report } from '../../src/pictures/check.ts';
import { compose, type Logo } from '../../src/pictures/composition.ts';
import { sections } from '../support/contact-cells.ts';
import { faultsOf, problemOf } from '../support/problem-of.ts';

const text = 'https://qr.example/k7wx4pnm';

/** A square of one colour, as opaque as logos come. */
function square(color: string): Logo {
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="64" height="64"><rect width="64" height="64" fill="${color}"/></svg>`;
  return { png: new Resvg(svg).render().asPng(), width: 64, height: 64 };
}
const codes = async (style: QrStyle, logo?: Logo) =>
  (await findingsOf(style, logo)).map(({ severity, code }) => `${severity} ${code}`);

describe('a picture', () => {
  test('that is fine is read in every view, and the report tells its measures', async () => {
    const said = await report(await compose(text, {}), { size: 512 }, 1_000);
    expect(said).toMatchObject({ scannable: true, reasons: [], payload: text, errorCorrection: 'M', contrast: 21 });
    expect(said.decodes.length).toBeGreaterThan(3);
    expect(said.decodes.every(view => view.read)).toBe(true);
    expect(said.modules).toBe(said.version * 4 + 17 + 8);
    expect(said.moduleSizePx).toBeCloseTo(512 / said.modules, 2);
    // A metre away, a module is 4 mm wide.
    expect(said.print).toEqual({ viewingDistanceMm: 1_000, smallestWidthMm: said.modules * 4 });
  });

  test('that is small in print is judged by its millimetres', async () => {
    const said = await report(await compose(text, {}), { format: 'pdf', size: 33, unit: 'mm' });
    expect([said.widthMm, said.moduleSizeMm]).toEqual([33, Math.round((33 / said.modules) * 1_000) / 1_000]);
  });

  test('whose drawing hides too much is not read, whatever rules say', async () => {
    const good = await compose(text, {});
    const { width, height, layers } = good.drawing;
    const patch = {
      kind: 'outline',
      path: `M0 0H${width}V${height / 2}H0Z`,
      paint: { kind: 'solid', color: '#ffffff' },
    };
    const bad = { ...good, drawing: { width, height, layers: [...layers, patch] } } as typeof good;
    expect((await decodes(bad)).map(view => view.isRead)).not.toContain(true);
    const { scannable, reasons } = await report(bad);
    expect(scannable).toBe(false);
    expect(reasons).toMatchObject([{ code: 'not_decoded', severity: 'error', pointer: '/style' }]);
  });

  test('that says something else than it should is not read', async () => {
    const composition = await compose(text, {});
    expect((await decodes({ ...composition, text: `${text}x` })).map(view => view.isRead)).not.toContain(true);
  });

  test('with a logo tells how much of it is hidden, and raises error correction by itself', async () => {
    const said = await report(await compose(text, { logo: { size: 0.3 } }, square('#e4572e')));
    expect(said).toMatchObject({ scannable: true, errorCorrection: 'H' });
    expect(said.logo!.coverage).toBeGreaterThan(0.04);
    expect((await report(await compose(text, { logo: { knockout: false } }, square('#e4572e')))).reasons).toMatchObject(
      [{ code: 'logo', severity: 'warning', pointer: '/style/logo/knockout' }],
    );
  });
});

describe('a style that is saved', () => {
  const cells = sections.flatMap(section => section.cells.map(cell => [cell.label, cell] as const));
  test.each(cells)('%s scans', async (_, { style, logo }) => {
    expect((await findingsOf(style, logo)).filter(({ severity }) => severity === 'error')).toEqual([]);
  });

  test('and does not scan is refused where it stands, and can be forced', async () => {
    const style = { dotColor: '#ddd', dotShape: 'dots' } as const;
    expect(faultsOf(await problemOf(assertScannable(style)))).toEqual(['/style/dotColor not_scannable']);
    const inBulk = await problemOf(assertScannable(style, { prefix: '/codes/3' }));
    expect(faultsOf(inBulk)).toEqual(['/codes/3/style/dotColor not_scannable']);
    expect(await assertScannable(style, { force: true })).toBe(true);
    expect(await assertScannable({ dotShape: 'dots' }, { force: true })).toBe(false);
  });

  test('is read for real unless it is squares of one colour', async () => {
    expect(await codes({ dotColor: '#123' })).toEqual([]);
    // Thin corners that no rule forbids, on the least quiet zone that one allows.
    expect(await codes({ dotShape: 'star', quietZone: 2 })).toEqual(['warning quiet_zone']);
  });

  test('with a frame whose text cannot be set is refused even when forced', async () => {
    const style = { frame: { shape: 'box', text: '扫一扫' } } as const;
    const problem = await problemOf(assertScannable(style, { force: true, prefix: '/codes/0' }));
    expect(faultsOf(problem)).toEqual(['/codes/0/style/frame/text missing_glyph']);
  });
});
