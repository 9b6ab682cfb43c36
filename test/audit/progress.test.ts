import { describe, expect, test } from 'bun:test';
import { clock, count, Progress } from '../../src/audit/progress.ts';

function watched(isTTY: boolean) {
  let now = 0;
  const written: string[] = [];
  const screen = { isTTY, write: (text: string) => written.push(text) };
  const progress = new Progress('building', screen, () => now);
  return {
    written,
    progress,
    after: (ms: number) => {
      now += ms;
    },
  };
}

describe('progress', () => {
  test('on a terminal redraws a bar with share, rate and time left', () => {
    const { progress, written, after } = watched(true);
    progress.tell(0, 1_000_000);
    after(2_000);
    progress.tell(250_000, 1_000_000);
    expect(written[0]).toBe('\r\u001b[2Kbuilding [                        ] 0 % 0 of 1,000,000');
    expect(written[1]).toBe(
      '\r\u001b[2Kbuilding [======                  ] 25 % 250,000 of 1,000,000, 125,000/s, 0:06 left',
    );
    after(10);
    progress.tell(251_000, 1_000_000);
    expect(written).toHaveLength(2);
    progress.tell(1_000_000, 1_000_000);
    expect(written.at(-1)).toContain('[========================] 100 % 1,000,000 of 1,000,000');
    expect(written.at(-1)).not.toContain('left');
    progress.end();
    expect(written.at(-1)).toBe('\n');
  });

  test('elsewhere writes a line now and then', () => {
    const { progress, written, after } = watched(false);
    for (let done = 0; done < 100; done++) {
      progress.tell(done, 100);
      after(100);
    }
    progress.end();
    expect(written).toHaveLength(2);
    expect(written[1]).toBe('building [============            ] 50 % 50 of 100, 10/s, 0:05 left\n');
  });

  test('counts into the rate only what was done since it began, and never divides by nothing', () => {
    const { progress, written, after } = watched(true);
    after(1_000);
    progress.tell(900, 1_000);
    expect(written[0]).not.toContain('/s');
    after(1_000);
    progress.tell(950, 1_000);
    expect(written[1]).toContain('25/s, 0:02 left');
    progress.tell(0, 0);
    expect(written.at(-1)).toContain('100 %');
  });

  test('that was never told leaves no trace', () => {
    const { progress, written } = watched(true);
    progress.end();
    expect(written).toEqual([]);
  });
});

test('numbers and times are written as people read them', () => {
  expect(count(1_234_567)).toBe('1,234,567');
  expect([0, 5, 59.2, 61, 3_600, 3_725].map(clock)).toEqual(['0:00', '0:05', '1:00', '1:01', '1:00:00', '1:02:05']);
});
