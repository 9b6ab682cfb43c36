/**
 * The README's tour of ten calls and its page for auditors, run as they stand there, by a shell against the real program.
 * Its own curl knows no more than the lines use, so that a machine without curl runs the test too.
 */
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { caller } from '../support/client.ts';
import { scratchDirectory } from '../support/postgres.ts';
import { type Program, startProgram } from '../support/program.ts';
import { until } from '../support/until.ts';

const root = join(import.meta.dirname, '../..');
const readme = readFileSync(join(root, 'README.md'), 'utf8');
let program: Program;
beforeAll(async () => {
  program = await startProgram();
});
afterAll(async () => {
  await program?.stop();
});

const theirCurl = `${process.execPath} ${join(root, 'test/e2e/curl.ts')}`;

/** What lines of the README say when a shell runs them in an empty directory. */
async function told(commands: string, lines: string): Promise<string> {
  const cwd = scratchDirectory();
  const own = lines.replaceAll('$(cat .data/api-key)', program.key).replaceAll('http://localhost:3000', program.url);
  writeFileSync(join(cwd, 'lines.sh'), `${commands}\n${own}\n`);
  const shell = spawn('sh', ['lines.sh'], { cwd, env: { ...process.env, DATABASE_URL: program.databaseUrl } });
  let output = '';
  for (const stream of [shell.stdout, shell.stderr]) stream.setEncoding('utf8').on('data', text => (output += text));
  await once(shell, 'close');
  return output;
}

test("the README's ten calls do what they say", async () => {
  const block = /needs ten calls:\n\n```sh\n([\s\S]*?)```/.exec(readme)?.[1] ?? '';
  expect(block.match(/^# \d+\. /gm)).toHaveLength(10);
  expect(block.match(/\bcurl /g)).toHaveLength(10);
  const output = await told(`curl() { ${theirCurl} "$@"; echo; }`, `${block}echo "$TEAM $JOB $QR"`);

  const [team, job, qr] = /(team_\w+) (job_\w+) (qr_\w+)\s*$/.exec(output)?.slice(1) ?? [];
  if (!team || !job || !qr) throw new Error(`the tour told: ${output}`);
  expect(output).not.toContain('"request_id"');
  expect(output).toContain('<svg');
  const call = caller(program.url, program.key);
  await until(async () => (await call('GET', `/v1/jobs/${job}`)).body.status === 'finished', 10_000);
  expect((await call('GET', `/v1/qr/${qr}`)).body).toMatchObject({ team, destination: 'https://example.com/spring' });
  expect((await call('GET', `/v1/teams/${team}`)).body.quota).toEqual({
    qrCodesPerMonth: 1_000,
    requestsPerMinute: 120,
  });
  const { teams } = (await call('GET', '/v1/account/usage')).body;
  expect(teams.find((row: { id: string }) => row.id === team)).toMatchObject({
    name: 'Customer 4711',
    qrCodesCreated: 3,
  });
});

test('the page for auditors can be followed with a key that may do nothing else', async () => {
  const call = caller(program.url, program.key);
  const json = { name: 'Auditor', scope: 'audit' };
  const { key } = (await call('POST', '/v1/keys', { json })).body;
  const page = /\n## For auditors\n([\s\S]*?)\n## /.exec(readme)?.[1] ?? '';
  const lines = [...page.matchAll(/```sh\n([\s\S]*?)```/g)].map(([, block]) => block).join('');
  expect(lines.match(/\bbun run audit \w+/g)).toHaveLength(5);
  const commands = `curl() { ${theirCurl} "$@"; }\nbun() { shift 2; ${process.execPath} ${join(root, 'src/audit.ts')} "$@"; }`;
  const output = await told(commands, lines.replace('$(cat .data/api-key)', key));
  for (const line of [
    /^\d+ events of org_\w+ are those of the kept checkpoint\.$/m,
    /^\d+ events and 0 blobs of org_\w+: the export is whole\.$/m,
    /^The kept checkpoint of \d+ events holds\.$/m,
    /^The event at position \d+ is in the ledger of \d+ events:$/m,
    /^The ledger of \d+ events goes on from the kept one of \d+\.$/m,
  ])
    expect(output).toMatch(line);
});
