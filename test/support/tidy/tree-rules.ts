/**
 * How files are named, sized and placed: what a stranger relies on when looking for something. Sizes and names keep
 * files small and findable, mirrored paths say where a thing is tested, and the README's codemap may not drift from the
 * folders it describes.
 */
import type { Finding, Rule } from './rule.ts';
import type { Tree } from './source.ts';

/** The wall; the budget is 40 to 160. */
const linesMax = 250;

/** Source files whose test stands elsewhere than at their own path, and where. */
const testedElsewhere: Readonly<Record<string, string>> = {
  'src/render/drawing.ts': 'test/render/draw.test.ts',
  'src/render/finder.ts': 'test/render/dots.test.ts',
  'src/render/png-file.ts': 'test/render/png.test.ts',
  'src/render/silhouettes.ts': 'test/render/frames.test.ts',
  'src/pictures/image.ts': 'test/pictures/pdf.test.ts',
  'src/pictures/paint.ts': 'test/pictures/pdf.test.ts',
  'src/pictures/print-file.ts': 'test/pictures/pdf.test.ts',
  'src/pictures/shading.ts': 'test/pictures/pdf.test.ts',
  'src/pictures/composition.ts': 'test/pictures/picture-file.test.ts',
  'src/pictures/reader.ts': 'test/pictures/check.test.ts',
  'src/http/address-schemas.ts': 'test/http/openapi.test.ts',
  'src/http/blocklists.ts': 'test/http/domains.test.ts',
  'src/reads.ts': 'test/http/events.test.ts',
  'src/redirect-node.ts': 'test/e2e/outage.test.ts',
  'src/redirect/open.ts': 'test/e2e/outage.test.ts',
  'src/routing/visit.ts': 'test/routing/conditions.test.ts',
  'src/http/routing-schemas.ts': 'test/http/routing.test.ts',
  'src/http/routing-view.ts': 'test/http/routing.test.ts',
  'src/http/code-sets.ts': 'test/http/set-analytics.test.ts',
  'src/http/exclusion-use.ts': 'test/http/exclusions.test.ts',
  'src/http/scan-queries.ts': 'test/http/scan-lists.test.ts',
  'src/http/scan-exports.ts': 'test/http/scan-lists.test.ts',
  'src/http/live-scans.ts': 'test/http/scan-lists.test.ts',
  'src/http/scan-routes.ts': 'test/http/openapi.test.ts',
  'src/http/pictures.ts': 'test/http/images.test.ts',
  'src/http/query.ts': 'test/http/images.test.ts',
  'src/http/picture-schemas.ts': 'test/http/openapi.test.ts',
  'src/http/job-schemas.ts': 'test/http/openapi.test.ts',
  'src/http/job-runner.ts': 'test/http/jobs.test.ts',
  'src/http/many-changes.ts': 'test/http/bulk.test.ts',
  'src/store/job-inputs.ts': 'test/http/jobs.test.ts',
  'src/store/refusal.ts': 'test/store/ledger.test.ts',
  'src/jobs.ts': 'test/http/jobs.test.ts',
  'projections/jobs.ts': 'test/http/jobs.test.ts',
  'src/simulator.ts': 'test/http/simulations.test.ts',
  'projections/usage-rows.ts': 'test/projections/usage.test.ts',
  'src/store/allowances.ts': 'test/http/quota.test.ts',
  'src/http/bucket.ts': 'test/http/rate-limiter.test.ts',
  'src/limits.ts': 'test/e2e/two-nodes.test.ts',
  'src/http/account-schemas.ts': 'test/http/openapi.test.ts',
  'src/http/key-schemas.ts': 'test/http/openapi.test.ts',
  'src/http/key-view.ts': 'test/http/keys.test.ts',
  'src/http/openapi-parts.ts': 'test/http/openapi.test.ts',
  'projections/exclusions.ts': 'test/http/exclusions.test.ts',
  'projections/scan-intake.ts': 'test/projections/scan-answers.test.ts',
  'projections/scan-columns.ts': 'test/projections/scan-answers.test.ts',
  'projections/scans.ts': 'test/projections/scan-answers.test.ts',
  'projections/scan-parts.ts': 'test/projections/scan-answers.test.ts',
  'projections/scan-tree.ts': 'test/projections/scan-answers.test.ts',
  'projections/scan-tallies.ts': 'test/projections/scan-sums.test.ts',
  'projections/index.ts': 'test/projections/catalogue.test.ts',
  'src/main.ts': 'test/e2e/',
  'src/http/deps.ts': 'test/http/app.test.ts',
  'src/instance.ts': 'test/e2e/',
  'src/runtime.ts': 'test/e2e/',
  'src/store/archiving.ts': 'test/store/archives.test.ts',
  'src/scans.ts': 'test/e2e/archive.test.ts',
  'src/store/cluster.ts': 'test/store/embedded.test.ts',
  'src/store/carrier.ts': 'test/store/ledger.test.ts',
  'src/store/transaction.ts': 'test/store/connect.test.ts',
  'src/content/lines.ts': 'test/content/calendar.test.ts',
  'src/pictures/logo-refusal.ts': 'test/pictures/logo-svg.test.ts',
  'src/pictures/svg-styles.ts': 'test/pictures/logo-svg.test.ts',
  'src/pictures/svg-values.ts': 'test/pictures/logo-svg.test.ts',
  'src/pictures/png-averages.ts': 'test/pictures/png-reader.test.ts',
  'src/pictures/png-chunks.ts': 'test/pictures/png-reader.test.ts',
  'src/pictures/png-rows.ts': 'test/pictures/png-reader.test.ts',
  'src/pictures/png-writer.ts': 'test/pictures/png-reader.test.ts',
  'src/stream/both.ts': 'test/stream/jetstream.test.ts',
  'src/operation.ts': 'test/org.test.ts',
  'events/upcasts.ts': 'test/projections/corpus.test.ts',
  'src/audit.ts': 'test/audit/verify.test.ts',
  'src/audit/export.ts': 'test/audit/verify.test.ts',
  'src/audit/trust.ts': 'test/audit/verify.test.ts',
  'src/audit/digest.ts': 'test/audit/import.test.ts',
  'src/audit/importer.ts': 'test/audit/import.test.ts',
  'src/audit/entry-event.ts': 'test/audit/import.test.ts',
  'src/audit/position-map.ts': 'test/audit/import.test.ts',
  'src/store/row-comparison.ts': 'test/audit/replay.test.ts',
  'src/audit/tree-check.ts': 'test/audit/ledger-check.test.ts',
  'src/store/inspection.ts': 'test/audit/ledger-check.test.ts',
  'projections/delivery-book.ts': 'test/projections/deliveries.test.ts',
  'projections/delivery-stored.ts': 'test/projections/deliveries.test.ts',
  'projections/delivery-lists.ts': 'test/projections/deliveries.test.ts',
  'projections/delivery-queue.ts': 'test/projections/deliveries.test.ts',
  'src/http/webhook-schemas.ts': 'test/http/openapi.test.ts',
  'src/http/openapi-webhooks.ts': 'test/http/openapi.test.ts',
  'src/http/webhook-view.ts': 'test/http/webhooks.test.ts',
  'src/http/webhook-secrets.ts': 'test/http/webhooks.test.ts',
  'src/webhooks/examples.ts': 'test/webhooks/message.test.ts',
  'src/webhooks/lane.ts': 'test/webhooks/dispatcher.test.ts',
  'src/webhooks/reactor.ts': 'test/webhooks/dispatcher.test.ts',
  'src/stream/open.ts': 'test/stream/program.test.ts',
};

