import { beforeAll, describe, expect, test } from 'bun:test';
import { type Call, caller } from '../support/client.ts';
import type { Place } from '../support/program.ts';
import { places, refusal } from '../support/refusal.ts';
import { sharedProgram } from '../support/shared-program.ts';
import { stranger } from '../support/tenants.ts';

let program: Place;
let call: Call;
let styleId: string;

const destination = 'https://example.com/';
const looks = { dotShape: 'rounded', dotColor: '#14213d' };

beforeAll(async () => {
  program = await sharedProgram();
  call = caller(program.url, program.key);
  styleId = (await call('POST', '/v1/styles', { json: { name: 'House', style: looks } })).body.id;
});

const create = (json: object) => call('POST', '/v1/qr/create', { json: { destination, ...json } });
const styleOf = async (id: string) => (await call('GET', `/v1/qr/${id}`)).body.style;

describe('the looks of a template', () => {
  test('are copied to a code that is made, one or many, and to one that is changed', async () => {
    const { status, body } = await create({ styleId });
    expect([status, body.style]).toEqual([201, looks]);
    expect(body.styleId).toBeUndefined();
    const codes = [{ destination, styleId }, { destination }];
    const bulk = (await call('POST', '/v1/qr/bulk', { json: { codes } })).body.codes;
    expect([await styleOf(bulk[0].id), await styleOf(bulk[1].id)]).toEqual([looks, {}]);
    const changed = await call('PATCH', `/v1/qr/${bulk[1].id}`, { json: { styleId } });
    expect(changed.body.style).toEqual(looks);
  });

  test('stay with a code when the template is changed or deleted', async () => {
    const other = (await call('POST', '/v1/styles', { json: { name: 'Short', style: looks } })).body.id;
    const { id } = (await create({ styleId: other })).body;
    await call('PATCH', `/v1/styles/${other}`, { json: { style: {} } });
    await call('DELETE', `/v1/styles/${other}`);
    expect(await styleOf(id)).toEqual(looks);
    expect(places(refusal(await create({ styleId: other }), 422, 'validation_failed'))).toEqual(['/styleId unknown']);
  });

  test('that do not scan are refused for each code as they were for the template', async () => {
    const json = { name: 'Pale', style: { dotColor: '#ccc' }, force: true };
    const pale = (await call('POST', '/v1/styles', { json })).body.id;
    const faults = refusal(await create({ styleId: pale }), 422, 'validation_failed');
    expect(places(faults)).toEqual(['/style/dotColor not_scannable']);
    expect((await create({ styleId: pale, force: true })).body.forced).toBe(true);
  });

  test('are not given beside others, and not to another organisation', async () => {
    const both = refusal(await create({ styleId, style: {} }), 422, 'validation_failed');
    expect(places(both)).toEqual(['/styleId not_allowed']);
    const theirs = await stranger(program);
    const codes = [{ destination }, { destination, styleId }];
    const faults = refusal(await theirs('POST', '/v1/qr/bulk', { json: { codes } }), 422, 'validation_failed');
    expect(places(faults)).toEqual(['/codes/1/styleId unknown']);
  });
});
