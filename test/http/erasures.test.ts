/**
 * Erasing a code over HTTP: what was personal is nowhere any more, what was counted and done is still told, and nothing
 * brings the rest back.
 */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { connect, type Sql } from '../../src/store/connect.ts';
import { wholeDump } from '../e2e/whole-dump.ts';
import { audit } from '../support/audit.ts';
import { type Call, caller, iPhone } from '../support/client.ts';
import { logoForm, logoPath } from '../support/form.ts';
import { callerWith } from '../support/keys.ts';
import { type Program, startProgram } from '../support/program.ts';
import { refusal } from '../support/refusal.ts';
import { keyOf, organizationOf, stranger } from '../support/tenants.ts';
import { until } from '../support/until.ts';

let program: Program;
let call: Call;
let org: string;

beforeAll(async () => {
  program = await startProgram();
  call = caller(program.url, program.key);
  org = await organizationOf(program);
});
afterAll(async () => {
  await program?.stop();
});

const make = async (more: object = {}, headers: Record<string, string> = {}) =>
  (await call('POST', '/v1/qr/create', { json: { destination: 'https://example.com/jane', ...more }, headers })).body;
const erase = (id: string, by = call, headers: Record<string, string> = {}) =>
  by('POST', `/v1/qr/${id}/erase`, { headers });
const visit = (path: string) =>
  caller(program.url)('GET', path, { headers: { 'user-agent': iPhone, 'x-forwarded-for': '8.8.8.8' } });
const scansOf = async (from: string) => (await call('GET', `/v1/analytics?from=${from}`)).body.totalScans as number;
const today = new Date().toISOString().slice(0, 10);

