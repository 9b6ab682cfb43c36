/**
 * Tampering with what was taken along: an export of a thousand events, changed in every way, also by somebody who makes
 * its last line right again. Bits are a sample drawn from a seed; `bun run campaign tampering` takes every one of them.
 */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { type Claims, checkEntries, checkExport, type ExportReport } from '../../src/audit/export-check.ts';
import { linesOf, readExport } from '../../src/audit/export-file.ts';
import { writeExport } from '../../src/audit/exporter.ts';
import { type Checkpoint, openCheckpoint } from '../../src/proofs/checkpoint.ts';
import { signerOf, Unproven } from '../../src/proofs/note.ts';
import { Prover } from '../../src/proofs/prover.ts';
import { putBlob } from '../../src/store/blobs.ts';
import { created, requestOf, type TestStore, testStore } from '../support/store.ts';
import { ledgerOf } from '../support/tampering.ts';

const signer = signerOf(new Uint8Array(32).fill(7), 'indelible');
let store: TestStore;
let text: string;
let earlyNote: string;
let early: Checkpoint;
let late: Checkpoint;

const note = async (org = 'org_1') => (await new Prover(store.sql, signer).checkpoint(org)).note;
const checkpoint = async (org?: string) => openCheckpoint(await note(org), signer)!;

beforeAll(async () => {
  store = await ledgerOf(1_000);
  earlyNote = await note();
  early = openCheckpoint(earlyNote, signer)!;
  for (let n = 0; n < 30; n++) await store.ledger.append(requestOf(`qr_late${n}`, 0, created(`late${n}`)));
  text = await exportOf(store, false);
  late = await checkpoint();
});
afterAll(() => store.close());

async function exportOf({ sql }: Pick<TestStore, 'sql'>, withPads = true): Promise<string> {
  let written = '';
  const write = async (more: string) => {
    written += more;
  };
  await writeExport(sql, 'org_1', signer, write, () => {}, withPads);
  return written;
}

async function* chunks(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 65_536) yield bytes.subarray(at, at + 65_536);
}

/** Checks a file; its report, or what is wrong. */
async function checked(file: string | Uint8Array, more: Partial<Claims> = {}): Promise<ExportReport | string> {
  const claims = { verifier: signer, kept: [], ...more };
  const checking = checkExport(readExport(chunks(Buffer.from(file))), claims);
  try {
    for (;;) {
      const { done, value } = await checking.next();
      if (done) return value;
    }
  } catch (error) {
    if (error instanceof Unproven) return error.message;
    throw error;
  }
}

/** The file with other lines, and its last line made right again. */
function forged(change: (lines: string[]) => void, file = text): string {
  const lines = file.trimEnd().split('\n').slice(0, -1);
  change(lines);
  const body = lines.map(line => `${line}\n`).join('');
  return `${body}${JSON.stringify({ end: createHash('sha256').update(body).digest('hex') })}\n`;
}

