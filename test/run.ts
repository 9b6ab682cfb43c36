/**
 * What `bun run test` runs: nats-server is made sure of, then the check, then every test, then the HTTP tests once more
 * against the program on Deno. It promises that its last line is `N passed, N failed`, and that its exit status is 0 only
 * when everything passed and something ran: a suite that broke before its first test counts as failed, never as absent.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { ensureNatsServer } from './support/install-nats.ts';
import { type Counts, countsOf, failuresOf } from './support/junit.ts';

const root = join(import.meta.dirname, '..');
/** For one test: Postgres and NATS are started within it on two busy cores. */
const testTimeoutMs = 60_000;

/** What failed, told again at the end: the log before it is long. */
const failures: string[] = [];

/** Runs a command of this same Bun at the repository's root, with its output through; gives the exit status. */
async function bun(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<number> {
  const child = Bun.spawn([process.execPath, ...args], {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
    env: {
      ...process.env,
      // Scripts say `bun`, `tsc` and `biome`: under npx none of them need be on PATH.
      PATH: [dirname(process.execPath), join(root, 'node_modules/.bin'), process.env['PATH']].join(delimiter),
      ...env,
    },
  });
  return await child.exited;
}

async function check(): Promise<Counts> {
  console.log('\n# check');
  const status = await bun(['run', 'check']);
  if (status !== 0) failures.push(`check: ended with status ${status}`);
  return { passed: 0, failed: status === 0 ? 0 : 1 };
}

/** Runs the tests below a folder and counts them. */
async function pass(title: string, folder: string, env: Readonly<Record<string, string>>): Promise<Counts> {
  console.log(`\n# ${title}`);
  const files = testFiles(folder);
  const scratch = mkdtempSync(join(tmpdir(), 'indelible-test-'));
  const outfile = join(scratch, 'junit.xml');
  const reporter = ['--reporter=junit', `--reporter-outfile=${outfile}`];
  const status = await bun(['test', `--timeout=${testTimeoutMs}`, ...reporter, ...files.map(file => `./${file}`)], env);
  const report = readIfThere(outfile);
  const { counts, remarks } = countsOf(report, files, status);
  failures.push(...[...remarks, ...failuresOf(report)].map(line => `${title}: ${line}`));
  rmSync(scratch, { recursive: true, force: true });
  return counts;
}

const testFiles = (folder: string): string[] =>
  readdirSync(root)
    .filter(name => name === 'test')
    .flatMap(name => readdirSync(join(root, name), { recursive: true }).map(path => `${name}/${path}`))
    .filter(path => path.startsWith(folder) && path.endsWith('.test.ts'))
    .sort();

function readIfThere(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

/** All of it, in order; a failed check does not keep the tests from telling what they know. */
async function run(): Promise<Counts> {
  const env = { NATS_SERVER: await ensureNatsServer() };
  const counts = [await check(), await pass('every test', 'test/', env)];
  if (testFiles('test/http/').length > 0) {
    counts.push(await pass('the HTTP tests, against Deno', 'test/http/', { ...env, SERVER_RUNTIME: 'deno' }));
  }
  return {
    passed: counts.reduce((sum, { passed }) => sum + passed, 0),
    failed: counts.reduce((sum, { failed }) => sum + failed, 0),
  };
}

const { passed, failed } = await run().catch((error: unknown): Counts => {
  failures.push(error instanceof Error ? error.message : String(error));
  return { passed: 0, failed: 1 };
});
for (const failure of failures) console.log(failure);
console.log(`\n${passed} passed, ${failed} failed`);
process.exit(failed === 0 && passed > 0 ? 0 : 1);
