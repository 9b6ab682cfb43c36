/**
 * Signed notes as C2SP describes them (c2sp.org/signed-note): a text, an empty line, and a line for each signature, made
 * with Ed25519. So a checkpoint is a small file of text that people can read, keep and send, and that other tools of
 * that family understand.
 */
import { createPrivateKey, createPublicKey, hash, type KeyObject, sign, verify } from 'node:crypto';
import { hashBytes } from './merkle.ts';

/** ASN.1 around the 32 bytes of a key (RFC 8410), which Node wants to see. */
const privatePrefix = Buffer.from('302e020100300506032b657004220420', 'hex');
const publicPrefix = Buffer.from('302a300506032b6570032100', 'hex');
/** Signature type of plain Ed25519. */
const ed25519 = Buffer.from([1]);

/** What was to be proven is not; the message says why. */
export class Unproven extends Error {}

/** Who signs, as everybody may know it. */
export interface Verifier {
  /** Name of the key, without spaces and plus signs. */
  readonly name: string;
  /** 32 bytes. */
  readonly publicKey: Uint8Array;
}

export interface Signer extends Verifier {
  readonly key: KeyObject;
}

/** The signer of a secret of 32 bytes; it is named after its own public key, so that no two instances have one name. */
export function signerOf(secret: Uint8Array, family: string): Signer {
  const key = createPrivateKey({ key: Buffer.concat([privatePrefix, secret]), format: 'der', type: 'pkcs8' });
  const publicKey = createPublicKey(key).export({ format: 'der', type: 'spki' }).subarray(publicPrefix.length);
  const digest = hash('sha256', publicKey, 'buffer');
  return { key, publicKey, name: `${family}/${digest.toString('hex').slice(0, 16)}` };
}

/** First four bytes of a hash over name and key: which of several keys a signature is to be checked with. */
const idOf = ({ name, publicKey }: Verifier): Buffer =>
  hash('sha256', Buffer.concat([Buffer.from(`${name}\n`), ed25519, publicKey]), 'buffer').subarray(0, 4);

/** A verifier in one line, `name+id+key`, as the tools around signed notes write it. */
export const verifierLine = (verifier: Verifier): string =>
  `${verifier.name}+${idOf(verifier).toString('hex')}+${Buffer.concat([ed25519, verifier.publicKey]).toString('base64')}`;

/** Reads a verifier's line; undefined when it is none of Ed25519, or its id is not that of its name and key. */
export function parseVerifier(line: string): Verifier | undefined {
  const [, name, id, encoded] = /^([^\s+]+)\+([0-9a-f]{8})\+(\S+)$/.exec(line.trim()) ?? [];
  const bytes = bytesFrom(encoded ?? '');
  if (name === undefined || bytes?.length !== 1 + hashBytes || bytes[0] !== 1) return undefined;
  const verifier = { name, publicKey: bytes.subarray(1) };
  return idOf(verifier).toString('hex') === id ? verifier : undefined;
}

/** Bytes of a text in base 64; undefined when it is none, or not the one that these bytes have. */
export function bytesFrom(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64');
  return bytes.toString('base64') === text ? bytes : undefined;
}

/** Signs a text that ends in a line feed. */
export function signNote(text: string, signer: Signer): string {
  const signature = sign(null, Buffer.from(text), signer.key);
  return `${text}\n— ${signer.name} ${Buffer.concat([idOf(signer), signature]).toString('base64')}\n`;
}

/** The text of a note that this verifier's key has signed; undefined when it has not. Other signatures are ignored. */
export function openNote(note: string, verifier: Verifier): string | undefined {
  const end = note.lastIndexOf('\n\n');
  if (end < 0 || !note.endsWith('\n')) return undefined;
  const text = note.slice(0, end + 1);
  const id = idOf(verifier);
  const key = createPublicKey({
    key: Buffer.concat([publicPrefix, verifier.publicKey]),
    format: 'der',
    type: 'spki',
  });
  const own = note
    .slice(end + 2, -1)
    .split('\n')
    .map(line => /^— (\S+) (\S+)$/.exec(line))
    .filter(match => match?.[1] === verifier.name)
    .map(match => bytesFrom(match![2]!))
    .filter(bytes => bytes?.subarray(0, 4).equals(id)) as Buffer[];
  const isSigned = own.length > 0 && own.every(bytes => verify(null, Buffer.from(text), key, bytes.subarray(4)));
  return isSigned ? text : undefined;
}
