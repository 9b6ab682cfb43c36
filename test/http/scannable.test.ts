import { beforeAll, describe, expect, test } from 'bun:test';
import { type Call, caller } from '../support/client.ts';
import { logoForm } from '../support/form.ts';
import { plainSvg } from '../support/logos.ts';
import type { Place } from '../support/program.ts';
import { places, refusal } from '../support/refusal.ts';
import { sharedProgram } from '../support/shared-program.ts';

let program: Place;
let call: Call;

beforeAll(async () => {
  program = await sharedProgram();
  call = caller(program.url, program.key);
});

const destination = 'https://example.com/';
const pale = { dotColor: '#cccccc' };
const create = (json: object, query = '') => call('POST', `/v1/qr/create${query}`, { json: { destination, ...json } });

describe('looks that do not scan', () => {
  test('are refused when a code is made, and told as forced when they were', async () => {
    expect(places(refusal(await create({ style: pale }), 422, 'validation_failed'))).toEqual([
      '/style/dotColor not_scannable',
    ]);
    for (const { body, status } of [
      await create({ style: pale, force: true }),
      await create({ style: pale }, '?force=true'),
    ]) {
      expect([status, body.forced]).toEqual([201, true]);
      expect((await call('GET', `/v1/qr/${body.id}`)).body.forced).toBe(true);
    }
    expect((await create({ style: { dotColor: '#123' } }, '?force=true')).body.forced).toBe(false);
  });

  test('are refused in bulk, each where it stands, and nothing is made', async () => {
    const { total } = (await call('GET', '/v1/qr')).body;
    const codes = [{}, { style: pale }, { style: { quietZone: 0 } }].map(code => ({ destination, ...code }));
    const refused = await call('POST', '/v1/qr/bulk', { json: { codes } });
    expect(places(refusal(refused, 422, 'validation_failed'))).toEqual([
      '/codes/1/style/dotColor not_scannable',
      '/codes/2/style/quietZone not_scannable',
    ]);
    expect((await call('GET', '/v1/qr')).body.total).toBe(total);
    expect((await call('POST', '/v1/qr/bulk?force=true', { json: { codes } })).body.created).toBe(3);
  });

  test('are refused in a change, also for the logo that is there, and a good change takes the mark away', async () => {
    const { id } = (await create({})).body;
    const change = (json: object) => call('PATCH', `/v1/qr/${id}`, { json });
    await call('POST', `/v1/qr/${id}/logo`, logoForm(plainSvg));
    refusal(await change({ style: { ...pale, dotShape: 'dots' } }), 422, 'validation_failed');
    expect((await change({ style: pale, force: true })).body).toMatchObject({ forced: true, style: pale });
    expect((await change({ style: { dotShape: 'dots' } })).body.forced).toBe(false);
    const { data } = (await call('GET', `/v1/events?stream=${id}&type=qr.restyled`)).body;
    expect(data.map((event: { data: { forced?: true } }) => event.data.forced)).toEqual([true, undefined]);
  });

  test('are no hindrance to a change of something else', async () => {
    const { id } = (await create({ style: pale, force: true })).body;
    const { status, body } = await call('PATCH', `/v1/qr/${id}`, { json: { label: 'New' } });
    expect([status, body.forced]).toEqual([200, true]);
  });
});

test('one call brings many codes in one style, and not very many different ones', async () => {
  const styled = (n: number) =>
    Array.from({ length: n }, (_, i) => ({ destination, style: { dotShape: 'dots', quietZone: 4 + (i % 3) } }));
  expect((await call('POST', '/v1/qr/bulk', { json: { codes: styled(500) } })).body.created).toBe(500);
  const colors = Array.from({ length: 101 }, (_, i) => ({
    destination,
    style: { dotShape: 'dots', dotColor: `#0000${(16 + i).toString(16)}`, quietZone: 0 },
  }));
  const faults = refusal(await call('POST', '/v1/qr/bulk', { json: { codes: colors } }), 422, 'validation_failed');
  expect(places(faults)).toEqual(['/codes/100/style too_many']);
});
