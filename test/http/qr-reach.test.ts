/**
 * What a key reaches: codes of its mode, its team and its tags, on every route there is, and no other way in. A code out
 * of reach is not there; what a narrowed key makes is within its reach, and nothing it does takes a code out of it.
 */
import { beforeAll, describe, expect, test } from 'bun:test';
import { newId } from '../../src/ids.ts';
import { type Call, caller } from '../support/client.ts';
import { logoForm } from '../support/form.ts';
import { callerWith, onRecord } from '../support/keys.ts';
import { plainSvg } from '../support/logos.ts';
import type { Place } from '../support/program.ts';
import { places, refusal } from '../support/refusal.ts';
import { sharedProgram } from '../support/shared-program.ts';
import { organizationOf, stranger } from '../support/tenants.ts';
import { until } from '../support/until.ts';

let program: Place;
let whole: Call;
let trial: Call;
let tagged: Call;
let team: Call;
let hosted: Call;
let other: Call;
const teamId = newId('team', Date.now());

beforeAll(async () => {
  program = await sharedProgram();
  whole = caller(program.url, program.key);
  const org = await organizationOf(program);
  await onRecord(program, org, org, { type: 'team.created', data: { team: teamId, name: 'Field' } });
  trial = await callerWith(program, org, { mode: 'test' });
  tagged = await callerWith(program, org, { tags: ['summer', 'größe l'] });
  team = await callerWith(program, org, { team: teamId });
  hosted = await callerWith(program, org, { domains: ['go.example'] });
  other = await stranger(program);
});

const destination = 'https://example.com/landing';
const make = async (call: Call, more: object = {}) => {
  const answer = await call('POST', '/v1/qr/create', { json: { destination, ...more } });
  expect(answer.status).toBe(201);
  return answer.body;
};
const idsOf = async (call: Call, query = ''): Promise<string[]> =>
  (await call('GET', `/v1/qr?limit=100${query}`)).body.data.map((code: { id: string }) => code.id);

/** Every route that takes the id of a code, with input that is right. */
const routes: [string, string, object?][] = [
  ['GET', ''],
  ['GET', '?asOf=HEAD'],
  ['GET', '/history'],
  ['GET', '/image'],
  ['GET', '/analytics'],
  ['PATCH', '', { json: { label: 'taken' } }],
  ['POST', '/logo', logoForm(plainSvg)],
  ['DELETE', '/logo'],
  ['POST', '/restore', { json: { version: 1 } }],
  ['DELETE', ''],
];

describe('a code out of reach', () => {
  const kinds: [string, () => Call, () => Call, object][] = [
    ['of another organisation', () => whole, () => other, {}],
    ['of live keys, for a test key', () => whole, () => trial, {}],
    ['of test keys, for a live key', () => trial, () => whole, {}],
    ['of no team, for a key of one', () => whole, () => team, {}],
    ['under no domain of a key that is for some', () => whole, () => hosted, {}],
    ['without the tag, for a key that needs one', () => whole, () => tagged, { tags: ['winter'] }],
  ];

  test.each(kinds)('%s is not there, on any route, and stays as it is', async (_, owner, stranger, more) => {
    const { id, slug } = await make(owner(), { label: 'mine', folder: 'Mine', ...more });
    const { position } = (await whole('GET', '/v1/events?limit=1000')).body.data.at(-1);
    for (const [method, tail, options] of routes) {
      const answer = await stranger()(method, `/v1/qr/${id}${tail.replace('HEAD', position)}`, options);
      // What is for whole organisations, or none of this key's business, is refused before the code is looked for.
      if (answer.status === 403) refusal(answer, 403, 'not_permitted');
      else refusal(answer, 404, 'not_found');
    }
    expect(await idsOf(stranger())).not.toContain(id);
    expect(await idsOf(stranger(), `&slug=${slug}`)).toEqual([]);
    expect(await idsOf(stranger(), `&asOf=${position}`)).not.toContain(id);
    expect((await stranger()('GET', '/v1/folders')).body.data).not.toContainEqual({ name: 'Mine', codes: 1 });
    refusal(await stranger()('POST', '/v1/qr/sheet', { json: { ids: [id] } }), 404, 'not_found');
    refusal(await stranger()('GET', `/v1/qr/export?ids=${id}`), 404, 'not_found');
    expect((await stranger()('GET', '/v1/qr/export?format=ndjson')).body).not.toContain(id);
    expect((await owner()('GET', `/v1/qr/${id}`)).body).toMatchObject({ label: 'mine', status: 'active' });
    await owner()('DELETE', `/v1/qr/${id}`);
  });
});