/** All that may stand at the top level, besides names that begin with a dot. */
const topLevel = new Set(
  'src events projections test bunfig.toml package.json tsconfig.json compose.yaml README.md bun.lock biome.json LICENSE node_modules'.split(
    ' ',
  ),
);

const sources = (tree: Tree, pattern: RegExp) => tree.sources.filter(({ path }) => pattern.test(path));
const lines = (count: number): string => 'export const a = 1;\n'.repeat(count);
const opening = '/**\n * What it is and promises.\n * Why so.\n */\n';

const size: Rule = {
  name: `no file has more than ${linesMax} lines`,
  instead: 'find the noun in it that wants a file of its own',
  check: tree =>
    sources(tree, /^(?!test\/(bench|samples)\/)/).flatMap(({ path, text }) => {
      const count = text.trimEnd().split('\n').length;
      return count > linesMax ? [{ path, line: linesMax + 1, what: `has ${count} lines` }] : [];
    }),
  offenders: [{ 'src/main.ts': lines(linesMax + 1) }],
  innocent: { 'src/main.ts': lines(linesMax), 'test/bench/run.ts': lines(linesMax + 1) },
};

const names: Rule = {
  name: 'files are named by kebab-case nouns',
  instead: 'name the file after the one thing it holds; index.ts is for the registries of events/ and projections/',
  check: tree =>
    tree.sources.flatMap(({ path }) => {
      const name = path.slice(path.lastIndexOf('/') + 1);
      const isRegistry = path === 'events/index.ts' || path === 'projections/index.ts';
      const isKebab = path.split('/').every(part => /^[a-z0-9]+(-[a-z0-9]+)*(\.(test|d))?(\.ts)?$/.test(part));
      const isVague = /^(utils?|helpers?|common|types|services?|index)(\.test)?\.ts$/.test(name) && !isRegistry;
      return isKebab && !isVague ? [] : [{ path, line: 1, what: `is named ${name}` }];
    }),
  offenders: [
    { 'src/utils.ts': '' },
    { 'src/http/types.ts': '' },
    { 'src/http/index.ts': '' },
    { 'src/qrCode.ts': '' },
    { 'src/qr_code.ts': '' },
    { 'test/Support/until.ts': '' },
  ],
  innocent: { 'events/index.ts': '', 'src/qr-code.ts': '', 'test/render/svg.test.ts': '' },
};

