/**
 * Who may do what, walked through completely over HTTP: every route with every role, every scope and every narrowing;
 * and every route that takes an id with objects of other organisations, teams and modes, which are not there for it. What
 * is expected stands in `test/support/permissions.ts`, written by hand.
 */
import { beforeAll, describe, expect, test } from 'bun:test';
import { routeActions } from '../../src/http/rights.ts';
import { type Call, caller } from '../support/client.ts';
import { byRole, byScope, onCodes, onTeam } from '../support/permissions.ts';
import type { Place } from '../support/program.ts';
import { sharedProgram } from '../support/shared-program.ts';
import { liftLimits, organizationOf, stranger } from '../support/tenants.ts';
import { until } from '../support/until.ts';

let program: Place;
let owner: Call;
let team: string;
beforeAll(async () => {
  program = await sharedProgram();
  await liftLimits(program);
  owner = caller(program.url, program.key);
  team = (await owner('POST', '/v1/teams', { json: { name: 'Field' } })).body.id;
});

const routes = Object.entries(routeActions).map(([route, action]) => {
  const [method, path] = route.split(' ') as [string, string];
  return { route, method, path, action };
});
const issue = async (json: object): Promise<Call> =>
  caller(program.url, (await owner('POST', '/v1/keys', { json: { name: 'K', scope: 'admin', ...json } })).body.key);
const member = async (role: string): Promise<Call> => {
  const { id } = (await owner('POST', '/v1/members', { json: { name: role, role } })).body;
  return issue({ member: id });
};

/** Routes that let a caller in. Whoever is let in is told that a query is unknown, so that nothing is ever done. */
async function allowed(call: Call): Promise<string[]> {
  const open: string[] = [];
  for (const { route, method, path } of routes) {
    const json = method === 'GET' ? {} : { json: {} };
    const { status, body } = await call(method, `${path.replace(/:\w+/g, 'nothing')}?matrix=1`, json);
    if (status !== 403) {
      expect([route, status >= 400 && status < 500 && status !== 401]).toEqual([route, true]);
      open.push(route);
    } else expect(['not_permitted', 'scope_missing']).toContain(body.code);
  }
  return open;
}
const expected = (...lists: (readonly string[])[]): string[] =>
  routes.filter(({ action }) => lists.every(list => list.includes(action))).map(({ route }) => route);

describe('every route', () => {
  test('reads where it gets, and changes something where it does not, but for what is only drawn or tried', () => {
    const odd = routes.filter(({ method, action }) => (method === 'GET') !== action.endsWith('.read'));
    expect(odd.map(({ route }) => route)).toEqual([
      'POST /v1/qr/:id/simulate',
      'POST /v1/qr/preview',
      'POST /v1/qr/sheet',
    ]);
  });

  test.each(['owner', 'admin', 'editor', 'viewer', 'auditor'] as const)(
    'is open to a member who is %s or not, as promised',
    async role => {
      expect(await allowed(await member(role))).toEqual(expected(byRole[role]));
    },
  );

  test.each(['read', 'write', 'admin', 'audit'] as const)(
    'is open to a key of the scope %s or not, as promised',
    async scope => {
      const roles = { read: 'viewer', write: 'editor', admin: 'owner', audit: 'auditor' } as const;
      expect(await allowed(await issue({ scope }))).toEqual(expected(byScope[scope], byRole[roles[scope]]));
    },
  );

  test('is open to a narrowed key as far as that reaches', async () => {
    for (const json of [{ mode: 'test' }, { tags: ['a'] }, { domains: ['a.example'] }, { team, tags: ['a'] }]) {
      expect(await allowed(await issue(json))).toEqual(expected(byRole.owner, onCodes));
    }
    expect(await allowed(await issue({ team }))).toEqual(expected(byRole.owner, onTeam));
    expect(await allowed(await issue({ operations: ['qr.read', 'key.write'] }))).toEqual(
      expected(['qr.read', 'key.write']),
    );
    expect(await allowed(await issue({ addresses: ['203.0.113.0/24'] }))).toEqual([]);
    expect(await allowed(await issue({ role: 'viewer', scope: 'audit' }))).toEqual([]);
  });

  test('wants a key, and one that is not revoked', async () => {
    const { id, key } = (await owner('POST', '/v1/keys', { json: { name: 'K', scope: 'admin' } })).body;
    await owner('DELETE', `/v1/keys/${id}`);
    for (const call of [caller(program.url), caller(program.url, key)]) {
      for (const { method, path } of routes) {
        expect(
          (await call(method, path.replace(/:\w+/g, 'nothing'), method === 'GET' ? {} : { json: {} })).status,
        ).toBe(401);
      }
    }
  });
});

