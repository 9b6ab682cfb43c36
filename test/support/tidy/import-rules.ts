/**
 * Who may import whom: imports point down only, types included, and never in a circle. The table is read from top to
 * bottom, the first row whose `from` matches a file is its row. A name in `may` that ends in `/` is a folder, one in
 * ALL CAPITALS a set, `type x` a package that may be imported for its types only.
 */
import type { Finding, Rule } from './rule.ts';
import type { Import, Tree } from './source.ts';

const BASE = 'problem schema-faults config worker runtime ids log lock parquet waiters slices young-garbage'
  .split(' ')
  .map(name => `src/${name}.ts`)
  .concat('events/');
const RULES = [...BASE, 'src/decider.ts', 'src/content/', 'src/deciders/', 'src/routing/'];
const ENGINE = [...RULES, 'src/store/', 'src/execute.ts', 'src/stream/'];
/** `NPM` is any package, `NODE` any `node:` module. */
const OUTSIDE = ['NPM', 'NODE'];

/** Row: files, what they may import besides files of their own folder. */
const table: readonly { from: readonly string[]; may: readonly string[]; butNot?: readonly string[] }[] = [
  { from: ['events/'], may: ['@sinclair/typebox'] },
  { from: ['projections/'], may: ['events/', 'type postgres'] },
  // The one place for what only Bun has.
  { from: ['src/runtime.ts'], may: [...BASE, ...OUTSIDE, 'bun'] },
  { from: BASE, may: [...BASE, ...OUTSIDE] },
  { from: ['src/decider.ts'], may: [...BASE, 'NPM'] },
  { from: ['src/content/'], may: [...BASE, 'src/deciders/destination.ts', ...OUTSIDE] },
  { from: ['src/routing/'], may: [...BASE] },
  { from: ['src/deciders/'], may: [...BASE, 'src/decider.ts', 'src/content/', 'NPM'] },
  { from: ['src/render/'], may: [...BASE, ...OUTSIDE] },
  { from: ['src/pictures/'], may: [...BASE, 'src/render/', ...OUTSIDE] },
  { from: ['src/store/'], may: [...BASE, 'src/decider.ts', ...OUTSIDE] },
  { from: ['src/execute.ts', 'src/stream/'], may: [...ENGINE, ...OUTSIDE] },
  {
    from: ['src/catching-up.ts', 'src/follower.ts', 'src/projector.ts'],
    may: [...ENGINE, 'src/catching-up.ts', 'src/follower.ts', 'projections/', ...OUTSIDE],
  },
  { from: ['src/proofs/'], may: [...BASE, 'src/store/', ...OUTSIDE] },
  { from: ['src/redirect/'], may: [...ENGINE, 'src/projector.ts', 'projections/', 'src/render/', ...OUTSIDE] },
  { from: ['src/webhooks/'], may: [...ENGINE, 'src/projector.ts', 'projections/', ...OUTSIDE] },
  // The router chooses between the two planes, and both mean the same by an address.
  {
    from: ['src/http/router.ts', 'src/http/addresses.ts'],
    may: [...BASE, 'src/deciders/', 'src/http/', 'src/redirect/', ...OUTSIDE],
  },
  {
    from: ['src/http/'],
    may: [
      ...[
        ...ENGINE,
        'src/projector.ts',
        'projections/',
        'src/proofs/',
        'src/webhooks/',
        'src/render/',
        'src/pictures/',
      ],
      ...OUTSIDE,
    ],
    butNot: ['src/store/'],
  },
  /** Compositions: main and the command lines stand above everything but the tests. */
  { from: ['src/'], may: ['src/', 'events/', 'projections/', ...OUTSIDE] },
  { from: ['test/'], may: ['src/', 'events/', 'projections/', 'test/', 'package.json', ...OUTSIDE, 'bun'] },
];

const matches = (name: string, path: string): boolean => (name.endsWith('/') ? path.startsWith(name) : path === name);

/** The set or the words in the table that stand for an import of something outside the tree. */
function isGranted(may: readonly string[], { target, typeOnly }: Import): boolean {
  const name = target.startsWith('@') ? target.split('/').slice(0, 2).join('/') : (target.split('/')[0] ?? '');
  if (name.startsWith('node:')) return may.includes('NODE');
  if (name === 'bun' || name.startsWith('bun:')) return may.includes('bun');
  return may.includes(name) || may.includes('NPM') || (typeOnly && may.includes(`type ${name}`));
}

