/**
 * Jobs: rows by the thousand, each with an outcome of its own, that go on where they were when the program is killed,
 * end when they are cancelled or their key is revoked, and make no more than the quota lets.
 */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { jobs } from '../../projections/jobs.ts';
import { schemaOf } from '../../projections/projection.ts';
import { newId } from '../../src/ids.ts';
import { connect } from '../../src/store/connect.ts';
import { type Call, caller } from '../support/client.ts';
import { jobOver, jobRows, ndjson, numbered } from '../support/jobs.ts';
import { callerWith } from '../support/keys.ts';
import { type Program, startProgram } from '../support/program.ts';
import { refusal } from '../support/refusal.ts';
import {
  anotherOrganization,
  liftLimits,
  limitReached,
  organizationOf,
  setLimits,
  stranger,
} from '../support/tenants.ts';
import { until } from '../support/until.ts';

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

const prefer = { prefer: 'respond-async' };
const over = (id: string, by = call) => jobOver(by, id);
const rowsOf = (id: string, query = '', by = call) => jobRows(by, id, query);
const codes = async (by = call) => (await by('GET', '/v1/qr?limit=1')).body.total;

describe('a job', () => {
  test('makes codes in the background, and tells of each row', async () => {
    const json = {
      codes: [
        { destination: 'https://example.com/', slug: 'job-a' },
        { destination: 'https://example.com/', slug: 'job-a2' },
      ],
    };
    await call('POST', '/v1/qr/create', { json: { destination: 'https://example.com/', slug: 'job-a2' } });
    const rows = [
      ...json.codes,
      { destination: 'javascript:alert(1)' },
      { destination: 'https://example.com/', tags: ['X'] },
    ];
    const { status, headers, body } = await call('POST', '/v1/qr/import', ndjson(rows));
    expect([status, body.status, body.rows]).toEqual([202, 'queued', 4]);
    expect(headers.get('location')).toEndWith(`/v1/jobs/${body.id}`);
    expect(await over(body.id)).toMatchObject({ status: 'finished', done: 4, failed: 2, progress: 100 });
    const told = await rowsOf(body.id);
    expect(told.map((row: { outcome: string }) => row.outcome)).toEqual(['done', 'failed', 'failed', 'done']);
    expect(told[1].errors).toMatchObject([{ pointer: '/slug', code: 'taken' }]);
    expect(told[2].errors).toMatchObject([{ pointer: '/destination', code: 'scheme' }]);
    expect((await call('GET', `/v1/qr/${told[3].id}`)).body.tags).toEqual(['x']);
    expect((await rowsOf(body.id, '&outcome=failed')).map((row: { row: number }) => row.row)).toEqual([1, 2]);
    expect((await call('GET', '/v1/jobs?limit=1')).body.data[0].id).toBe(body.id);
    const { data } = (await call('GET', `/v1/events?stream=${body.id}`)).body;
    expect(data.map((event: { type: string }) => event.type)).toEqual([
      'job.requested',
      'job.advanced',
      'job.finished',
    ]);
    expect(new Set(data.map((event: { actor: string }) => event.actor)).size).toBe(1);
  });

  test('is what a bulk creation becomes when its answer is not waited for', async () => {
    const before = await codes();
    const { status, headers, body } = await call('POST', '/v1/qr/bulk', {
      json: { codes: numbered(3) },
      headers: prefer,
    });
    expect([status, headers.get('preference-applied')]).toEqual([202, 'respond-async']);
    expect(await over(body.id)).toMatchObject({ status: 'finished', done: 3, failed: 0 });
    expect(await codes()).toBe(before + 3);
  });

  test('changes and deletes codes, and those that can not be are told', async () => {
    const made = (await call('POST', '/v1/qr/bulk', { json: { codes: numbered(3) } })).body.codes;
    const ids = made.map(({ id }: { id: string }) => id);
    const json = {
      codes: [
        { id: ids[0], label: 'J' },
        { id: 'qr_0', label: 'J' },
        { id: ids[1], content: { text: 'x' } },
      ],
    };
    const changing = await call('PATCH', '/v1/qr/bulk', { json, headers: prefer });
    expect(changing.status).toBe(202);
    expect(await over(changing.body.id)).toMatchObject({ status: 'finished', done: 3, failed: 2 });
    expect((await call('GET', `/v1/qr/${ids[0]}`)).body.label).toBe('J');
    const deleting = await call('DELETE', '/v1/qr/bulk', { json: { ids: [...ids, 'qr_0'] }, headers: prefer });
    expect(await over(deleting.body.id)).toMatchObject({ status: 'finished', done: 4, failed: 1 });
    expect((await rowsOf(deleting.body.id, '&outcome=failed'))[0]).toMatchObject({
      row: 3,
      id: null,
      errors: [{ code: 'unknown' }],
    });
  });

  test('is taken in once for one idempotency key', async () => {
    const options = ndjson(numbered(2));
    const headers = { ...options.headers, 'idempotency-key': 'job-1' };
    const before = await codes();
    const answers = await Promise.all([1, 2, 3].map(() => call('POST', '/v1/qr/import', { ...options, headers })));
    expect(new Set(answers.map(({ body }) => body.id)).size).toBe(1);
    await over(answers[0]!.body.id);
    expect(await codes()).toBe(before + 2);
  });

  test('that is not taken in leaves none of its rows behind', async () => {
    const headers = { 'content-type': 'application/x-ndjson', 'idempotency-key': 'job-2' };
    await over((await call('POST', '/v1/qr/import', { ...ndjson(numbered(1)), headers })).body.id);
    refusal(await call('POST', '/v1/qr/import', { ...ndjson(numbered(2)), headers }), 422, 'idempotency_key_reused');
    const sql = connect(program.databaseUrl, { max: 1 });
    // As when the program had died before the job was on record, long ago and just now.
    const orphans = ['job_01J3K9M2P8XABCDEFGHJKMNPQR', newId('job')];
    for (const id of orphans) await sql`insert into job.inputs values (${id}, 0, '[]')`;
    const left = async () => (await sql`select job from job.inputs`).map(({ job }) => job);
    await until(async () => (await left()).length === 1, 10_000);
    expect(await left()).toEqual([orphans[1]!]);
    await sql`delete from job.inputs`;
    await sql.end();
  });

  test('of others is not there', async () => {
    const { body } = await call('POST', '/v1/qr/import', ndjson(numbered(1)));
    const org = await organizationOf(program);
    for (const other of [
      await stranger(program),
      await callerWith(program, org, { mode: 'test' }),
      await callerWith(program, org, { tags: ['t'] }),
    ]) {
      for (const [method, tail] of [
        ['GET', ''],
        ['GET', '/rows'],
        ['POST', '/cancel'],
      ] as const) {
        refusal(await other(method, `/v1/jobs/${body.id}${tail}`), 404, 'not_found');
      }
      expect((await other('GET', '/v1/jobs')).body.data).toEqual([]);
    }
  });

  test('is cancelled: what is done stays, the rest is left, and its rows are forgotten', async () => {
    const before = await codes();
    const { body } = await call('POST', '/v1/qr/import', ndjson(numbered(20_000)));
    const cancelled = await call('POST', `/v1/jobs/${body.id}/cancel`);
    expect([cancelled.status, cancelled.body.status]).toEqual([200, 'cancelled']);
    const { done } = await over(body.id);
    expect(done).toBeLessThan(20_000);
    const sql = connect(program.databaseUrl, { max: 1 });
    const areForgotten = async () => (await sql`select 1 from job.inputs where job = ${body.id}`).length === 0;
    await until(areForgotten, 10_000);
    // As when it was cancelled before anybody had looked at it.
    await sql`insert into job.inputs values (${body.id}, 0, '[]')`;
    await until(areForgotten, 10_000);
    await sql.end();
    expect(await codes()).toBe(before + done);
  });

  test('that can not even be failed keeps no other waiting', async () => {
    const sql = connect(program.databaseUrl, { max: 1, searchPath: [schemaOf(jobs)] });
    // The oldest there is, and nothing of it is on record.
    await sql`insert into jobs select (json_populate_record(jobs, '{"id":"job_0","key":"","status":"queued"}')).* from jobs limit 1`;
    const { body } = await call('POST', '/v1/qr/import', ndjson(numbered(1)));
    expect(await over(body.id)).toMatchObject({ status: 'finished', done: 1 });
    await until(() => program.log().includes('There is no such job.'), 10_000);
    await sql`delete from jobs where id = 'job_0'`;
    await sql.end();
  });

  test('stops when the key in whose name it runs is revoked', async () => {
    const issued = (await call('POST', '/v1/keys', { json: { name: 'Importer', scope: 'write' } })).body;
    const { body } = await caller(program.url, issued.key)('POST', '/v1/qr/import', ndjson(numbered(20_000)));
    await call('DELETE', `/v1/keys/${issued.id}`);
    const ended = await over(body.id);
    expect([ended.status, ended.reason]).toEqual(['failed', 'The key in whose name it runs was revoked.']);
  });

  test('makes as many codes as the quota lets, to the last, and the other rows say why not', async () => {
    const { org, key } = await anotherOrganization(program, 'Small');
    await setLimits(program, org, { qrCodesPerMonth: 1_700, apiRequestsPerMinute: 10_000 });
    await limitReached(program, key, 10_000);
    const small = caller(program.url, key);
    const { body } = await small('POST', '/v1/qr/import', ndjson(numbered(3_000)));
    expect(await over(body.id, small)).toMatchObject({ status: 'finished', done: 3_000, failed: 1_300 });
    expect(await codes(small)).toBe(1_700);
    expect((await rowsOf(body.id, '&outcome=failed', small))[0].errors).toMatchObject([
      { pointer: '', code: 'quota_exceeded' },
    ]);
  });
});
