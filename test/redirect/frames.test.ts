import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { frame, frameAt, frameBytesMax } from '../../src/redirect/frames.ts';

/** All records of a file, and where the readable part of it ends. */
function read(bytes: Uint8Array): { payloads: Uint8Array[]; end: number } {
  const payloads: Uint8Array[] = [];
  let end = 0;
  for (let next = frameAt(bytes, 0); next; next = frameAt(bytes, end)) {
    payloads.push(next.payload);
    end = next.end;
  }
  return { payloads, end };
}

const records = fc.array(fc.uint8Array({ minLength: 1, maxLength: 40 }), { minLength: 1, maxLength: 6 });

describe('a file of records', () => {
  test('is read as it was written', () => {
    fc.assert(
      fc.property(records, payloads => {
        const file = Buffer.concat(payloads.map(frame));
        expect(read(file)).toEqual({ payloads: payloads.map(bytes => Buffer.from(bytes)), end: file.length });
      }),
    );
  });

  test('that was cut anywhere gives the records before the cut and nothing else', () => {
    fc.assert(
      fc.property(records, fc.nat(), (payloads, cut) => {
        const frames = payloads.map(frame);
        const file = Buffer.concat(frames);
        const kept = file.subarray(0, cut % file.length);
        const whole = read(kept);
        const ends = frames.map((_, i) => frames.slice(0, i + 1).reduce((sum, bytes) => sum + bytes.length, 0));
        const within = ends.filter(end => end <= kept.length);
        expect([whole.payloads.length, whole.end]).toEqual([within.length, within.at(-1) ?? 0]);
      }),
    );
  });

  test('with one bit changed gives only records that stand before it', () => {
    fc.assert(
      fc.property(records, fc.nat(), fc.nat({ max: 7 }), (payloads, at, bit) => {
        const file = Buffer.concat(payloads.map(frame));
        file[at % file.length]! ^= 1 << bit;
        const { payloads: found, end } = read(file);
        expect(end).toBeLessThanOrEqual(at % file.length);
        expect(found).toEqual(payloads.slice(0, found.length).map(bytes => Buffer.from(bytes)));
      }),
    );
  });

  test.each(['ffffffff00000000', '00000000000000000000'])(
    'ends where the length is one that nobody writes: %s',
    hex => {
      const bytes = Buffer.concat([frame(new Uint8Array([1])), Buffer.from(hex, 'hex')]);
      expect(read(bytes)).toEqual({ payloads: [Buffer.from([1])], end: 9 });
    },
  );

  test('takes no record that is empty or too long', () => {
    for (const length of [0, frameBytesMax + 1]) expect(() => frame(new Uint8Array(length))).toThrow(`not ${length}`);
  });
});
