/**
 * Lists of texts as Postgres reads them in its binary format: each with its length before it. As text every quote in them
 * would have to be escaped, and Postgres would look for the end of each again and again.
 */

/** Numbers of types: of the list, and of what is in it. */
const types = { text: [1009, 25], json: [199, 114] } as const;

/** A parameter in binary format. */
export class List {
  readonly type: number;
  readonly bytes: Uint8Array;

  constructor(of: keyof typeof types, texts: readonly string[]) {
    const [type, elementType] = types[of];
    this.type = type;
    this.bytes = encoded(elementType, texts);
  }
}

const headBytes = 20;

function encoded(elementType: number, texts: readonly string[]): Buffer {
  // A character of a string is at most three bytes in UTF-8.
  const size = texts.reduce((sum, { length }) => sum + 4 + 3 * length, headBytes);
  const bytes = Buffer.allocUnsafe(size);
  // One dimension, no nulls, and that one begins at 1.
  for (const [i, field] of [1, 0, elementType, texts.length, 1].entries()) bytes.writeInt32BE(field, i * 4);
  let at = headBytes;
  for (const text of texts) {
    const length = bytes.write(text, at + 4);
    bytes.writeInt32BE(length, at);
    at += 4 + length;
  }
  return bytes.subarray(0, at);
}
