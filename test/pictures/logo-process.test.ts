import { afterAll, expect, test } from 'bun:test';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { attacks, noise } from '../support/logo-attacks.ts';
import { bytes, plainSvg } from '../support/logos.ts';

const root = join(import.meta.dirname, '../..');
const scratch = mkdtempSync(join(tmpdir(), 'logos-'));
afterAll(() => rmSync(scratch, { recursive: true }));

interface Result {
  readonly outcome: string;
  readonly ms: number;
  readonly ownKiB: number;
  readonly childKiB: number;
}

/** Runs the program of test/support on files, in a process of its own. */
async function measured(runtime: 'bun' | 'deno', files: readonly Uint8Array[]): Promise<Result[]> {
  const paths = files.map((file, i) => {
    const path = join(scratch, `${i}`);
    writeFileSync(path, file);
    return path;
  });
  const program = [join(root, 'test/support/logo-program.ts'), ...paths];
  const child =
    runtime === 'bun'
      ? spawn(process.execPath, program, { cwd: root })
      : spawn(join(root, 'node_modules/deno/deno'), ['run', '-A', ...program], { cwd: root });
  let output = '';
  let errors = '';
  child.stdout.setEncoding('utf8').on('data', text => (output += text));
  child.stderr.setEncoding('utf8').on('data', text => (errors += text));
  const [status] = await once(child, 'close');
  if (status !== 0) throw new Error(`the program failed: ${errors}`);
  return output
    .trim()
    .split('\n')
    .map(line => JSON.parse(line));
}

test.each(['bun', 'deno'] as const)(
  'every attack is refused for what it is, in little memory, and good logos before and after are taken (on %s)',
  async runtime => {
    const good = bytes(plainSvg);
    const names = Object.keys(attacks);
    const results = await measured(runtime, [good, ...Object.values(attacks).map(([, file]) => file), good, noise]);
    const outcomes = results.map(({ outcome }) => outcome);
    expect([outcomes[0], ...outcomes.slice(-2)]).toEqual(['1024x1024', '1024x1024', '700x700']);
    expect(Object.fromEntries(names.map((name, i) => [name, outcomes[i + 1]]))).toEqual(
      Object.fromEntries(names.map(name => [name, attacks[name]![0]])),
    );
    if (process.env['LOGO_TIMES']) console.table(names.map((name, i) => ({ name, ...results[i + 1] })));
    // Of the process that looks at a file all there is, its runtime too; of the program what came on top.
    expect(Math.max(...results.map(({ childKiB }) => childKiB))).toBeLessThan(192 * 1024);
    expect(results.at(-1)!.ownKiB - results[0]!.ownKiB).toBeLessThan(64 * 1024);
    // What a hang would miss, not a measurement.
    for (const { ms } of results) expect(ms).toBeLessThan(15_000);
  },
  120_000,
);
