/** What single rows of a job come to: whatever stands against one is told of it, and is nothing to the others. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import type { Fact } from '../../events/envelope.ts';
import { newId } from '../../src/ids.ts';
import { render } from '../../src/store/batch.ts';
import { carry } from '../../src/store/carrier.ts';
import { connect, transaction } from '../../src/store/connect.ts';
import { keepInput } from '../../src/store/job-inputs.ts';
import { Ledger } from '../../src/store/ledger.ts';
import { type Call, caller } from '../support/client.ts';
import { jobOver, jobRows, ndjson, numbered } from '../support/jobs.ts';
import { callerWith } from '../support/keys.ts';
import { type Program, startProgram } from '../support/program.ts';
import { liftLimits, organizationOf } from '../support/tenants.ts';
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
    const narrow = await callerWith(program, await organizationOf(program), { domains: ['go.example'] });
    const without = (await narrow('POST', '/v1/qr/import', ndjson(numbered(300)))).body.id;
    expect(await jobOver(narrow, without)).toMatchObject({ status: 'finished', failed: 300 });
    expect((await jobRows(narrow, without))[299].errors).toMatchObject([{ pointer: '/domain', code: 'not_allowed' }]);
  });

  test('goes on behind rows that nobody foresaw, and keeps no other job waiting', async () => {
    const sql = connect(program.databaseUrl, { max: 1 });
    await sql.unsafe(`
      create function public.odd() returns trigger language plpgsql as $$
        begin raise exception 'an odd name: %', new.name; end $$;
      create trigger odd before insert on ledger.claims for each row when (new.name like '%odd-one%')
        execute function public.odd()`);
    const rows = numbered(1_500).map((row, i) => (i === 700 || i === 1_400 ? { ...row, slug: `odd-one-${i}` } : row));
    const first = (await call('POST', '/v1/qr/import', ndjson(rows))).body.id;
    const second = (await call('POST', '/v1/qr/import', ndjson(numbered(1)))).body.id;
    expect(await jobOver(call, second)).toMatchObject({ status: 'finished', done: 1, failed: 0 });
    expect(await jobOver(call, first)).toMatchObject({ status: 'finished', done: 1_500, failed: 2 });
    expect(await jobRows(call, first, '&outcome=failed')).toMatchObject([
      { row: 700, errors: [{ pointer: '', code: 'internal_error' }] },
      { row: 1_400, errors: [{ pointer: '', code: 'internal_error' }] },
    ]);
    expect(program.log()).toContain('an odd name: slug:odd-one-700');
    await sql.unsafe('drop function public.odd cascade');
    await sql.end();
  });

  test('tells of a field with a name that no event can hold', async () => {
    const row = { destination: 'https://example.com/', 'a\u0000b': 1, 'c\ud800d': 1 };
    const { body } = await call('POST', '/v1/qr/import', ndjson([...numbered(1), row]));
    expect(await jobOver(call, body.id)).toMatchObject({ status: 'finished', done: 2, failed: 1 });
    expect((await jobRows(call, body.id, '&outcome=failed'))[0].errors).toMatchObject([
      {
        pointer: '/a\ufffdb',
        code: 'unknown_property',
        detail: expect.stringContaining('"a\ufffdb" is not known here.'),
      },
      {
        pointer: '/c\ufffdd',
        code: 'unknown_property',
        detail: expect.stringContaining('"c\ufffdd" is not known here.'),
      },
    ]);
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

  test('tells what a row came to in the end, when others changed its code meanwhile', async () => {
    const destination = 'https://example.com/';
    const create = async (json: object) =>
      (await call('POST', '/v1/qr/create', { json: { destination, ...json } })).body;
    const late = (await create({ routing: { startsAt: '2101-01-01T00:00:00Z' } })).id;
    const other = (await create({})).id;
    const sql = connect(program.databaseUrl, { max: 1 });
    const ledger = new Ledger(program.databaseUrl);
    const org = await organizationOf(program);
    const actor = (await call('GET', `/v1/events?stream=${late}`)).body.data[0].actor;
    const asked = { at: Date.now(), org, actor, request: null };
    const id = newId('job');
    const rows = [
      { id: late, routing: { expiresAt: '2100-01-01T00:00:00Z' } },
      { id: other, label: 'Ours' },
    ];
    // Somebody else is at it until all is ready.
    await sql`insert into job.leases values (${id}, 'nobody', now() + interval '1 hour')`;
    await keepInput(sql, id, rows);
    const requested: Fact = { type: 'job.requested', data: { kind: 'change', rows: 2 } };
    await ledger.append({ ...asked, writes: [{ stream: id, expected: 0, facts: [requested] }] });
    await transaction(sql, async tx => {
      // Not seen by anybody before the end, and nobody else can write until then.
      const opened: Fact = { type: 'qr.window_changed', data: { startsAt: null, expiresAt: null } };
      const writes = [
        { stream: late, expected: 2, facts: [opened] },
        { stream: other, expected: 1, facts: [{ type: 'qr.relabeled', data: { label: 'Theirs' } } as Fact] },
      ];
      const request = { ...asked, writes };
      await carry(tx, [{ request, rendered: render(request) }]);
      await sql`delete from job.leases where job = ${id}`;
      await until(async () => (await sql`select 1 from job.leases where job = ${id}`).length > 0, 10_000);
      await until(
        async () => (await sql`select 1 from pg_locks where locktype = 'advisory' and not granted`).length > 0,
        10_000,
      );
    });
    expect(await jobOver(call, id)).toMatchObject({ status: 'finished', done: 2, failed: 0 });
    expect((await call('GET', `/v1/qr/${late}`)).body.routing).toMatchObject({ expiresAt: '2100-01-01T00:00:00Z' });
    expect((await call('GET', `/v1/qr/${other}`)).body.label).toBe('Ours');
    await Promise.all([ledger.close(), sql.end()]);
  });
});
