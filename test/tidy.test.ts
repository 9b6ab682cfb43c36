/**
 * The style of the house, as a test. The rules stand in `test/support/tidy`; here each is held against the tree, and
 * against small planted trees that break it or come close, so that no rule can silently never fire.
 */
import { describe, expect, test } from 'bun:test';
import { join } from 'node:path';
import { codeRules } from './support/tidy/code-rules.ts';
import { importsPointDown, noImportCircles } from './support/tidy/import-rules.ts';
import { type Rule, report } from './support/tidy/rule.ts';
import { everyEventHasSamples, everySampleParses } from './support/tidy/sample-rules.ts';
import { blank, plant, readTree, source } from './support/tidy/source.ts';
import { treeRules } from './support/tidy/tree-rules.ts';

const rules: readonly Rule[] = [
  importsPointDown,
  noImportCircles,
  ...codeRules,
  ...treeRules,
  everyEventHasSamples,
  everySampleParses,
];

const tree = readTree(join(import.meta.dirname, '..'));

describe('in this tree', () => {
  for (const rule of rules) {
    test(rule.name, () => {
      const findings = report(rule, tree);
      if (findings.length > 0) throw new Error(`${findings.length} found\n${findings.join('\n')}`);
    });
  }
});

describe('a rule fires on what it is against, and on nothing else:', () => {
  for (const rule of rules) {
    test(rule.name, () => {
      expect(rule.offenders.length).toBeGreaterThan(0);
      for (const offender of rule.offenders)
        expect({ offender, found: report(rule, plant(offender)).length > 0 }).toEqual({ offender, found: true });
      expect(report(rule, plant(rule.innocent))).toEqual([]);
    });
  }

  test('a finding names the file, the line, what stands there and what to do instead', () => {
    const planted = plant({ 'src/deciders/qr.ts': "import { a } from './a.ts';\n\nexport const now = Date.now();\n" });
    const purity = rules.find(rule => rule.name.includes('pure'));
    expect(purity && report(purity, planted)).toEqual([`src/deciders/qr.ts:3 Date.now — ${purity?.instead}`]);
  });
});

describe('reading a source', () => {
  test('comments, strings, templates and regular expressions are blanked, code and lines stay', () => {
    const text = [
      "const a = 'await'; // await",
      `const b = \`await \${await c({ d: \`await\` })} await\`;`,
      'const e = /await["`]/g.test(x) ? 1 / 2 / await : 0;',
      '/* await',
      ' await */ await f;',
      'const g = "\\"await"; const h = x[0] / await / 3;',
    ].join('\n');
    const code = blank(text);
    expect(code.length).toBe(text.length);
    expect(code.split('\n').map(line => line.match(/await/g)?.length ?? 0)).toEqual([0, 1, 1, 0, 1, 1]);
  });

  test('every kind of import is seen, with its line and whether it is for types only', () => {
    const text = [
      "import './a.ts';",
      "import b, { type B } from '../b.ts';",
      "import type { C } from 'c';",
      'import {\n  type D,\n  type E,\n} from "d";',
      "export * from './e.ts';",
      "export const from = 'x'; const f = import('./f.ts');",
      "// import './g.ts'",
      "const h = `import './h.ts'`;",
    ].join('\n');
    expect(source('src/x/y.ts', text).imports.map(({ target, typeOnly, line }) => [target, typeOnly, line])).toEqual([
      ['src/x/a.ts', false, 1],
      ['src/b.ts', false, 2],
      ['c', true, 3],
      ['d', true, 7],
      ['src/x/e.ts', false, 8],
      ['src/x/f.ts', false, 9],
    ]);
  });
});
