/**
 * An export larger than what a program may hold. It is taken as a client takes it, and the program's memory is looked at
 * from outside meanwhile.
 */
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { caller } from '../support/client.ts';
import { type Program, startProgram } from '../support/program.ts';

let program: Program;
beforeAll(async () => {
  program = await startProgram();
});
afterAll(async () => {
  await program?.stop();
});

test('an export of thousands of pictures is written while it is read, and never held in memory', async () => {
  const style = { dotShape: 'dots', cornerFrameShape: 'dotted' };
  const rows = Array.from({ length: 3_000 }, (_, i) => ({ destination: `https://example.com/memory/${i}`, style }));
  expect((await caller(program.url, program.key)('POST', '/v1/qr/bulk', { json: { codes: rows } })).status).toBe(201);
  const residentMb = () => {
    const [, kb] = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${program.pid}/status`, 'utf8'))!;
    return Number(kb) / 1024;
  };
  /** Takes the whole archive and tells its size and the most the program held meanwhile, in MB. */
  const taken = async () => {
    let most = 0;
    let bytes = 0;
    const response = await fetch(`${program.url}/v1/qr/export?format=zip&picture=svg&search=memory`, {
      headers: { authorization: `Bearer ${program.key}` },
    });
    for await (const chunk of response.body!) {
      bytes += chunk.byteLength;
      most = Math.max(most, residentMb());
    }
    return { size: bytes / 2 ** 20, most };
  };
  // The first ones make the heap as large as its garbage needs it; archives that were held would be added each time.
  const first = await taken();
  const second = await taken();
  const third = await taken();
  expect(third.size).toBeGreaterThan(54);
  expect(Math.min(second.most - first.most, third.most - second.most)).toBeLessThan(third.size / 2);
}, 180_000);