describe('an export', () => {
  test('is whole by itself, and by checkpoints that were kept before and after', async () => {
    expect(await checked(text)).toMatchObject({ org: 'org_1', blobs: 0, checkpoint: { own: late.own } });
    const report = (await checked(text, { kept: [early, late] })) as ExportReport;
    expect(report.events).toBe(late.own!.size);
    expect(report.events).toBe(early.own!.size + 30);
    expect(forged(() => {})).toBe(text);
  });

  test('is refused after any change of a bit', async () => {
    const bytes = Buffer.from(text);
    await fc.assert(
      fc.asyncProperty(fc.nat(8 * bytes.length - 1), async bit => {
        const changed = Buffer.from(bytes);
        changed[bit >> 3]! ^= 1 << (bit & 7);
        expect(await checked(changed)).toBeString();
      }),
      { numRuns: 300, seed: 11 },
    );
  });

  test('is refused after any change of a bit in what it says of itself', async () => {
    const end = text.indexOf('\n');
    const bytes = Buffer.from(text);
    for (let bit = 0; bit < 8 * end; bit++) {
      bytes[bit >> 3]! ^= 1 << (bit & 7);
      expect(await checked(bytes)).toBeString();
      bytes[bit >> 3]! ^= 1 << (bit & 7);
    }
  }, 120_000);

  test('is refused after a change of any character of an event, with the last line made right', async () => {
    const count = late.own!.size;
    await fc.assert(
      fc.asyncProperty(fc.nat(count - 1), fc.nat(), fc.constantFrom('0', 'x', '\t', 'Ö'), async (row, at, sign) => {
        const file = forged(lines => {
          const line = lines[row + 1]!;
          const place = at % line.length;
          lines[row + 1] = `${line.slice(0, place)}${line[place] === sign ? '?' : sign}${line.slice(place + 1)}`;
        });
        expect(await checked(file)).toBeString();
      }),
      { numRuns: 200, seed: 12 },
    );
  });

  test('is refused when events were removed, added, swapped or cut, with the last line made right', async () => {
    const size = late.own!.size;
    const changes: Record<string, (lines: string[]) => void> = {
      'the first is missing': lines => lines.splice(1, 1),
      'one is missing': lines => lines.splice(300, 1),
      'the last is missing': lines => lines.splice(size, 1),
      'the last hundred are missing': lines => lines.splice(size - 99, 100),
      'one is there twice': lines => lines.splice(300, 0, lines[299]!),
      'one was made up': lines => lines.splice(size + 1, 0, '99999\tqr_x\t1\tqr.deleted\t1\torg_1\tkey_1\t\t{}'),
      'two have changed places': lines => lines.splice(300, 2, lines[301]!, lines[300]!),
      'all are missing': lines => lines.splice(1, size),
    };
    for (const [name, change] of Object.entries(changes)) {
      expect({ name, said: await checked(forged(change)) }).toEqual({ name, said: expect.any(String) });
    }
  });

  test('with an older checkpoint put into it is found to be cut by the one that was kept', async () => {
    const cut = forged(lines => {
      const header = JSON.parse(lines[0]!);
      lines[0] = JSON.stringify({ ...header, entries: early.own!.size, checkpoint: earlyNote });
      lines.splice(early.own!.size + 1, 30);
    });
    expect(await checked(cut)).toMatchObject({ events: early.own!.size });
    expect(await checked(cut, { kept: [late] })).toContain('its end is cut');
  });

  test('is refused with another key, another organisation, or a header that is not true', async () => {
    const stranger = signerOf(new Uint8Array(32).fill(8), 'indelible');
    expect(await checked(text, { verifier: stranger })).toContain('not signed with this key');
    expect(await checked(text, { kept: [await checkpoint('org_2')] })).toContain('says nothing of org_1');
    const header = (more: object) =>
      forged(lines => {
        lines[0] = JSON.stringify({ ...JSON.parse(lines[0]!), ...more });
      });
    expect(await checked(header({ org: 'org_2' }))).toContain('is not of org_2');
    expect(await checked(header({ entries: 5 }))).toContain('other events than it was signed for');
    expect(await checked(header({ export: 2 }))).toContain('This is no export');
    expect(await checked(forged(lines => lines.shift()))).toContain('This is no export');
  });

  test('is refused when what an event is sealed with is not its own', async () => {
    const whole = await exportOf(store);
    expect(await checked(whole, { kept: [early] })).toMatchObject({ events: late.own!.size, isSealed: false });
    const pads = whole.split('\n').flatMap((line, i) => (line.startsWith('{"pad"') ? [i] : []));
    expect(pads.length).toBeGreaterThan(100);
    const swapped = forged(lines => lines.splice(pads[5]!, 1, lines[pads[6]!]!), whole);
    expect(await checked(swapped)).toContain('does not belong to it');
  });

  test('is refused without what opens an event, unless it was erased or the export says that it has none', async () => {
    const whole = await exportOf(store);
    const pad = whole.split('\n').findIndex(line => line.startsWith('{"pad"'));
    const position = Number(whole.split('\n')[pad + 1]!.split('\t')[0]);
    expect(await checked(forged(lines => lines.splice(pad, 1), whole))).toBe(
      `What opens the event at position ${position} is missing or not its own, and it was not erased.`,
    );
    expect(await checked(text)).toMatchObject({ isSealed: true });
    const pretending = forged(lines => {
      lines[0] = lines[0]!.replace(',"withoutPads":true', '');
    });
    expect(await checked(pretending)).toContain('What opens the event at position');
  });

  test('is refused without a logo that something shows', async () => {
    const { sql, ledger, close } = await testStore();
    const bytes = new Uint8Array(Buffer.from('a logo'));
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    await putBlob(sql, { sha256, type: 'image/png', bytes });
    const attached = { type: 'qr.logo_attached', data: { logo: { sha256, width: 1, height: 1 } } };
    await ledger.append(requestOf('qr_1', 0, created('one'), attached));
    const whole = await exportOf({ sql });
    expect(await checked(whole)).toMatchObject({ events: 2, blobs: 1 });
    const without = forged(lines => lines.pop(), whole);
    expect(await checked(without)).toBe(`The logo ${sha256} is missing, and not all that show it were erased.`);
    const renamed = (type: string) => forged(lines => lines.push(lines.pop()!.replace('image/png', type)), whole);
    expect(await checked(renamed('text/html'))).toBe(`The blob ${sha256} is called text/html, and no picture.`);
    await ledger.append(requestOf('qr_1', 2, { type: 'qr.erased', data: {} }));
    // Another organisation's code has it still.
    await ledger.append({ ...requestOf('qr_2', 0, created('two'), attached), org: 'org_2' });
    await putBlob(sql, { sha256, type: 'image/png', bytes });
    expect(await checked(await exportOf({ sql }))).toMatchObject({ events: 3, blobs: 1 });
    await close();
  });

  test('is refused when bytes in it are not those of their hash, or no event names them', async () => {
    const sha256 = createHash('sha256').update('logo').digest('hex');
    const withBlob = (bytes: string) =>
      forged(lines => {
        lines.push(JSON.stringify({ blob: sha256, type: 'image/png', base64: Buffer.from(bytes).toString('base64') }));
      });
    expect(await checked(withBlob('logo'))).toBe(`The export brings a blob that no event names: ${sha256}.`);
    expect(await checked(withBlob('l0go'))).toBe(`The blob ${sha256} has other bytes.`);
  });

  test('of a ledger that was rewritten is refused by the checkpoint that was kept', async () => {
    const rewritten = await ledgerOf(999);
    const other = await exportOf(rewritten);
    await rewritten.close();
    expect(await checked(other)).toMatchObject({ org: 'org_1' });
    expect(await checked(other, { kept: [early] })).toMatch(/end is cut|are not those of the kept checkpoint/);
  });
});

describe('entries', () => {
  const entries = (file: string, kept: readonly Checkpoint[]) =>
    checkEntries(linesOf(chunks(Buffer.from(file))), { kept });

  test('are proven up to the newest checkpoint, however many follow', async () => {
    const lines = text.split('\n').slice(1, 1 + late.own!.size);
    const all = lines.map(line => `${line}\n`).join('');
    expect(await entries(all, [early])).toEqual({ org: 'org_1', events: late.own!.size, proven: early.own!.size });
    expect(await entries(all, [early, late])).toMatchObject({ proven: late.own!.size });
    await expect(entries(all, [])).rejects.toThrow('prove nothing without a checkpoint');
    await expect(entries(all.slice(0, 5_000), [early])).rejects.toThrow('was cut');
    await expect(entries(`${lines[0]}\n`, [early])).rejects.toThrow('the end is cut');
    await expect(entries(all.replace('qr.created', 'qr.creatad'), [early])).rejects.toThrow(
      'are not those of the kept',
    );
    await expect(entries(all, [await checkpoint('org_2')])).rejects.toThrow(Unproven);
  });
});
