/**
 * The README's tour of ten calls, run as it stands there, by a shell against the real program. Its own curl knows no more
 * than the lines use, so that a machine without curl runs the test too.
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
let program: Program;
beforeAll(async () => {
  program = await startProgram();
});
afterAll(async () => {
  await program?.stop();
});

test("the README's ten calls do what they say", async () => {
  const readme = readFileSync(join(root, 'README.md'), 'utf8');
  const block = /needs ten calls:\n\n```sh\n([\s\S]*?)```/.exec(readme)?.[1] ?? '';
  expect(block.match(/^# \d+\. /gm)).toHaveLength(10);
  expect(block.match(/\bcurl /g)).toHaveLength(10);
  const file = join(scratchDirectory(), 'tour.sh');
  const curl = `curl() { ${process.execPath} ${join(root, 'test/e2e/curl.ts')} "$@"; echo; }\n`;
  const lines = block.replace('$(cat .data/api-key)', program.key).replace('http://localhost:3000', program.url);
  writeFileSync(file, `${curl}${lines}echo "$TEAM $JOB $QR"\n`);
  const shell = spawn('sh', [file]);
  let output = '';
  for (const stream of [shell.stdout, shell.stderr]) stream.setEncoding('utf8').on('data', text => (output += text));
  await once(shell, 'close');

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