/** What is wrong with one import, or nothing. */
function objection(path: string, item: Import): string | undefined {
  const row = table.find(({ from }) => from.some(name => matches(name, path)));
  if (row === undefined) return undefined;
  if (!item.relative) return isGranted(row.may, item) ? undefined : `may not import ${item.specifier}`;
  if (!/\.(ts|json)$/.test(item.target)) return `imports ${item.specifier} without its .ts`;
  const own = row.from.filter(name => name.endsWith('/') && name !== 'src/');
  const granted = [...row.may, ...own].some(name => matches(name, item.target));
  const refused = row.butNot?.some(name => matches(name, item.target)) ?? false;
  return granted && !refused ? undefined : `may not import ${item.target}`;
}

export const importsPointDown: Rule = {
  name: 'imports point down only: events → base → deciders, render, store → execute, stream → http and its like → main',
  instead: 'let a higher layer pass it in, or move what both need down (table: test/support/tidy/import-rules.ts)',
  check: tree =>
    tree.sources.flatMap(({ path, imports }) =>
      imports.flatMap(item => {
        const what = objection(path, item);
        return what === undefined ? [] : [{ path, line: item.line, what }];
      }),
    ),
  offenders: [
    { 'events/qr.ts': "import { connect } from 'nats';" },
    { 'events/qr.ts': "import type { Config } from '../src/config.ts';" },
    { 'projections/qrs.ts': "import postgres from 'postgres';" },
    { 'projections/qrs.ts': "import { evolve } from '../src/deciders/qr.ts';" },
    { 'src/config.ts': "import { execute } from './execute.ts';" },
    { 'src/deciders/qr.ts': "import { readFileSync } from 'node:fs';" },
    { 'src/deciders/qr.ts': "export type { Ledger } from '../store/ledger.ts';" },
    { 'src/store/ledger.ts': "const { app } = await import('../http/app.ts');" },
    { 'src/http/qrs.ts': "import { type Ledger } from '../store/ledger.ts';" },
    { 'src/main.ts': "import { until } from '../test/support/until.ts';" },
    { 'src/main.ts': "import { config } from './config';" },
    { 'src/redirect/cache.ts': "import { file } from 'bun';" },
  ],
  innocent: {
    'events/qr.ts': "import { Type } from '@sinclair/typebox';\nimport { Data } from './envelope.ts';",
    'projections/qrs.ts': "import type { Sql } from 'postgres';\nimport type { QrFact } from '../events/qr.ts';",
    'src/execute.ts': "import type { Ledger } from './store/ledger.ts';\nimport { qr } from './deciders/qr.ts';",
    'src/http/qrs.ts': "import { Elysia } from 'elysia';\nimport { qrs } from '../../projections/qrs.ts';",
    'src/main.ts': "import { ledger } from './store/ledger.ts';\n// import '../test/x.ts'",
    'test/main.test.ts': "import { expect } from 'bun:test';\nimport { main } from '../src/main.ts';",
  },
};

/** Every circle of imports, once, found by walking down from each file. */
function circles(tree: Tree): Finding[] {
  const below = new Map(tree.sources.map(({ path, imports }) => [path, imports.filter(item => item.relative)]));
  const finished = new Set<string>();
  const findings: Finding[] = [];
  const walk = (path: string, trail: readonly string[]): void => {
    for (const { target, line } of below.get(path) ?? []) {
      const start = [...trail, path].indexOf(target);
      if (start >= 0) {
        findings.push({
          path,
          line,
          what: `closes a circle: ${[...trail, path].slice(start).join(' → ')} → ${target}`,
        });
      } else if (!finished.has(target)) walk(target, [...trail, path]);
    }
    finished.add(path);
  };
  for (const path of below.keys()) if (!finished.has(path)) walk(path, []);
  return findings;
}

export const noImportCircles: Rule = {
  name: 'imports never go in a circle',
  instead: 'move what both files need into a third one below them',
  check: circles,
  offenders: [
    { 'src/a.ts': "import { b } from './b.ts';", 'src/b.ts': "import type { A } from './a.ts';" },
    {
      'src/a.ts': "import './b.ts';",
      'src/b.ts': "export * from './c.ts';",
      'src/c.ts': "const a = await import('./a.ts');",
    },
  ],
  innocent: {
    'src/a.ts': "import { b } from './b.ts';\nimport { c } from './c.ts';",
    'src/b.ts': "import { c } from './c.ts';",
    'src/c.ts': 'export const c = 1;',
  },
};