describe('an erased code', () => {
  test('is answered as gone, and asking again changes nothing', async () => {
    const { id } = await make();
    expect((await erase(id)).body).toEqual({ erased: true, id });
    expect((await erase(id)).body).toEqual({ erased: true, id });
    const { data } = (await call('GET', `/v1/events?stream=${id}`)).body;
    expect(data.map((event: { type: string }) => event.type)).toEqual(['qr.created', 'qr.erased']);
  });

  test('is found by nobody and leads nowhere, and its slug stays taken', async () => {
    const { id, slug } = await make({ slug: 'for-jane' });
    expect((await visit(`/${slug}`)).status).toBe(302);
    await erase(id);
    expect((await visit(`/${slug}`)).status).toBe(410);
    refusal(await call('GET', `/v1/qr/${id}`), 404, 'not_found');
    refusal(await call('GET', `/v1/qr/${id}/image`), 404, 'not_found');
    refusal(await call('PATCH', `/v1/qr/${id}`, { json: { label: 'x' } }), 404, 'not_found');
    const list = async (query: string) => (await call('GET', `/v1/qr?${query}`)).body.data as { id: string }[];
    for (const query of ['search=jane&limit=100', 'status=deleted&limit=100', 'limit=100']) {
      expect((await list(query)).map(code => code.id)).not.toContain(id);
    }
    const again = await call('POST', '/v1/qr/create', { json: { destination: 'https://a.example/', slug } });
    refusal(again, 409, 'slug_taken');
  });

  test('is answered when the read models have forgotten it too, and not before', async () => {
    const { id, slug } = await make({ label: 'Jane' });
    const sql = connect(program.databaseUrl, { max: 1 });
    const label = async () => (await sql`select label from qrs_v1.codes where id = ${id}`)[0]?.['label'];
    expect(await until(async () => (await label()) === 'Jane', 5_000)).toBe(true);
    await sql`begin`;
    await sql`lock table qrs_v1.codes in exclusive mode`;
    let isAnswered = false;
    const erasing = erase(id).finally(() => {
      isAnswered = true;
    });
    await until(async () => (await visit(`/${slug}`)).status === 410, 5_000);
    // What was to be answered with it would be by now.
    for (let i = 0; i < 20; i++) await call('GET', '/livez');
    expect([isAnswered, await label()]).toEqual([false, 'Jane']);
    await sql`commit`;
    expect((await erasing).status).toBe(200);
    expect(await label()).not.toBe('Jane');
    await sql.end();
  });

  test('can not be restored, whichever version is asked for', async () => {
    const { id } = await make({ label: 'Jane' });
    await call('PATCH', `/v1/qr/${id}`, { json: { label: 'Jane Doe' } });
    await call('DELETE', `/v1/qr/${id}`);
    expect((await erase(id)).status).toBe(200);
    for (const json of [{}, { version: 1 }]) {
      refusal(await call('POST', `/v1/qr/${id}/restore`, { json }), 410, 'gone');
    }
  });

  test('keeps its history: who did what and when, with what was personal left blank', async () => {
    const rules = [{ type: 'wifi', destination: undefined, content: { ssid: 'Jane', password: 'secret jane' } }, {}];
    for (const more of rules) {
      const { id } = await make({ label: 'Jane', tags: ['jane'], folder: 'Jane', ...more });
      const style = { frame: { shape: 'box', text: 'Call Jane' }, dotColor: '#123456' };
      await call('PATCH', `/v1/qr/${id}`, { json: { label: 'Jane Doe', tags: ['jane', 'doe'], folder: 'Doe', style } });
      const before = (await call('GET', `/v1/qr/${id}/history?order=asc`)).body;
      await erase(id);
      const { data, total } = (await call('GET', `/v1/qr/${id}/history?order=asc`)).body;
      expect(total).toBe(before.total + 1);
      const kept = ({ version, position, at, type, actor, request }: Record<string, unknown>) => ({
        ...{ version, position, at, type, actor, request },
      });
      expect(data.slice(0, -1).map(kept)).toEqual(before.data.map(kept));
      expect(data.at(-1)).toMatchObject({ type: 'qr.erased', changes: expect.any(Array) });
      expect(JSON.stringify(data).toLowerCase()).not.toContain('jane');
      expect(JSON.stringify(data)).toContain('#123456');
      const feed = (await call('GET', `/v1/events?stream=${id}`)).body.data;
      expect(feed).toHaveLength(total);
      expect(JSON.stringify(feed).toLowerCase()).not.toContain('jane');
    }
  });

  test('is blank as of a moment when it was there, alone and in a list', async () => {
    const { id } = await make({ label: 'Jane' });
    const [created] = (await call('GET', `/v1/events?stream=${id}`)).body.data;
    await erase(id);
    const blank = { id, label: null, destination: null, tags: [], status: 'active', version: 1 };
    expect((await call('GET', `/v1/qr/${id}?asOf=${created.position}`)).body).toMatchObject(blank);
    const list = (await call('GET', `/v1/qr?asOf=${created.position}&limit=100`)).body.data;
    expect(list.find((code: { id: string }) => code.id === id)).toMatchObject(blank);
  });

  test('that was static is told without what is printed', async () => {
    const { id } = await make({ static: true });
    const [created] = (await call('GET', `/v1/events?stream=${id}`)).body.data;
    await erase(id);
    expect((await call('GET', `/v1/qr/${id}?asOf=${created.position}`)).body).toMatchObject({ id, encodes: '' });
    expect((await call('GET', `/v1/qr/${id}/history`)).status).toBe(200);
  });

  test('stays counted, and a scan of it can still be explained', async () => {
    const { id, slug } = await make();
    await visit(`/${slug}`);
    const before = await scansOf(today);
    await erase(id);
    expect(await scansOf(today)).toBe(before);
    const scans = (await call('GET', '/v1/events?type=scan.recorded')).body.data as {
      position: number;
      data: { qr: string };
    }[];
    const scan = scans.findLast(({ data }) => data.qr === id)!;
    const explained = await call('GET', `/v1/scans/${scan.position}/explain`);
    expect(explained.status).toBe(200);
    expect(explained.body).toMatchObject({ served: { version: 1, destination: null }, isCurrent: false });
  });

  test('takes the answers about it along: an idempotency key brings none of them back', async () => {
    const json = { destination: 'https://example.com/jane', label: 'Jane' };
    const headers = { 'idempotency-key': 'create-jane' };
    const { id } = (await call('POST', '/v1/qr/create', { json, headers })).body;
    const changing = { json: { label: 'Jane' }, headers: { 'idempotency-key': 'change-nothing' } };
    expect((await call('PATCH', `/v1/qr/${id}`, changing)).status).toBe(200);
    await erase(id, call, { 'idempotency-key': 'erase-jane' });
    refusal(await call('POST', '/v1/qr/create', { json, headers }), 410, 'gone');
    refusal(await call('POST', '/v1/qr/create', { json: { ...json, label: 'Joe' }, headers }), 410, 'gone');
    refusal(await call('PATCH', `/v1/qr/${id}`, changing), 410, 'gone');
    const again = await erase(id, call, { 'idempotency-key': 'erase-jane' });
    expect([again.headers.get('idempotency-replayed'), again.body]).toEqual(['true', { erased: true, id }]);
  });

  test('takes its logo along, unless another code has the same', async () => {
    const svg = (color: string) =>
      `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><rect width="9" height="9" fill="${color}"/></svg>`;
    const attach = async (id: string, color: string) =>
      logoPath((await call('POST', `/v1/qr/${id}/logo`, logoForm(svg(color)))).body);
    const [one, two] = [await make(), await make()];
    const alone = await attach(one.id, '#a00000');
    const shared = await attach(one.id, '#00a000');
    expect(await attach(two.id, '#00a000')).toBe(shared);
    await erase(one.id);
    expect([(await visit(alone)).status, (await visit(shared)).status]).toEqual([404, 200]);
    await erase(two.id);
    expect((await visit(shared)).status).toBe(404);
  });
});

