import { beforeAll, describe, expect, test } from 'bun:test';
import { type Call, caller } from '../support/client.ts';
import { callerWith } from '../support/keys.ts';
import type { Place } from '../support/program.ts';
import { places, refusal } from '../support/refusal.ts';
import { sharedProgram } from '../support/shared-program.ts';
import { liftLimits, organizationOf, stranger } from '../support/tenants.ts';

let program: Place;
let call: Call;
beforeAll(async () => {
  program = await sharedProgram();
  await liftLimits(program);
  call = caller(program.url, program.key);
});

const destination = 'https://example.com/';
const make = async (count: number, by = call): Promise<string[]> => {
  const { body } = await by('POST', '/v1/qr/bulk', {
    json: { codes: Array.from({ length: count }, () => ({ destination })) },
  });
  return body.codes.map(({ id }: { id: string }) => id);
};
const change = (codes: object[], by = call, headers = {}) => by('PATCH', '/v1/qr/bulk', { json: { codes }, headers });
const remove = (ids: string[], by = call, headers = {}) => by('DELETE', '/v1/qr/bulk', { json: { ids }, headers });
const labelOf = async (id: string) => (await call('GET', `/v1/qr/${id}`)).body.label;

describe('many codes', () => {
  test('are changed in one request, each as it is asked for', async () => {
    const [a, b, c] = await make(3);
    const answer = await change([
      { id: a!, label: 'A' },
      { id: b!, destination: 'https://example.com/b', tags: ['x'] },
      { id: c!, label: null },
    ]);
    expect([answer.status, answer.body]).toEqual([
      200,
      {
        changed: 2,
        codes: [
          { id: a, version: 2 },
          { id: b, version: 3 },
          { id: c, version: 1 },
        ],
      },
    ]);
    expect((await call('GET', `/v1/qr/${b}`)).body).toMatchObject({
      destination: 'https://example.com/b',
      tags: ['x'],
    });
  });

  test('are changed all or none, and every fault is told at its row', async () => {
    const [a, b] = await make(2);
    await call('DELETE', `/v1/qr/${b}`);
    const answer = await change([
      { id: a!, label: 'A' },
      { id: b!, label: 'B' },
      { id: a!, label: 'C' },
      { id: 'qr_x', label: 'D' },
    ]);
    expect(places(refusal(answer, 422, 'validation_failed'))).toEqual([
      ...['/codes/1/id unknown', '/codes/2/id duplicate', '/codes/3/id unknown'],
    ]);
    const wrong = await change([{ id: a!, destination: 'x', colour: 1 }, { label: 'B' }]);
    expect(places(refusal(wrong, 422, 'validation_failed')).sort()).toEqual([
      ...['/codes/0/colour unknown_property', '/codes/0/destination format', '/codes/1/id required'],
    ]);
    const content = await change([
      { id: a!, content: { text: 'x' } },
      { id: a!.replace(/.$/, '~'), label: 'x' },
    ]);
    expect(places(refusal(content, 422, 'validation_failed'))).toEqual(
      ['/codes/0/content not_allowed', '/codes/1/id unknown'].slice(1),
    );
    expect(places(refusal(await change([{ id: a!, content: { text: 'x' } }]), 422, 'validation_failed'))).toEqual([
      '/codes/0/content not_allowed',
    ]);
    expect(await labelOf(a!)).toBeNull();
  });

  test('are deleted in one request, all or none', async () => {
    const ids = await make(3);
    expect(places(refusal(await remove([...ids, 'qr_x']), 422, 'validation_failed'))).toEqual(['/ids/3 unknown']);
    expect((await call('GET', `/v1/qr/${ids[0]}`)).status).toBe(200);
    const answer = await remove(ids);
    expect([answer.status, answer.body]).toEqual([200, { deleted: 3, ids }]);
    for (const id of ids) expect((await call('GET', `/v1/qr/${id}`)).body.status ?? 'gone').not.toBe('active');
    refusal(await call('DELETE', '/v1/qr/bulk'), 400, 'malformed_json');
  });

  test('are changed once for one idempotency key', async () => {
    const [id] = await make(1);
    const headers = { 'idempotency-key': `bulk-${id}` };
    const [first, again] = [
      await change([{ id: id!, label: 'A' }], call, headers),
      await change([{ id: id!, label: 'A' }], call, headers),
    ];
    expect([again.body, again.headers.get('idempotency-replayed')]).toEqual([first.body, 'true']);
    expect((await call('GET', `/v1/qr/${id}/history`)).body.total).toBe(2);
  });

  test('of others are not there', async () => {
    const org = await organizationOf(program);
    const [mine] = await make(1);
    for (const other of [await stranger(program), await callerWith(program, org, { mode: 'test' })]) {
      expect(places(refusal(await change([{ id: mine!, label: 'X' }], other), 422, 'validation_failed'))).toEqual([
        '/codes/0/id unknown',
      ]);
      expect(places(refusal(await remove([mine!], other), 422, 'validation_failed'))).toEqual(['/ids/0 unknown']);
    }
    expect(await labelOf(mine!)).toBeNull();
  });
});
