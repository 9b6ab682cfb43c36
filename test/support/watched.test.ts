import { afterAll, expect, test } from 'bun:test';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { watched } from './watched.ts';

const folder = mkdtempSync(join(tmpdir(), 'indelible-watched-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const log = join(folder, 'log');

test('a command that ends gives its status and its output', async () => {
  const watch = { cwd: folder, env: process.env, log, silenceMs: 30_000, limitMs: 30_000 };
  expect(await watched(['sh', '-c', 'echo one; echo two >&2; exit 3'], watch)).toEqual({ status: 3 });
  expect(readFileSync(log, 'utf8')).toBe('one\ntwo\n');
});

test('a command that falls silent is ended with all it started, and the processes are told', async () => {
  const watch = { cwd: folder, env: process.env, log, silenceMs: 400, limitMs: 30_000 };
  const { status, hung } = await watched(['sh', '-c', 'echo begun; sleep 4711 & wait'], watch);
  expect(status).toBe(137);
  expect(hung).toContain('sleep 4711');
  expect(readFileSync(log, 'utf8')).toBe('begun\n');
});

test('a command that is slow, but says so, goes on', async () => {
  const watch = { cwd: folder, env: process.env, log, silenceMs: 1000, limitMs: 30_000 };
  const { status } = await watched(['sh', '-c', 'for i in 1 2 3 4 5; do echo $i; sleep 0.4; done'], watch);
  expect(status).toBe(0);
});

test('a command that talks without end is ended too', async () => {
  const watch = { cwd: folder, env: process.env, log, silenceMs: 1000, limitMs: 1500 };
  const { status, hung } = await watched(['sh', '-c', 'while :; do echo on; sleep 0.1; done'], watch);
  expect(status).toBe(137);
  expect(hung).toContain('echo on');
});

test('a command that is not there is an error', async () => {
  const watch = { cwd: folder, env: process.env, log, silenceMs: 1000, limitMs: 30_000 };
  await expect(watched([join(folder, 'none')], watch)).rejects.toThrow('ENOENT');
});
