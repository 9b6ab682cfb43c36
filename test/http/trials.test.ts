import { beforeAll, expect, test } from 'bun:test';
import { type Call, caller, iPhone } from '../support/client.ts';
import type { Place } from '../support/program.ts';
import { places, refusal } from '../support/refusal.ts';
import { sharedProgram } from '../support/shared-program.ts';
import { stranger } from '../support/tenants.ts';

let program: Place;
let call: Call;
let id: string;
let slug: string;

const destination = 'https://example.com/own';
const lunch = {
  name: 'lunch',
  when: { weekdays: ['wed'], hours: { from: '11:30', until: '14:00' }, timeZone: 'Europe/Berlin' },
  destination: 'https://example.com/lunch',
};
const phones = {
  name: 'phones',
  when: { devices: ['mobile'], countries: ['US'] },
  destination: 'https://example.com/us',
};

beforeAll(async () => {
  program = await sharedProgram();
  call = caller(program.url, program.key);
  const routing = {
    ...{ rules: [lunch, phones], expiresAt: '2027-01-01T00:00:00Z', maxScans: 2, parameters: { pass: 'utm' } },
  };
  ({ id, slug } = (await call('POST', '/v1/qr/create', { json: { destination, routing } })).body);
});

const simulate = async (json: object, of = id) => call('POST', `/v1/qr/${of}/simulate`, { json });

test('tells what a visitor would get and each step that led there', async () => {
  const { status, body } = await simulate({ at: '2026-04-08T10:00:00Z', query: { utm_source: 'x', y: '1' } });
  expect(status).toBe(200);
  expect(body).toEqual({
    leadsTo: 'destination',
    status: 302,
    location: 'https://example.com/lunch?utm_source=x',
    rule: 'lunch',
    closed: null,
    steps: [
      { step: 'window', matched: false, because: 'it is 2026-04-08T10:00:00Z' },
      { step: 'limit', matched: false, because: 'there were fewer than 2 scans' },
      { step: 'rule', name: 'lunch', matched: true, because: 'all of it holds' },
    ],
  });
});

test('takes a visitor by what it has, or by its user agent and address', async () => {
  const at = '2026-04-08T20:00:00Z';
  for (const who of [
    { userAgent: iPhone, address: '8.8.8.8' },
    { device: 'mobile', system: 'iOS', country: 'US' },
  ]) {
    const { body } = await simulate({ at, ...who });
    expect([body.rule, body.location]).toEqual(['phones', 'https://example.com/us']);
    expect(body.steps.at(-2)).toEqual({
      ...{ step: 'rule', name: 'lunch', matched: false, because: 'weekdays: it is wed 22:00 in Europe/Berlin' },
      because: 'hours: it is wed 22:00 in Europe/Berlin',
    });
  }
  const nobody = await simulate({ at });
  expect([nobody.body.rule, nobody.body.location]).toEqual([null, destination]);
  expect(nobody.body.steps.at(-2).because).toBe('countries: the country is not known');
});

test('says why a code leads nowhere', async () => {
  const closed = async (json: object) => {
    const { leadsTo, status, closed, location } = (await simulate(json)).body;
    return [leadsTo, status, closed, location];
  };
  expect(await closed({ at: '2027-01-01T00:00:00Z' })).toEqual(['nowhere', 410, 'expired', null]);
  expect(await closed({ scans: 2 })).toEqual(['nowhere', 410, 'full', null]);
});

test('draws a visitor’s way by the word that names it, the same every time', async () => {
  const split = ['a', 'b'].map(name => ({ name, weight: 1, destination: `https://example.com/${name}` }));
  const json = { destination, routing: { rules: [{ name: 'test', when: {}, split }] } };
  const code = (await call('POST', '/v1/qr/create', { json })).body.id;
  const ruleOf = async (visitor: string) => (await simulate({ visitor }, code)).body.rule;
  const rules = await Promise.all(Array.from({ length: 20 }, (_, n) => ruleOf(`v${n}`)));
  expect(new Set(rules)).toEqual(new Set(['test/a', 'test/b']));
  expect(await ruleOf('v3')).toBe(rules[3]);
});

test('shows a password, an app and a content as what they are', async () => {
  const make = async (json: object) => (await call('POST', '/v1/qr/create', { json })).body.id as string;
  const locked = await make({ destination, routing: { password: 'correct horse' } });
  expect((await simulate({}, locked)).body).toMatchObject({ leadsTo: 'password', status: 200, location: null });
  expect((await simulate({ password: true }, locked)).body).toMatchObject({
    leadsTo: 'destination',
    location: destination,
  });
  expect((await simulate({ password: true }, locked)).body.status).toBe(303);
  const file = await make({ type: 'file', content: { url: 'https://example.com/menü.pdf' } });
  expect((await simulate({}, file)).body).toMatchObject({
    ...{ leadsTo: 'content', status: 302, location: 'https://example.com/men%C3%BC.pdf' },
  });
  const wifi = await make({ type: 'wifi', content: { ssid: 'Guests' } });
  expect((await simulate({}, wifi)).body).toMatchObject({ leadsTo: 'content', status: 200, location: null });
});

test('counts nothing', async () => {
  await simulate({});
  expect((await call('GET', `/v1/qr/${id}`)).body).toMatchObject({ scans: 0, slug });
});

test('is refused with every fault at once, and for what nobody scans by here', async () => {
  const both = { country: 'DE', address: '8.8.8.8', userAgent: 'x', device: 'mobile', at: 'noon', other: 1 };
  expect(places(refusal(await simulate(both), 422, 'validation_failed')).sort()).toEqual(
    ['/address not_allowed', '/at format', '/other unknown_property', '/userAgent not_allowed'].sort(),
  );
  expect(places(refusal(await simulate({ address: '8.8' }), 422, 'validation_failed'))).toEqual(['/address format']);
  const json = { type: 'text', content: { text: 'Table 12' }, static: true };
  const printed = (await call('POST', '/v1/qr/create', { json })).body.id;
  refusal(await simulate({}, printed), 422, 'validation_failed');
});

test('is not possible with another organisation’s code', async () => {
  const other = await stranger(program);
  refusal(await other('POST', `/v1/qr/${id}/simulate`, { json: {} }), 404, 'not_found');
});
