/**
 * What becomes of an uploaded logo: a PNG of ours, at most 1024 px on a side, that has nothing of the file but what it
 * looks like. The kind of a file is told from its content, never from its name or type. Files are looked at one by one,
 * each in a process of its own with a deadline and bounded memory, so that the worst of them costs a second of one core
 * and the program goes on.
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { Problem } from '../problem.ts';
import { runtimeName } from '../runtime.ts';
import type { LogoAnswer } from './logo-process.ts';
import { refused, wrongKind } from './logo-refusal.ts';
import { pngSignature } from './png-writer.ts';

export const logoBytesMax = 2 * 1024 * 1024;

/** Of a core, for drawing one SVG, whose cost nobody can foresee. A plain one takes a tenth of it. */
const drawMs = 700;
/** Of a core, for one PNG, whose cost is bounded: the largest takes half a second. */
const unpackMs = 5_000;
/** So many times its share of a core a file may take on a machine that is busy with other things. */
const patience = 10;
/** For the process to come up, on a machine that is very busy. */
const startMs = 10_000;
/** Files that may wait for their turn, 2 MB each. */
const waitingMax = 8;

export interface Logo {
  readonly png: Uint8Array<ArrayBuffer>;
  readonly width: number;
  readonly height: number;
  /** Of the PNG, in hex: the name it is stored by. */
  readonly sha256: string;
}

let waiting = 0;
let turn: Promise<unknown> = Promise.resolve();

/**
 * Makes a clean PNG of a PNG or an SVG.
 *
 * @throws Problem `payload_too_large`, `unsupported_media_type`, `validation_failed` with the reason at `/file`, or
 * `unavailable` when too many wait
 */
export async function sanitizeLogo(file: Uint8Array): Promise<Logo> {
  if (file.length > logoBytesMax) {
    throw new Problem(
      'payload_too_large',
      `A logo has at most 2 MB (${logoBytesMax} bytes); this one has ${file.length}.`,
    );
  }
  const isPng = pngSignature.every((byte, i) => file[i] === byte);
  if (!isPng) checkIsSvg(file);
  if (waiting >= waitingMax) {
    throw new Problem('unavailable', 'Too many logos are being looked at; try again in a moment.', {
      headers: { 'Retry-After': '5' },
    });
  }
  waiting++;
  const mine = turn.then(() => lookAt(file, isPng ? unpackMs : drawMs));
  turn = mine.catch(() => {});
  const { answer, png } = await mine.finally(() => waiting--);
  if ('problem' in answer) {
    const { code, message, errors } = answer.problem;
    throw new Problem(code, message, { errors });
  }
  const { width, height } = answer;
  return { png, width, height, sha256: createHash('sha256').update(png).digest('hex') };
}

/** Whether it begins like an XML document in UTF-8; the rest is for the process to find out. */
function checkIsSvg(file: Uint8Array): void {
  if (file[0] === 0x1f && file[1] === 0x8b) throw wrongKind('The file is compressed (svgz); upload the plain SVG.');
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(file);
  } catch {
    throw wrongKind('A logo is a PNG or an SVG in UTF-8.');
  }
  if (!/^\s*</.test(text)) throw wrongKind('A logo is a PNG or an SVG.');
}

const program = fileURLToPath(new URL('./logo-process.ts', import.meta.url));
const command = runtimeName === 'deno' ? ['run', '--quiet', '--no-prompt', '--allow-read', program] : [program];

/** Has a process look at a file, and ends it when it is late. */
function lookAt(file: Uint8Array, workMs: number): Promise<{ answer: LogoAnswer; png: Uint8Array<ArrayBuffer> }> {
  const child = spawn(process.execPath, command, { env: {}, stdio: ['pipe', 'pipe', 'pipe'] });
  const { promise, resolve, reject } = Promise.withResolvers<{ answer: LogoAnswer; png: Uint8Array<ArrayBuffer> }>();
  const late = () =>
    reject(refused('too_complex', 'The logo takes too long to draw; simplify it in the drawing program.'));
  let timer = setTimeout(() => reject(new Error('the process for logos does not come up')), startMs);
  const output: Uint8Array[] = [];
  let errors = '';
  child.stdout.on('data', (piece: Uint8Array) => {
    if (output.push(piece) > 1) return;
    clearTimeout(timer);
    const [begun, spent] = [performance.now(), cpuMsOf(child.pid)];
    const look = () => {
      const leftMs = workMs - (cpuMsOf(child.pid) - spent);
      if (!(leftMs > 0) || performance.now() - begun >= patience * workMs) late();
      else timer = setTimeout(look, leftMs);
    };
    timer = setTimeout(look, workMs);
  });
  child.stderr.on('data', piece => {
    errors = (errors + piece).slice(0, 2_000);
  });
  child.on('error', reject);
  // Who is ended early does not read to the end.
  child.stdin.on('error', () => {}).end(file);
  child.on('close', status => {
    const said = Buffer.concat(output);
    const start = said.indexOf('\n') + 1;
    const end = said.indexOf('\n', start);
    if (status !== 0 || end < 0) return reject(new Error(`the process for logos ended with ${status}: ${errors}`));
    resolve({ answer: JSON.parse(said.toString('utf8', start, end)), png: new Uint8Array(said.subarray(end + 1)) });
  });
  return promise.finally(() => {
    clearTimeout(timer);
    child.kill('SIGKILL');
  });
}

/** Time that a process has had of cores, in milliseconds; not a number where there is no /proc: there the clock decides. */
function cpuMsOf(pid: number | undefined): number {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' '); // from field 3 on; 14 and 15 are user and system
    return (Number(fields[11]) + Number(fields[12])) * clockTickMs;
  } catch {
    return Number.NaN;
  }
}
/** USER_HZ is 100 on every Linux that Bun and Deno run on. */
const clockTickMs = 10;
