/**
 * Records in a file so that a kill or a power cut in mid-write is told from what was written: length and CRC-32 stand
 * before each. Reading ends at the first one that is not whole, and says where, so that nothing half-written is taken
 * for something and nothing behind it is passed over in silence.
 */
import { crc32 } from 'node:zlib';

const headBytes = 8;

/** Longer ones are not written, so a length beyond it is none; nor are empty ones, which zeros on a disk look like. */
export const frameBytesMax = 16 * 1024 * 1024;

/** A record as it stands in the file. */
export function frame(payload: Uint8Array): Uint8Array {
  if (payload.length === 0 || payload.length > frameBytesMax) {
    throw new RangeError(`a record has 1 to ${frameBytesMax} bytes, not ${payload.length}`);
  }
  const bytes = new Uint8Array(headBytes + payload.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, payload.length);
  view.setUint32(4, crc32(payload));
  bytes.set(payload, headBytes);
  return bytes;
}

/** A record, and where in the bytes the next one begins. */
export interface Framed {
  readonly payload: Uint8Array;
  readonly end: number;
}

/** The record that begins at `start`; undefined when there is none, or not all of it, or not as it was written. */
export function frameAt(bytes: Uint8Array, start: number): Framed | undefined {
  if (start + headBytes > bytes.length) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset + start, headBytes);
  const length = view.getUint32(0);
  const end = start + headBytes + length;
  if (length === 0 || length > frameBytesMax || end > bytes.length) return undefined;
  const payload = bytes.subarray(start + headBytes, end);
  return crc32(payload) === view.getUint32(4) ? { payload, end } : undefined;
}
