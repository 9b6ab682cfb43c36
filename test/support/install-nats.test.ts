import { afterEach, expect, test } from 'bun:test';
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { unpack } from './install-nats.ts';

const folder = mkdtempSync(join(tmpdir(), 'indelible-unpack-'));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** A release in small: one folder with one file. */
function archive(): Uint8Array {
  mkdirSync(join(folder, 'release'), { recursive: true });
  writeFileSync(join(folder, 'release/nats-server'), 'a binary');
  return spawnSync('tar', ['-czf', '-', '-C', folder, 'release']).stdout;
}

test('a release with the expected digest is unpacked without its outer folder', () => {
  const bytes = archive();
  unpack(bytes, createHash('sha256').update(bytes).digest('hex'), join(folder, 'out'));
  expect(readFileSync(join(folder, 'out/nats-server'), 'utf8')).toBe('a binary');
});

test('a release with another digest is refused before anything is unpacked', () => {
  expect(() => unpack(archive(), '0'.repeat(64), join(folder, 'out'))).toThrow('was expected: not unpacked');
  expect(existsSync(join(folder, 'out'))).toBe(false);
});