const openings: Rule = {
  name: 'every file says at its top what it is, what it promises and why so',
  instead: 'open it with a /** comment of two to five sentences on at least two lines, before the imports',
  check: tree =>
    sources(tree, /^(src|projections|events)\//).flatMap(({ path, text }) => {
      const comment = /^\/\*\*([\s\S]*?)\*\//.exec(text)?.[1] ?? '';
      const count = comment.split('\n').filter(line => /\w/.test(line)).length;
      return count >= 2 ? [] : [{ path, line: 1, what: `opens with ${count} lines of comment` }];
    }),
  offenders: [{ 'src/main.ts': 'export const main = 1;' }, { 'events/qr.ts': '/** One line. */\nexport const a = 1;' }],
  innocent: { 'src/main.ts': `${opening}export const main = 1;`, 'test/main.test.ts': 'test();' },
};

const mirrored: Rule = {
  name: 'every source file has its test at the same path',
  instead: 'write it there, or name the test that covers it in testedElsewhere of test/support/tidy/tree-rules.ts',
  check: tree => {
    const tests = Object.keys(tree.files).filter(path => path.endsWith('.test.ts'));
    return sources(tree, /^(src|projections)\//).flatMap(({ path }) => {
      const wanted = testedElsewhere[path] ?? `test/${path.replace(/^src\//, '').replace(/\.ts$/, '.test.ts')}`;
      const isThere = tests.some(test => (wanted.endsWith('/') ? test.startsWith(wanted) : test === wanted));
      return isThere ? [] : [{ path, line: 1, what: `has no test at ${wanted}` }];
    });
  },
  offenders: [
    { 'src/render/svg.ts': '', 'test/svg.test.ts': '' },
    { 'projections/qrs.ts': '', 'test/qrs.test.ts': '' },
    { 'src/main.ts': '', 'test/e2e/story.ts': '' },
  ],
  innocent: {
    'src/render/svg.ts': '',
    'test/render/svg.test.ts': '',
    'projections/qrs.ts': '',
    'test/projections/qrs.test.ts': '',
    'src/main.ts': '',
    'test/e2e/story.test.ts': '',
  },
};

const top: Rule = {
  name: 'the top level holds what a newcomer needs and nothing else',
  instead: 'move it into src, events, projections or test, or delete it',
  check: tree =>
    tree.entries
      .filter(name => !name.startsWith('.') && !topLevel.has(name))
      .map(path => ({ path, line: 1, what: 'stands at the top level' })),
  offenders: [{ 'scripts/build.ts': '' }, { 'notes.md': '' }],
  innocent: { 'src/main.ts': '', 'README.md': '', '.ci/run': '' },
};

/** The folders a reader has to know: the four at the top and those of the engine. */
function foldersOf(tree: Tree): Set<string> {
  const folders = tree.sources.map(({ path }) => /^(?:src\/[^/]+\/|[^/]+\/)(?=.)/.exec(path)?.[0] ?? '');
  return new Set([...folders, ...(folders.some(folder => folder.startsWith('src/')) ? ['src/'] : [])]);
}

const codemap: Rule = {
  name: "the README's codemap names the folders that exist, all of them and no other",
  instead: 'under `## Codemap`, name every folder in backticks with a slash at its end, as in `src/store/`',
  check: tree => {
    const readme = tree.files['README.md'];
    if (readme === undefined) return [{ path: 'README.md', line: 1, what: 'is missing' }];
    const start = readme.search(/^## Codemap\s*$/m);
    if (start < 0) return [{ path: 'README.md', line: 1, what: 'has no section `## Codemap`' }];
    const section = readme.slice(start).split(/^## (?!Codemap)/m)[0] ?? '';
    const line = readme.slice(0, start).split('\n').length;
    const named = new Set([...section.matchAll(/`([\w./-]+\/)`/g)].map(match => match[1] ?? ''));
    const isThere = (folder: string) => Object.keys(tree.files).some(path => path.startsWith(folder));
    const finding = (what: string): Finding => ({ path: 'README.md', line, what });
    return [
      ...[...foldersOf(tree)]
        .filter(folder => !named.has(folder))
        .map(folder => finding(`does not name \`${folder}\``)),
      ...[...named]
        .filter(folder => !isThere(folder))
        .map(folder => finding(`names \`${folder}\`, which is not there`)),
    ];
  },
  offenders: [
    { 'src/main.ts': '' },
    { 'README.md': '# Indelible', 'src/main.ts': '' },
    { 'README.md': '## Codemap\n`src/`\n## Next\n`src/store/`', 'src/store/ledger.ts': '' },
    { 'README.md': '## Codemap\n`src/` `src/gone/`', 'src/main.ts': '' },
  ],
  innocent: {
    'README.md':
      '# Indelible\n## Codemap\n- `src/` the engine, `src/store/` the ledger, `src/store/migrations/`\n## Next',
    'src/main.ts': '',
    'src/store/migrations/first.ts': '',
  },
};

export const treeRules: readonly Rule[] = [size, names, openings, mirrored, top, codemap];
