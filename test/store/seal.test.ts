/**
 * A seal hides what was sealed, opens with its pad alone, and tells when either was changed.
 */
import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import type { AnyEvent } from '../../events/index.ts';
import { isSealed, opened, sealedData } from '../../src/store/seal.ts';
import { samples } from '../support/samples.ts';

/** An event with this data as it is stored, and its pad. */
function stored(type: string, data: object) {
  const { text, pad } = sealedData(type, data as Record<string, unknown>);
  const event = { position: 7, stream: 'qr_1', version: 1, at: 1, org: 'org_1', actor: 'key_1', request: null, type };
  return { event: { ...event, data: JSON.parse(text) } as unknown as AnyEvent, pad: Buffer.from(pad) };
}

const text = fc.string({ unit: 'grapheme', minLength: 8, maxLength: 3_000 });

describe('A seal', () => {
  test.each(samples)('(%s) opens to what was sealed: %j', (type, data) => {
    const { event, pad } = stored(type, data);
    expect(isSealed(event)).toBe(pad.length > 0);
    expect(opened(event, pad).data as object).toEqual(data);
  });

  test('holds whatever text there is, of any length, and shows none of it', () => {
    fc.assert(
      fc.property(text, text, (destination, label) => {
        const { event, pad } = stored('qr.created', { type: 'url', destination, label });
        const bytes = JSON.stringify(event);
        expect(bytes).not.toContain(JSON.stringify(destination).slice(1, -1));
        expect(bytes).not.toContain(Buffer.from(label).toString('base64').slice(0, -4));
        expect(opened(event, pad).data as object).toEqual({ type: 'url', destination, label });
      }),
    );
    const long = 'ä'.repeat(200_000);
    const { event, pad } = stored('qr.created', { type: 'url', label: long });
    expect((opened(event, pad).data as { label: string }).label).toBe(long);
  });

  test('is another each time', () => {
    const seals = Array.from({ length: 5_000 }, () =>
      JSON.stringify(stored('qr.relabeled', { label: 'Jane Doe' }).event),
    );
    expect(new Set(seals).size).toBe(seals.length);
  });

  test('shows each byte as often as any other', () => {
    const counts = new Uint32Array(256);
    for (let n = 0; n < 10_000; n++) {
      const { sealed } = stored('qr.relabeled', { label: 'a'.repeat(100) }).event.data as unknown as { sealed: string };
      for (const byte of Buffer.from(sealed, 'base64')) counts[byte]! += 1;
    }
    const mean = counts.reduce((sum, count) => sum + count, 0) / counts.length;
    // Chi-squared with 255 degrees of freedom: beyond 400 less than once in 10^8 runs.
    expect(counts.reduce((sum, count) => sum + (count - mean) ** 2 / mean, 0)).toBeLessThan(400);
  });

  test('is not missed in an event that was stored in clear, when less of it was held to be personal', () => {
    const { event } = stored('qr.parameters_changed', {});
    const data = { pass: 'utm', add: { utm_source: 'poster' } };
    expect(opened({ ...event, data } as AnyEvent, undefined).data as object).toEqual(data);
  });

  test('whose pad is gone or was destroyed leaves the rest of the event', () => {
    const { event, pad } = stored('qr.created', { type: 'url', slug: 'a', destination: 'https://example.com/' });
    const blank = { ...event, data: { type: 'url', slug: 'a' } } as never;
    expect(opened(event, undefined)).toEqual(blank);
    expect(opened(event, Buffer.alloc(pad.length))).toEqual(blank);
  });

  test.each<[string, (pad: Buffer) => Buffer]>([
    ['another pad', pad => Buffer.from(pad.map(byte => byte ^ 0x5a))],
    [
      'another letter in its pad',
      pad => Buffer.from(pad.map((byte, i) => (i === '{"label":"J'.length ? byte ^ 1 : byte))),
    ],
    ['another salt in its pad', pad => Buffer.from(pad.map((byte, i) => (i === pad.length - 1 ? byte ^ 1 : byte)))],
    ['a shorter pad', pad => pad.subarray(1)],
    ['a longer pad', pad => Buffer.concat([pad, pad])],
  ])('does not open with %s, and whoever asks for the data is told', (_, change) => {
    const { event, pad } = stored('qr.relabeled', { label: 'Jane' });
    const wrong = opened(event, change(pad));
    expect(wrong.type).toBe('qr.relabeled');
    expect(() => wrong.data).toThrow('the event at position 7 does not open with its pad');
  });
});
