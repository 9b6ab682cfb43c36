/**
 * `audit replay`: read models are built anew beside the running program, compared and put in place, while every redirect
 * is answered; what differs is told.
 */
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { projections } from '../../projections/index.ts';
import { connect } from '../../src/store/connect.ts';
import { audit } from '../support/audit.ts';
import { type Call, caller, iPhone } from '../support/client.ts';
import { type Program, startProgram } from '../support/program.ts';
import { liftLimits } from '../support/tenants.ts';

let program: Program;
let call: Call;
const codes: { id: string; slug: string }[] = [];

beforeAll(async () => {
  program = await startProgram();
  call = caller(program.url, program.key);
  await liftLimits(program);
  for (let i = 0; i < 20; i++) {
    const json = { destination: `https://example.com/${i}`, label: `code ${i}` };
    codes.push((await call('POST', '/v1/qr/create', { json })).body);
  }
  // What is personal in the midst of what is not: read from the ledger it comes behind it.
  const style = { frame: { text: 'SCAN ME', shape: 'banner-top', color: '#112233' }, dotColor: '#000000' };
  const routing = {
    parameters: { add: { b: '1', a: '2' }, pass: 'utm' },
    rules: [{ destination: 'https://example.com/r', when: { countries: ['DE'], languages: ['de'] }, name: 'r' }],
  };
  const vcard = { note: 'N', firstName: 'Jane', email: 'jane@example.com' };
  const made = [
    await call('POST', '/v1/qr/create', { json: { style, routing, label: 'L', destination: 'https://example.com/' } }),
    await call('POST', '/v1/qr/create', { json: { content: vcard, type: 'vcard' } }),
    await call('POST', '/v1/styles', { json: { style, name: 'Looks' } }),
    await call('POST', '/v1/domains', { json: { host: 'go.example.com' } }),
  ];
  expect(made.map(({ status }) => status)).toEqual([201, 201, 201, 201]);
  const changed = [
    await call('PATCH', `/v1/qr/${made[0]!.body.id}`, { json: { style: { ...style, dotColor: '#111111' } } }),
    await call('PATCH', `/v1/domains/${made[3]!.body.id}`, {
      json: { pages: { root: { url: 'https://example.com/' } } },
    }),
  ];
  expect(changed.map(({ status }) => status)).toEqual([200, 200]);
});
afterAll(async () => {
  await program?.stop();
});

test('all read models are the same when they are built anew, and no redirect fails meanwhile', async () => {
  let isReplaying = true;
  const statuses: number[] = [];
  const scanning = [0, 1].map(async lane => {
    for (let i = lane; isReplaying; i++) {
      const { slug } = codes[i % codes.length]!;
      const answer = await caller(program.url)('GET', `/${slug}`, { headers: { 'user-agent': iPhone } });
      statuses.push(answer.status);
      if (i % 50 === 0) await call('PATCH', `/v1/qr/${codes[i % codes.length]!.id}`, { json: { label: `new ${i}` } });
    }
  });
  const { status, output, errors } = await audit(program.databaseUrl, 'replay');
  isReplaying = false;
  await Promise.all(scanning);
  expect({ status, errors: errors.split('\n').filter(line => /rror/.test(line)) }).toEqual({ status: 0, errors: [] });
  expect(output.trim().split('\n')).toHaveLength(projections.length);
  for (const { name } of projections) {
    expect(output).toMatch(new RegExp(`^${name}: [\\d,]+ rows at position [\\d,]+, the same, and now serving$`, 'm'));
  }
  expect(statuses.length).toBeGreaterThan(50);
  expect(new Set(statuses)).toEqual(new Set([302]));
  // The program goes on with the new ones.
  const { id } = codes[0]!;
  await call('PATCH', `/v1/qr/${id}`, { json: { label: 'after the replay' } });
  expect((await call('GET', `/v1/qr/${id}`)).body.label).toBe('after the replay');
}, 120_000);

test('rows that are not what the ledger says are told, and replaced when that is wished', async () => {
  const sql = connect(program.databaseUrl, { max: 1 });
  const { id } = codes[1]!;
  await sql`update qrs_v1.codes set label = 'forged' where id = ${id}`;
  await sql.end();
  const told = await audit(program.databaseUrl, 'replay', 'qrs');
  expect(told.status).toBe(1);
  expect(told.output).toContain('qrs.codes: 1 rows that should not be there, 1 missing');
  expect(told.output).toContain('forged');
  expect(told.errors).toContain('NOT what the ledger says: qrs. With --repair');
  expect((await call('GET', `/v1/qr/${id}`)).body.label).toBe('forged');
  expect((await audit(program.databaseUrl, 'replay', 'qrs', '--repair')).status).toBe(0);
  expect((await call('GET', `/v1/qr/${id}`)).body.label).not.toBe('forged');
  const kept = await audit(program.databaseUrl, 'replay', 'qrs,styles', '--keep');
  expect(kept.output).not.toContain('serving');
  expect(kept.status).toBe(0);
  // One at a time.
  const another = connect(program.databaseUrl, { max: 1 });
  await another`select pg_advisory_lock(hashtext('indelible replay'))`;
  expect((await audit(program.databaseUrl, 'replay', 'qrs')).errors).toContain('Another replay is at work');
  await another.end();
  expect((await audit(program.databaseUrl, 'replay', 'nothing')).errors).toContain('There is no read model nothing');
}, 120_000);