describe('an object', () => {
  /** One of each kind that has an id, made by the owner; the noun in its path, and what changes it. */
  async function objects(): Promise<Record<string, string>> {
    const made = async (path: string, json: object) => (await owner('POST', path, { json })).body.id as string;
    const file = { raw: '{"destination":"https://example.com/"}', headers: { 'content-type': 'application/x-ndjson' } };
    const job = (await owner('POST', '/v1/qr/import', file)).body.id;
    await until(async () => (await owner('GET', `/v1/jobs/${job}`)).body.status === 'finished', 10_000);
    return {
      qr: await made('/v1/qr/create', { destination: 'https://example.com/' }),
      styles: await made('/v1/styles', { name: 'S', style: { dotColor: '#123' } }),
      teams: await made('/v1/teams', { name: 'T' }),
      members: await made('/v1/members', { name: 'M', role: 'viewer' }),
      keys: await made('/v1/keys', { name: 'K', scope: 'read' }),
      webhooks: await made('/v1/webhooks', { url: 'https://example.com/hook', events: ['qr.*'] }),
      domains: await made('/v1/domains', { host: `m${crypto.randomUUID()}.example` }),
      exclusions: await made('/v1/exclusions', { utmSource: 'x', reason: 'Trial' }),
      jobs: job,
    };
  }
  /** Input that is right, where an empty one is not. */
  const inputs: Readonly<Record<string, object>> = {
    'PATCH /v1/qr/:id': { label: 'X' },
    'PATCH /v1/styles/:id': { name: 'X' },
    'PATCH /v1/teams/:id': { name: 'X' },
    'PATCH /v1/members/:id': { name: 'X' },
    'PATCH /v1/keys/:id': { name: 'X' },
    'PATCH /v1/domains/:id': { pages: { root: { url: 'https://example.com/' } } },
    'PATCH /v1/webhooks/:id': { events: ['scan.*'] },
  };

  test('of another organisation, team or mode is not there, on any route, and stays as it is', async () => {
    const all = await objects();
    const look = async () =>
      Object.fromEntries(
        await Promise.all(
          Object.entries(all).map(async ([noun, id]) => {
            const { body } = await owner('GET', `/v1/${noun}/${id}`);
            return [noun, { ...body, lastUsedAt: null }] as const;
          }),
        ),
      );
    const before = await look();
    const others: [string, Call, boolean][] = [
      ['another organisation', await stranger(program), true],
      ['another team', await issue({ team }), false],
      ['test keys', await issue({ mode: 'test' }), false],
      ['another tag', await issue({ tags: ['elsewhere'] }), false],
    ];
    for (const [who, call, isWhole] of others) {
      for (const { route, method, path } of routes.filter(({ path }) => path.includes(':'))) {
        const noun = path.split('/')[2]!;
        const id = all[noun];
        if (id === undefined) continue;
        const body = method === 'GET' || method === 'DELETE' ? {} : { json: inputs[route] ?? {} };
        // Saved looks are everybody's in an organisation.
        if (!isWhole && noun === 'styles' && method === 'GET') continue;
        const answer = await call(
          method,
          path.replace(':id', id).replace(/:\w+/, 'nothing'),
          path.endsWith('/logo') && method === 'POST' ? { raw: '' } : body,
        );
        const refused = isWhole ? [404, 415] : [404, 403, 415];
        expect([who, route, refused.includes(answer.status) || answer.status]).toEqual([who, route, true]);
      }
    }
    expect(await look()).toEqual(before);
    const known = new Set([...Object.keys(all), 'scans']);
    expect(routes.filter(({ path }) => path.includes(':') && !known.has(path.split('/')[2]!))).toEqual([]);
  });

  test('of another organisation can not be named in a body either', async () => {
    const all = await objects();
    const other = await stranger(program);
    const bodies: [string, string, object, RegExp][] = [
      ['PATCH', '/v1/qr/bulk', { codes: [{ id: all['qr'], label: 'X' }] }, /id unknown/],
      ['DELETE', '/v1/qr/bulk', { ids: [all['qr']] }, /ids\/0 unknown/],
      ['POST', '/v1/qr/create', { destination: 'https://example.com/', styleId: all['styles'] }, /styleId unknown/],
      ['POST', '/v1/members', { name: 'M', role: 'viewer', team: all['teams'] }, /team unknown/],
      ['POST', '/v1/keys', { name: 'K', scope: 'read', member: all['members'] }, /member unknown/],
      ['POST', '/v1/keys', { name: 'K', scope: 'read', team: all['teams'] }, /team unknown/],
      ['POST', '/v1/teams/quota-moves', { from: null, to: all['teams'], qrCodesPerMonth: 1 }, /to unknown/],
    ];
    for (const [method, path, json, fault] of bodies) {
      const { status, body } = await other(method, path, { json });
      expect([path, status]).toEqual([path, 422]);
      expect(
        body.errors.map((each: { pointer: string; code: string }) => `${each.pointer} ${each.code}`).join(),
      ).toMatch(fault);
    }
    expect(await organizationOf(program)).not.toBeEmpty();
  });
});
