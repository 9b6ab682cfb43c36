/**
 * What an auditor brings along: the public key, as a line or in a file, and checkpoints that were kept. A checkpoint that
 * the key has not signed is none.
 */
import { type Checkpoint, openCheckpoint } from '../proofs/checkpoint.ts';
import { parseVerifier, Unproven, type Verifier } from '../proofs/note.ts';
import { readText } from './files.ts';

export function verifierFrom(key: string): Verifier {
  const verifier = parseVerifier(key) ?? parseVerifier(readText(key));
  if (verifier) return verifier;
  throw new Unproven(`${key.slice(0, 100)} holds no public key as GET /v1/proofs/key gives it.`);
}

export function keptFrom(paths: string | undefined, verifier: Verifier): Checkpoint[] {
  const files = (paths?.split(',') ?? []).map(path => path.trim()).filter(path => path !== '');
  return files.map(path => {
    const checkpoint = openCheckpoint(readText(path), verifier);
    if (checkpoint) return checkpoint;
    throw new Unproven(`${path} is no checkpoint that this key has signed.`);
  });
}
