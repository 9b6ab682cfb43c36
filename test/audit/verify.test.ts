/**
 * The auditor's commands as an auditor runs them: beside the running program, and with nothing but files.
 */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { connect, transaction } from '../../src/store/connect.ts';
import { audit } from '../support/audit.ts';
import { type Call, caller, iPhone } from '../support/client.ts';
import { logoForm } from '../support/form.ts';
import { plainSvg } from '../support/logos.ts';
import { scratchDirectory } from '../support/postgres.ts';
import { type Program, startProgram } from '../support/program.ts';
import { organizationOf } from '../support/tenants.ts';

let program: Program;
let call: Call;
let org: string;
let key: string;
let directory: string;
const file = (name: string, text?: string): string => {
  const path = join(directory, name);
  if (text !== undefined) writeFileSync(path, text);
  return path;
};
const text = async (path: string): Promise<string> =>
  (await call('GET', path, { headers: { accept: 'text/plain' } })).body;

beforeAll(async () => {
  program = await startProgram();
  call = caller(program.url, program.key);
  org = await organizationOf(program);
  directory = scratchDirectory();
  key = (await call('GET', '/v1/proofs/key')).body.verifier;
  const { id, slug } = (await call('POST', '/v1/qr/create', { json: { destination: 'https://example.com/' } })).body;
  await call('POST', `/v1/qr/${id}/logo`, logoForm(plainSvg));
  file('kept.txt', await text('/v1/proofs/checkpoint'));
  expect(size()).toBeGreaterThanOrEqual(4);
  for (let i = 0; i < 5; i++) {
    await call('PATCH', `/v1/qr/${id}`, { json: { label: `x${i}` } });
    await caller(program.url)('GET', `/${slug}`, { headers: { 'user-agent': iPhone } });
  }
});
afterAll(async () => {
  await program?.stop();
});

const kept = () => ['--checkpoint', file('kept.txt')];
/** How many events the kept checkpoint is of: four, and what was counted of the API if that took long. */
const size = () => Number(readFileSync(file('kept.txt'), 'utf8').split('\n')[1]);
const offline = (...words: string[]) => audit(undefined, 'verify', ...words, '--key', key);

describe('beside the running program', () => {
  test('the ledger is checked, with the checkpoint that was kept', async () => {
    const { status, output } = await audit(program.databaseUrl, 'verify', ...kept());
    expect(output).toMatch(/^\d+ events in \d+ commits: the chain and the trees hold\.\nroot \S{44}\n/);
    expect(output).toContain(`The kept checkpoint of ${size()} events holds.`);
    expect(status).toBe(0);
    const own = await audit(program.databaseUrl, 'verify', '--key', key);
    expect([own.status, own.output.includes('Keep a checkpoint outside')]).toEqual([0, true]);
  });

  test('a checkpoint is printed for whoever has no API key', async () => {
    const ledger = await audit(program.databaseUrl, 'checkpoint');
    expect(ledger.output.split('\n')).toHaveLength(6);
    expect(ledger.errors).toContain(`key ${key}`);
    const { output } = await audit(program.databaseUrl, 'checkpoint', '--org', org);
    const path = file('own.txt', output);
    expect((await audit(program.databaseUrl, 'verify', '--checkpoint', `${path},${file('kept.txt')}`)).status).toBe(0);
  });

  test('a ledger that was changed is told with all that is wrong, in status and words', async () => {
    const sql = connect(program.databaseUrl, { max: 1 });
    const change = (data: string) =>
      transaction(sql, async tx => {
        await tx`set local session_replication_role = replica`;
        const [row] = await tx`select data::text as data from ledger.events where position = 1`;
        await tx`update ledger.events set data = ${data}::text::json where position = 1`;
        return row!['data'] as string;
      });
    const before = await change('{"name":"Other","plan":"free"}');
    const { status, output, errors } = await audit(program.databaseUrl, 'verify', ...kept());
    await change(before);
    await sql.end();
    expect(status).toBe(1);
    expect(output).toBe('');
    expect(errors).toContain('The ledger is NOT whole:\n  What is stored at position 1 is not what was committed.');
    expect(errors).toContain(`This is not the ledger of the checkpoint: its first ${size()} events were other ones.`);
    expect((await audit(program.databaseUrl, 'verify', ...kept())).status).toBe(0);
  });
});

