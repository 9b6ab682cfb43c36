/** What single rows of a job come to: whatever stands against one is told of it, and is nothing to the others. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { type Call, caller } from '../support/client.ts';
import { jobOver, jobRows, ndjson, numbered } from '../support/jobs.ts';
import { callerWith } from '../support/keys.ts';
import { type Program, startProgram } from '../support/program.ts';
import { firstOrganization, liftLimits } from '../support/tenants.ts';

let program: Program;
let call: Call;
beforeAll(async () => {
  program = await startProgram();
  await liftLimits(program);
  call = caller(program.url, program.key);
});
afterAll(async () => {
  await program?.stop();
});

describe('a job', () => {
  test('tells of a row whatever rule stands against it, and makes the others', async () => {
    const { headers } = await call('GET', '/v1/blocklist');
    const ifMatch = { 'if-match': headers.get('etag')! };
    await call('PUT', '/v1/blocklist', { json: { hosts: ['blocked.example'] }, headers: ifMatch });
    const destination = 'https://example.com/';
    const schedule = [{ at: '2020-01-01T00:00:00Z', destination }];
    const bad = [
      { destination, slug: 'Same-Slug' },
      { destination: 'https://blocked.example/' },
      { destination, routing: { schedule } },
    ];
    const rows = [{ destination, slug: 'same-slug' }, ...bad, { destination }];
    const { body } = await call('POST', '/v1/qr/import', ndjson(rows));
    expect(await jobOver(call, body.id)).toMatchObject({ status: 'finished', done: 5, failed: 3 });
    const told = await jobRows(call, body.id, '&outcome=failed');
    expect(told.map((row: { errors: object[] }) => row.errors)).toMatchObject([
      [{ pointer: '/slug', code: 'duplicate', detail: 'The slug is asked for twice; first in row 0.' }],
      [{ pointer: '/destination', code: 'blocked' }],
      [{ pointer: '/routing/schedule/0/at', code: 'too_small' }],
    ]);
    const dry = await call('POST', '/v1/qr/import?dryRun=true', ndjson(rows));
    expect(dry.body.errors.map((error: { row: number }) => error.row)).toEqual([0, 1, 2, 3]);
    const narrow = await callerWith(program, await firstOrganization(program), { domains: ['go.example'] });
    const without = (await narrow('POST', '/v1/qr/import', ndjson(numbered(300)))).body.id;
    expect(await jobOver(narrow, without)).toMatchObject({ status: 'finished', failed: 300 });
    expect((await jobRows(narrow, without))[299].errors).toMatchObject([{ pointer: '/domain', code: 'not_allowed' }]);
  });

  test('goes on behind rows that nobody foresaw, and keeps no other job waiting', async () => {
    // No event can hold the name of this field, not even to say that there is no such field.
    const odd = { destination: 'https://example.com/', 'a\u0000b': 1 };
    const rows = numbered(1_500).map((row, i) => (i === 700 || i === 1_400 ? odd : row));
    const first = (await call('POST', '/v1/qr/import', ndjson(rows))).body.id;
    const second = (await call('POST', '/v1/qr/import', ndjson(numbered(1)))).body.id;
    expect(await jobOver(call, second)).toMatchObject({ status: 'finished', done: 1, failed: 0 });
    expect(await jobOver(call, first)).toMatchObject({ status: 'finished', done: 1_500, failed: 2 });
    expect(await jobRows(call, first, '&outcome=failed')).toMatchObject([
      { row: 700, errors: [{ pointer: '', code: 'internal_error' }] },
      { row: 1_400, errors: [{ pointer: '', code: 'internal_error' }] },
    ]);
    expect(program.log()).toContain("can't hold the data of this job.advanced");
  });

  test('brings as many different looks as it has rows', async () => {
    // Too pale to be read, so that none of them costs a try.
    const pale = (i: number) => ({ dotShape: 'dots', dotColor: `#ffff${(16 + i).toString(16)}` });
    const rows = numbered(104).map((row, i) => ({ ...row, style: pale(i) }));
    const { body } = await call('POST', '/v1/qr/import?force=true', ndjson(rows));
    expect(await jobOver(call, body.id)).toMatchObject({ status: 'finished', done: 104, failed: 0 });
    const advanced = (await call('GET', `/v1/events?stream=${body.id}&type=job.advanced`)).body.data;
    expect(advanced.map((event: { data: { from: number } }) => event.data.from)).toEqual([0, 100]);
  });

  test('takes a slug once, in whichever of its chunks', async () => {
    const rows = numbered(1_001).map((row, i) => (i % 1_000 === 0 ? { ...row, slug: 'far-apart' } : row));
    const { body } = await call('POST', '/v1/qr/import', ndjson(rows));
    expect(await jobOver(call, body.id)).toMatchObject({ status: 'finished', done: 1_001, failed: 1 });
    expect((await jobRows(call, body.id, '&outcome=failed'))[0]).toMatchObject({
      row: 1_000,
      errors: [{ code: 'taken' }],
    });
  });
});