describe('who may erase', () => {
  test('is who has the admin scope, and a code that is seen', async () => {
    const { id } = await make();
    for (const scope of ['read', 'write', 'audit'] as const) {
      refusal(await erase(id, caller(program.url, await keyOf(program, org, scope))), 403, 'scope_missing');
    }
    refusal(await erase(id, await stranger(program)), 404, 'not_found');
    refusal(await erase(id, await callerWith(program, org, { tags: ['other'] })), 404, 'not_found');
    refusal(await erase('qr_00000000000000000000000000'), 404, 'not_found');
    expect((await call('GET', `/v1/qr/${id}`)).status).toBe(200);
  });

  test('is also a key for a tag of the code, although the code has none any more then', async () => {
    const { id } = await make({ tags: ['mine'] });
    const mine = await callerWith(program, org, { tags: ['mine'] });
    expect((await erase(id, mine)).body).toEqual({ erased: true, id });
    refusal(await erase(id, mine), 404, 'not_found');
  });

  test('can say which version is meant', async () => {
    const { id } = await make();
    refusal(await erase(id, call, { 'if-match': '"2"' }), 412, 'precondition_failed');
    expect((await erase(id, call, { 'if-match': '"1"' })).status).toBe(200);
  });
});

describe('what a replay was building', () => {
  const replay = (...more: string[]) => audit(program.databaseUrl, 'replay', 'redirects', ...more);
  const forge = (sql: Sql, id: string, destination: string) =>
    until(async () => {
      const { count } = await sql`update redirects_v1.redirects set destination = ${destination} where qr = ${id}`;
      return count === 1;
    }, 10_000);
  const isKept = async () => (await wholeDump(program.databaseUrl)).includes('leftbehind');

  test('and has left goes with an erasure, and one that is at work begins anew', async () => {
    const [sql, holder] = [connect(program.databaseUrl, { max: 2 }), connect(program.databaseUrl, { max: 1 })];
    const destination = 'https://example.com/leftbehind';
    const [left, late, other] = [await make({ destination }), await make({ destination }), await make()];
    await forge(sql, other.id, 'https://forged.example/');
    expect((await replay()).errors).toContain('NOT what the ledger says');
    expect(await sql`select from redirects_v1_next.redirects where qr = ${left.id}`).toHaveLength(1);
    expect(await isKept()).toBe(true);
    await erase(left.id);
    expect(await sql`select from pg_namespace where nspname = 'redirects_v1_next'`).toHaveLength(0);

    expect((await replay()).errors).toContain('NOT what the ledger says');
    await forge(sql, other.id, 'https://example.com/jane');
    await holder`begin`;
    await holder`lock table redirects_v1_next.redirects`;
    const waiting = (count: number) =>
      until(async () => {
        const rows = await sql`
          select from pg_locks l join pg_database d on d.oid = l.database
          where not l.granted and d.datname = current_database()`;
        return rows.length === count;
      }, 20_000);
    const replaying = replay();
    await waiting(1);
    const erasing = erase(late.id);
    await waiting(2);
    await holder.end();
    const { status, errors, output } = await replaying;
    expect([(await erasing).status, status, await isKept()]).toEqual([200, 0, false]);
    expect(errors).toContain('redirects: begins anew, for something was erased');
    expect(output).toContain('the same, and now serving');
    await sql.end();
  }, 60_000);
});
