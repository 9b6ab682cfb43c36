/**
 * What may stand in code, and where. Pure folders know no clock, no chance and no waiting; the environment, the runtime
 * and the network have one door each; a test waits on a signal and is never switched off. Words in comments and strings
 * don't count, except for left-over marks, which mostly stand in comments.
 */
import { never, places, type Rule } from './rule.ts';

const isTest = (path: string): boolean => path.startsWith('test/');
const isPure = (path: string): boolean => /^(events|src\/content|src\/deciders|src\/render|src\/routing)\//.test(path);

const purity = never({
  name: 'events, contents, deciders and pictures are pure',
  instead: 'let time, ids and data come in as arguments; waiting belongs in the layer that calls',
  where: isPure,
  pattern:
    /\b(?:await|async)\b|\bDate\.now\b|\bnew Date\s*\(|\bMath\.random\b|\bcrypto\.(?:random|getRandom)\w*|(?<!\.)\bprocess\./,
  offenders: [
    { 'src/deciders/qr.ts': 'export const decide = () => Date.now();' },
    { 'src/deciders/qr.ts': 'export const decide = () => new Date();' },
    { 'src/deciders/qr.ts': 'export const decide = () => Math.random();' },
    { 'src/deciders/qr.ts': 'export const decide = () => crypto.randomUUID();' },
    { 'src/content/calendar.ts': 'export const stamp = () => Date.now();' },
    { 'src/render/svg.ts': 'export const svg = async () => 1;' },
    { 'src/render/svg.ts': 'await 1;' },
    { 'events/qr.ts': 'export const node = process.pid;' },
  ],
  innocent: {
    'src/deciders/qr.ts': "// await nobody\nexport const text = 'new Date() ' + `Math.random()`;",
    'src/execute.ts': 'export const now = async () => Date.now();',
  },
});

const environment = never({
  name: 'the environment is read in one place',
  instead: 'read it in src/config.ts and pass the value in',
  where: path => path !== 'src/config.ts' && !isTest(path),
  pattern: /\bprocess\s*\.\s*env\b|\bDeno\s*\.\s*env\b|\bBun\s*\.\s*env\b|\bimport\.meta\.env\b/,
  offenders: [
    { 'src/main.ts': "const port = process.env['PORT'];" },
    { 'src/http/app.ts': "const port = Deno.env.get('PORT');" },
  ],
  innocent: { 'src/config.ts': 'export const env = process.env;', 'test/main.test.ts': 'process.env;' },
});

const runtime = never({
  name: 'what only Bun or only Deno has stands in one file',
  instead: 'use a Web or node: API, or add it to src/runtime.ts with its fallback beside it',
  where: path => path !== 'src/runtime.ts' && !isTest(path),
  pattern: /\b(?:Bun|Deno)\s*(?:\?\.|[.[])/,
  offenders: [{ 'src/main.ts': 'Bun.serve({});' }, { 'src/main.ts': 'globalThis.Deno?.serve({});' }],
  innocent: { 'src/runtime.ts': 'Bun.serve({});', 'src/main.ts': "// Bun.serve\nconst name = 'Bun.serve';" },
});

/** A method or function of that name is not a call: what opens or parts a body stands before it, `{` or `:` after. */
const isDefinition = (code: string, at: number): boolean => {
  let depth = 0;
  let end = code.indexOf('(', at);
  do {
    if (code[end] === '(') depth++;
    if (code[end] === ')') depth--;
    end++;
  } while (depth > 0 && end < code.length);
  return /(?:[{},;]|\basync|\bfunction)\s*$/.test(code.slice(0, at)) && /^\s*[{:]/.test(code.slice(end));
};

const outgoing: Rule = {
  name: 'nothing but a test calls the global fetch',
  instead: 'its address check can be bypassed on Bun: use node:https with a guarded lookup, as webhooks do',
  check: tree =>
    tree.sources
      .filter(source => !isTest(source.path))
      .flatMap(source => {
        const calls = source.code.replace(/(?<![.\w$#])fetch\s*\(/g, (call, at: number) =>
          isDefinition(source.code, at) ? ' '.repeat(call.length) : call,
        );
        return places(source, /(?<![.\w$#])fetch\s*\(|\bglobalThis\.fetch\b/, calls);
      }),
  offenders: [
    { 'src/webhooks/dispatcher.ts': 'const answer = await fetch(url);' },
    { 'src/webhooks/dispatcher.ts': 'const answer = ready ? fetch(url) : null;' },
    { 'src/webhooks/dispatcher.ts': 'export const send = globalThis.fetch;' },
  ],
  innocent: {
    'src/http/app.ts': 'export const app = { async fetch(request: Request) { return app.fetch(request); } };',
    'src/main.ts':
      'interface App { fetch(request: Request): Promise<Response>; }\nfunction fetch(): number { return 1; }',
    'test/main.test.ts': 'await fetch(url);',
  },
};

const defaultExports = never({
  name: 'nothing is exported as default',
  instead: 'export it by its name',
  where: () => true,
  pattern: /\bexport\s+default\b|\bas\s+default\b/,
  offenders: [{ 'src/main.ts': 'export default 1;' }, { 'src/main.ts': 'export { main as default };' }],
  innocent: { 'src/main.ts': "export const text = 'export default';" },
});

const leftOvers = never({
  name: 'no left-over marks',
  instead: 'do it now, or write it down as an issue',
  where: () => true,
  text: 'whole',
  pattern: new RegExp(`\\b(?:${['TO' + 'DO', 'FIX' + 'ME', 'X'.repeat(3)].join('|')})\\b`),
  offenders: [{ 'src/main.ts': `// ${'TO'}${'DO'}: later` }, { 'test/main.test.ts': `/* ${'FIX'}${'ME'} */` }],
  innocent: { 'src/main.ts': '// a to-do list' },
});

const switchedOff = never({
  name: 'no test is switched off or singled out',
  instead: 'let it run; a test that cannot pass is a bug or is wrong',
  where: isTest,
  pattern: /\.(?:only|skip|todo|failing)(?:\s*\(|\.each|\.if)|\b(?:skipIf|todoIf)\s*\(|\b(?:xit|xtest|xdescribe)\s*\(/,
  offenders: [
    { 'test/main.test.ts': "test.only('x', () => {});" },
    { 'test/main.test.ts': "describe.skip('x', () => {});" },
    { 'test/main.test.ts': "test.todo('x');" },
    { 'test/main.test.ts': "test.skipIf(true)('x', () => {});" },
  ],
  innocent: { 'test/main.test.ts': "test('x.only()', () => {});", 'src/main.ts': 'list.skip(2);' },
});

const sleeps = never({
  name: 'no test sleeps',
  instead: 'wait on a signal, or use until() of test/support/until.ts, which stops as soon as it holds',
  where: path => isTest(path) && path !== 'test/support/until.ts' && !path.startsWith('test/bench/'),
  pattern:
    /\bnew Promise\b(?:<[^>]*>)?\s*\(\s*\(?(\w+)[^=;]*=>\s*\{?\s*(?:\w+\s+\w+\s*=\s*)?(?:void\s+)?setTimeout\s*\(\s*(?:\(\)\s*=>\s*)?\1\b|\bBun\.sleep(?:Sync)?\b|\bAtomics\.wait\s*\(/,
  offenders: [
    { 'test/main.test.ts': 'await new Promise(resolve => setTimeout(resolve, 100));' },
    { 'test/main.test.ts': 'await new Promise<void>((resolve) => { setTimeout(() => resolve(), 100); });' },
    { 'test/main.test.ts': 'await Bun.sleep(5);' },
  ],
  innocent: {
    'test/support/until.ts': 'await Bun.sleep(5);',
    'test/main.test.ts':
      'await new Promise((resolve, reject) => { setTimeout(() => reject(late), 9); ready(resolve); });',
  },
});

const sleepImports: Rule = {
  name: 'no test imports a timer to sleep with',
  instead: 'wait on a signal, or use until() of test/support/until.ts',
  check: tree =>
    tree.sources
      .filter(({ path }) => isTest(path) && path !== 'test/support/until.ts' && !path.startsWith('test/bench/'))
      .flatMap(({ path, imports }) =>
        imports
          .filter(({ specifier }) => /^(node:)?timers\/promises$/.test(specifier))
          .map(({ line, specifier }) => ({ path, line, what: `imports ${specifier}` })),
      ),
  offenders: [{ 'test/main.test.ts': "import { setTimeout } from 'node:timers/promises';" }],
  innocent: { 'test/main.test.ts': "import { connect } from 'node:net';" },
};

export const codeRules: readonly Rule[] = [
  purity,
  environment,
  runtime,
  outgoing,
  defaultExports,
  leftOvers,
  switchedOff,
  sleeps,
  sleepImports,
];
