/**
 * What `bun run test` runs: what tests need from the system is made sure of, then the check, then every test, and the HTTP tests once more
 * against the program on Deno, in several processes, since most of a test is waiting. It promises that its last line is
 * `N passed, N failed`, and that its exit status is 0 only when everything passed and something ran: a suite that broke
 * before its first test counts as failed, never as absent.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { ensureCommand } from './support/install.ts';
import { ensureNatsServer } from './support/install-nats.ts';
import { type Counts, countsOf, failuresOf } from './support/junit.ts';
import { ensurePostgres } from './support/postgres-tools.ts';
import { watched } from './support/watched.ts';

const root = join(import.meta.dirname, '..');
/** For one test: Postgres and NATS are started within it on two cores that others keep busy, too. */
const testTimeoutMs = 120_000;
/** A process that tests may print nothing for so long; then it hangs, for every test has a timeout below this. */
const silenceMs = 300_000;
/** And it may take so long: ten times what it does. */
const limitMs = 20 * 60_000;
/** Commands that tests use and the packages they come in. */
const packages = [
  ['pdftoppm', 'poppler-utils'],
  ['unzip', 'unzip'],
] as const;
/** Two leave the cores idle now and then: a run that takes 11 minutes with them takes 10 with three. */
const atOnce = 3;
/** How many files the parts have of each 30, the last ones few, so that no core waits long for the other at the end. */
const shares = [5, 5, 4, 4, 3, 3, 2, 2, 1, 1] as const;

/** What failed or hung, told again at the end: the log before it is long. */
const remarks: string[] = [];

/** The environment of a command of this same Bun: scripts say `bun`, `tsc` and `biome`, and under npx none need be on PATH. */
const environment = (env: Readonly<Record<string, string>> = {}) => ({
  ...process.env,
  PATH: [dirname(process.execPath), join(root, 'node_modules/.bin'), process.env['PATH']].join(delimiter),
  ...env,
});

async function check(): Promise<Counts> {
  console.log('\n# check');
  const child = Bun.spawn([process.execPath, 'run', 'check'], {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
    env: environment(),
  });
  const status = await child.exited;
  if (status !== 0) remarks.push(`check: ended with status ${status}`);
  return { passed: 0, failed: status === 0 ? 0 : 1 };
}

/** Files that one process tests, after another, and what surrounds them. */
interface Job {
  readonly title: string;
  readonly files: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/**
 * Tests files, counts them, and tells all of it when it is done: what runs at once is not told at once. A process that
 * hangs says nothing about its tests, so they are tried once more; that it hung is told at the end in any case.
 */
async function pass(job: Job, isSecondTry = false): Promise<Counts> {
  const { title, files, env } = job;
  const scratch = mkdtempSync(join(tmpdir(), 'indelible-test-'));
  const [outfile, log] = [join(scratch, 'junit.xml'), join(scratch, 'log')];
  const reporter = ['--reporter=junit', `--reporter-outfile=${outfile}`];
  const { status, hung } = await watched(
    [process.execPath, 'test', `--timeout=${testTimeoutMs}`, ...reporter, ...files.map(file => `./${file}`)],
    { cwd: root, env: environment(env), log, silenceMs, limitMs },
  );
  const [report, said] = [readIfThere(outfile), readFileSync(log, 'utf8')];
  rmSync(scratch, { recursive: true, force: true });
  console.log(`\n# ${title}\n${said}`);
  if (hung !== undefined) {
    remarks.push(
      `${title}: was silent for ${silenceMs / 1_000} s or took more than ${limitMs / 60_000} minutes, after:\n${said.slice(-2_000)}\n${hung}`,
    );
    if (!isSecondTry) return pass(job, true);
  }
  const { counts, remarks: gaps } = countsOf(report, files, status);
  remarks.push(...[...gaps, ...failuresOf(report)].map(line => `${title}: ${line}`));
  return counts;
}

const testFiles = (folder: string): string[] =>
  readdirSync(root)
    .filter(name => name === 'test')
    .flatMap(name => readdirSync(join(root, name), { recursive: true }).map(path => `${name}/${path}`))
    .filter(path => path.startsWith(folder) && path.endsWith('.test.ts'))
    .sort();

/** All others are the same whatever the program runs on. */
const startsProgram = (file: string): boolean => /(start|shared)Program/.test(readFileSync(join(root, file), 'utf8'));

/** Whose turn it is to take a file: each part has one after another until it has its share. */
const turns = Array.from({ length: Math.max(...shares) }, (_, round) =>
  shares.flatMap((share, part) => (share > round ? [part] : [])),
).flat();

/**
 * The jobs of a run, the longest first. Neighbours in the tree are alike in their cost, so they go to different processes.
 */
function jobs(env: Readonly<Record<string, string>>): Job[] {
  const files = testFiles('test/');
  const parts = shares.map((_, part) => ({
    title: `tests, part ${part + 1} of ${shares.length}`,
    files: files.filter((_, i) => turns[i % turns.length] === part),
    env,
  }));
  const onDeno = { title: 'the HTTP tests, against Deno', files: testFiles('test/http/').filter(startsProgram), env };
  return [{ ...onDeno, env: { ...env, SERVER_RUNTIME: 'deno' } }, ...parts].filter(job => job.files.length > 0);
}

/** Does the jobs in order, `atOnce` of them at a time. */
async function all(waiting: Job[]): Promise<Counts[]> {
  const counts: Counts[] = [];
  const one = async () => {
    for (let job = waiting.shift(); job; job = waiting.shift()) counts.push(await pass(job));
  };
  await Promise.all(Array.from({ length: atOnce }, one));
  return counts;
}

function readIfThere(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

/** All of it, in order; a failed check does not keep the tests from telling what they know. */
async function run(): Promise<Counts> {
  // Before the tests, since two package managers at once would be in each other's way.
  for (const [command, name] of packages) ensureCommand(command, name);
  ensurePostgres();
  const env = { NATS_SERVER: await ensureNatsServer() };
  const counts = [await check(), ...(await all(jobs(env)))];
  return {
    passed: counts.reduce((sum, { passed }) => sum + passed, 0),
    failed: counts.reduce((sum, { failed }) => sum + failed, 0),
  };
}

const { passed, failed } = await run().catch((error: unknown): Counts => {
  remarks.push(error instanceof Error ? error.message : String(error));
  return { passed: 0, failed: 1 };
});
for (const remark of remarks) console.log(remark);
console.log(`\n${passed} passed, ${failed} failed`);
process.exit(failed === 0 && passed > 0 ? 0 : 1);