describe('what a narrowed key makes', () => {
  test('is its own: a test code, of its team, with its tags', async () => {
    const [one, two, three] = [await make(trial), await make(team), await make(tagged)];
    expect([one.test, two.test, three.test]).toEqual([true, false, false]);
    expect([one.team, two.team]).toEqual([null, teamId]);
    expect(three.tags).toEqual(['größe l', 'summer']);
    expect((await make(tagged, { tags: [' Summer', 'x'] })).tags).toEqual(['summer', 'x']);
    for (const [call, { id }] of [
      [trial, one],
      [team, two],
      [tagged, three],
    ] as const) {
      expect((await call('GET', `/v1/qr/${id}`)).status).toBe(200);
      expect(await idsOf(call)).toContain(id);
    }
    expect((await whole('GET', `/v1/qr?team=${teamId}`)).body.data).toMatchObject([{ id: two.id }]);
  });

  test('is its own too when many are made at once', async () => {
    const { body } = await tagged('POST', '/v1/qr/bulk', {
      json: { codes: [{ destination }, { destination, tags: ['größe L'] }] },
    });
    const rows = await Promise.all(body.codes.map(({ id }: { id: string }) => tagged('GET', `/v1/qr/${id}`)));
    expect(rows.map(row => row.body.tags)).toEqual([['größe l', 'summer'], ['größe l']]);
  });

  test('leads to its destination whatever the key is', async () => {
    const { shortUrl } = await make(trial);
    const scanned = await caller(program.url)('GET', new URL(shortUrl).pathname);
    expect([scanned.status, scanned.headers.get('location')]).toEqual([302, destination]);
  });
});

test('a key for some domains sees the codes under them, and makes none elsewhere', async () => {
  const org = await organizationOf(program);
  const [at, id] = [Date.now(), newId('qr', Date.now())];
  const domain = { id: `dom_${newId('qr', at).slice(3)}`, host: 'go.example' };
  const data = { type: 'url', destination, slug: 'hosted', domain };
  await onRecord(program, org, id, { type: 'qr.created', data });
  await until(async () => (await hosted('GET', `/v1/qr/${id}`)).status === 200, 10_000);
  expect(await idsOf(hosted)).toEqual([id]);
  const made = await hosted('POST', '/v1/qr/create', { json: { destination } });
  expect(places(refusal(made, 422, 'validation_failed'))).toEqual(['/domain not_allowed']);
  const many = await hosted('POST', '/v1/qr/bulk', { json: { codes: [{ destination }] } });
  expect(places(refusal(many, 422, 'validation_failed'))).toEqual(['/codes/0/domain not_allowed']);
});

describe('a key for some tags', () => {
  test('may change all of a code but not take it out of its own reach', async () => {
    const { id } = await make(tagged, { tags: ['summer', 'x'] });
    const patch = (json: object) => tagged('PATCH', `/v1/qr/${id}`, { json });
    expect((await patch({ tags: ['Summer'] })).body.tags).toEqual(['summer']);
    for (const tags of [[], ['winter']]) {
      expect(places(refusal(await patch({ tags }), 422, 'validation_failed'))).toEqual(['/tags not_allowed']);
    }
    expect((await whole('GET', `/v1/qr/${id}`)).body.tags).toEqual(['summer']);
  });

  test('loses sight of a code that others take the tag from, and can not restore it back', async () => {
    const { id } = await make(whole, { tags: ['winter'] });
    await whole('PATCH', `/v1/qr/${id}`, { json: { tags: ['summer'] } });
    const away = await tagged('POST', `/v1/qr/${id}/restore`, { json: { version: 1 } });
    expect(places(refusal(away, 422, 'validation_failed'))).toEqual(['/version not_allowed']);
    await whole('PATCH', `/v1/qr/${id}`, { json: { tags: [] } });
    refusal(await tagged('GET', `/v1/qr/${id}`), 404, 'not_found');
    refusal(await tagged('POST', `/v1/qr/${id}/restore`, { json: { version: 2 } }), 404, 'not_found');
  });
});
