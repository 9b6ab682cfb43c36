/**
 * Sees to it that there is a nats-server before the tests begin: the one that is there, else the system's package
 * manager, else an official release whose digest is checked before a byte of it is unpacked. Tests on JetStream are
 * never skipped, so when nothing works this ends with a message that says what to do.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { arch, platform } from 'node:os';
import { installPackage } from './install.ts';
import { findNatsServer, releaseDir } from './nats.ts';

/**
 * The release and the SHA-256 of its archives. The two for Linux are the ones that the official image is built with
 * (nats-io/nats-docker at e6bf552); all four stand alike in cashapp/hermit-packages, taken from the release's SHA256SUMS.
 */
const release = '2.12.8';
const digests: Readonly<Record<string, string>> = {
  'linux-amd64': '6abc397684567e133649688a13564ad6de786d64e88253fbb4f6a3aa8c2fca63',
  'linux-arm64': '7d20e93c23924cdd5cb6ec51c92f9478c97f9c8a0dbe049dd7ab88af115d622c',
  'darwin-amd64': '8880e133f45c6974468d351425db9a73ffe3b569850cad2bfbaa349d80939a7f',
  'darwin-arm64': '4556a7f617eb532587790344629a6a95261099b236524b764d1f10d6c14aba1a',
};

/** No step may use up the ten minutes that the whole test run has. */
const stepTimeoutMs = 120_000;

/** The path of a nats-server, installed when it was missing; an error that says what to do when that fails. */
export async function ensureNatsServer(): Promise<string> {
  const present = findNatsServer();
  if (present !== null) return present;
  const tried: string[] = [];
  const fromPackageManager = () => installPackage('nats-server', () => findNatsServer() !== null);
  for (const step of [fromPackageManager, fromRelease]) {
    tried.push(...(await step()));
    const found = findNatsServer();
    if (found !== null) return found;
  }
  throw new Error(
    [
      'The tests need nats-server (2.9 or newer, with JetStream) and it could not be installed:',
      ...tried.map(line => `  - ${line}`),
      'Install the package nats-server, or download it from https://github.com/nats-io/nats-server/releases,',
      'and run the tests again; NATS_SERVER=/path/to/nats-server names a binary that is not on PATH.',
    ].join('\n'),
  );
}

/** Downloads the pinned release; gives a line that says why when that did not help. */
async function fromRelease(): Promise<string[]> {
  const system = `${platform()}-${arch() === 'x64' ? 'amd64' : arch()}`;
  const digest = digests[system];
  if (digest === undefined) return [`no digest of the official release is known for ${system}`];
  const name = `nats-server-v${release}-${system}.tar.gz`;
  const url = `https://github.com/nats-io/nats-server/releases/download/v${release}/${name}`;
  console.log(`nats-server is missing: downloading ${url}`);
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(stepTimeoutMs) });
    if (!response.ok) return [`${url} answered ${response.status}`];
    unpack(new Uint8Array(await response.arrayBuffer()), digest, releaseDir);
    return [];
  } catch (error) {
    return [`${url}: ${error instanceof Error ? error.message : error}`];
  }
}

/** Unpacks an archive's one folder into `folder`, but only when its SHA-256 is the one that is expected. */
export function unpack(archive: Uint8Array, sha256: string, folder: string): void {
  const actual = createHash('sha256').update(archive).digest('hex');
  if (actual !== sha256) throw new Error(`its SHA-256 is ${actual}, and ${sha256} was expected: not unpacked`);
  mkdirSync(folder, { recursive: true });
  const { status, stderr } = spawnSync('tar', ['-xzf', '-', '--strip-components=1', '-C', folder], { input: archive });
  if (status !== 0) throw new Error(`tar: ${stderr}`);
}