describe('with nothing but files', () => {
  test('an export is whole, plain or packed', async () => {
    for (const name of ['a.ledger', 'a.ledger.gz']) {
      const exported = await audit(program.databaseUrl, 'export', '--org', org, '--out', file(name));
      expect(exported).toMatchObject({ status: 0, output: '' });
      expect(exported.errors).toContain(`events and 1 blobs of ${org} are in ${file(name)}.`);
      const { status, output } = await offline(file(name), ...kept());
      expect(output).toContain(`and 1 blobs of ${org}: the export is whole.`);
      expect(output).toContain(`The kept checkpoint of ${size()} events holds.`);
      expect(status).toBe(0);
    }
    const again = await audit(program.databaseUrl, 'export', '--org', org, '--out', file('a.ledger'));
    expect([again.status, again.errors.includes(`${file('a.ledger')} is there already`)]).toEqual([1, true]);
    expect(again.errors).not.toMatch(/^\s+at /m);
    const piped = await audit(program.databaseUrl, 'export', '--org', org, '--out', '-');
    const events = (text: string) => text.split('\n').slice(1, 5);
    expect(events(piped.output)).toEqual(events(readFileSync(file('a.ledger'), 'utf8')));
  });

  test('a changed export is told', async () => {
    const changed = file(
      'changed.ledger',
      readFileSync(file('a.ledger'), 'utf8').replace('\tqr.relabeled\t', '\tqr.relabeleb\t'),
    );
    const { status, output, errors } = await offline(changed, ...kept());
    expect([status, output]).toEqual([1, '']);
    expect(errors).toContain('The export is not as it was written');
  });

  test('entries from the API are those of the kept checkpoint', async () => {
    const entries = file('entries.txt', await text('/v1/events?format=entries'));
    const { status, output } = await offline(entries, '--checkpoint', `${file('kept.txt')}, `);
    expect(output).toContain(`${size()} events of ${org} are those of the kept checkpoint.`);
    expect(output).toContain('came after it');
    expect(status).toBe(0);
  });

  test('a proof from the API shows an event, and that the ledger goes on', async () => {
    const proof = file('event.tlog-proof', await text('/v1/proofs/inclusion?position=3'));
    const shown = await offline(proof);
    expect(shown.output).toContain('The event at position 3 is in the ledger');
    expect(shown.output).toContain('\tqr.created\t');
    expect(shown.status).toBe(0);
    expect((await offline(proof, ...kept())).output).toContain(`/v1/proofs/consistency?from=${size()}&to=`);
    const goingOn = file('on.txt', await text(`/v1/proofs/consistency?from=${size()}`));
    const later = await offline(goingOn, ...kept());
    expect(later.output).toMatch(/^The ledger of \d+ events goes on from the kept one of \d+\.\n$/);
    expect(later.output).toContain(`from the kept one of ${size()}.`);
    expect((await offline(goingOn)).errors).toContain('--checkpoint');
    const changed = file('changed.tlog-proof', readFileSync(proof, 'utf8').replace('index 2', 'index 3'));
    expect(await offline(changed)).toMatchObject({ status: 1, output: '' });
  });

  test('what is missing or makes no sense is said in a sentence', async () => {
    for (const [words, message] of [
      [['verify', file('a.ledger')], 'To check a file the public key is needed: --key'],
      [['verify', file('none'), '--key', key], `There is no file ${file('none')}.`],
      [['verify', dirname(file('none')), '--key', key], 'is a directory, not a file'],
      [
        ['verify', file('refused.json', '{"type":"about:blank","status":404}'), '--key', key],
        'no proof but what the API',
      ],
      [['verify', file('a.ledger'), '--key', file('kept.txt')], 'holds no public key'],
      [['verify', file('a.ledger'), '--key', key, '--checkpoint', file('a.ledger')], 'is no checkpoint that this key'],
      [['verify', file('entries.txt'), '--key', key], 'prove nothing without a checkpoint'],
      [['export', '--org', 'org_none', '--out', file('none.ledger')], 'There is no organisation org_none'],
      [['export', '--org', org, '--out', join(file('none'), 'x')], `There is no directory ${file('none')}.`],
      [['checkpoint', '--org', 'org_none'], 'There is no organisation org_none'],
      [['digest', '--org', 'org_none'], 'There is no organisation org_none'],
    ] as const) {
      const { status, output, errors } = await audit(program.databaseUrl, ...words);
      expect([status, output]).toEqual([1, '']);
      expect(errors).toContain(message);
      expect(errors).not.toMatch(/^\s+at /m);
    }
    expect(existsSync(file('none.ledger'))).toBe(false);
    const nowhere = await audit(undefined, 'verify');
    expect([nowhere.status, nowhere.errors]).toEqual([
      1,
      expect.stringMatching(/^The database .* can't be reached: [^\n]+\n$/),
    ]);
  });
});

test('--help explains every command', async () => {
  const { output, status } = await audit(undefined, '--help');
  expect(status).toBe(0);
  for (const command of ['verify', 'checkpoint', 'export', 'import', 'digest', 'replay']) {
    expect(output).toMatch(new RegExp(`${command}\\S* {2,}\\S`));
    const help = await audit(undefined, command, '--help');
    expect(help.status).toBe(0);
    expect(help.output).toContain(`bun run audit ${command}`);
  }
});
