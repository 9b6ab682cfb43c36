/**
 * Every route of the organisation, its teams, members and keys.
 */
import type { Story } from './story.ts';

export const tenancy: Story = async story => {
  const { tell } = story;
  await tell('GET /v1/organization');
  await tell('GET /v1/organization', '', { headers: { 'if-none-match': '*' } });
  await tell('PATCH /v1/organization', '', { json: { name: 'Acme' } });
  await tell('PATCH /v1/organization', '', { json: { nmae: 'Acme' } });

  const quota = { qrCodesPerMonth: 10, requestsPerMinute: 5 };
  const team = (await tell('POST /v1/teams', '', { json: { name: 'A', quota } })).body.id;
  await tell('POST /v1/teams', '', { json: { name: 'B', quota: { qrCodesPerMonth: 1e9 } } });
  await tell('POST /v1/teams/quota-moves', '', { json: { from: team, to: null, qrCodesPerMonth: 5 } });
  await tell('POST /v1/teams/quota-moves', '', { json: { from: team, to: null } });
  await tell('GET /v1/teams');
  story.id = team;
  await tell('GET /v1/teams/{id}');
  await tell('GET /v1/teams/{id}', '', { headers: { 'if-none-match': '*' } });
  await tell('PATCH /v1/teams/{id}', '', { json: { quota: null } });
  await tell('PATCH /v1/teams/{id}', '', { json: { name: 'B' }, headers: { 'if-match': '"1"' } });

  story.id = (await tell('POST /v1/members', '', { json: { name: 'Ada', role: 'editor', team } })).body.id;
  await tell('POST /v1/members', '', { json: { name: 'Ada', role: 'boss' } });
  await tell('GET /v1/members', '?limit=1');
  await tell('GET /v1/members/{id}');
  await tell('PATCH /v1/members/{id}', '', { json: { email: 'ada@example.com' } });
  const member = story.id;

  const key = {
    name: 'Hers',
    scope: 'write',
    member,
    addresses: ['203.0.113.0/24'],
    expiresAt: '2100-01-01T00:00:00Z',
  };
  story.id = (await tell('POST /v1/keys', '', { json: key })).body.id;
  await tell('POST /v1/keys', '', { json: { ...key, addresses: ['here'] } });
  await tell('GET /v1/keys', '?revoked=true');
  await tell('GET /v1/keys/{id}');
  await tell('PATCH /v1/keys/{id}', '', { json: { tags: ['summer'], requestsPerMinute: 5 } });
  await tell('POST /v1/keys/{id}/rotate', '', { json: { graceSeconds: 0 } });
  await tell('DELETE /v1/keys/{id}');
  await tell('POST /v1/keys/{id}/erase');
  await tell('POST /v1/keys/{id}/rotate', '', { json: {} });

  story.id = member;
  await tell('DELETE /v1/members/{id}');
  await tell('POST /v1/members/{id}/erase', '', { json: {} });
  await tell('GET /v1/members/{id}');
  await tell('POST /v1/organization/erase');
  await tell('GET /v1/organization');
  await tell('GET /v1/teams');
  await tell('GET /v1/account/usage/events', '?limit=5');
  await tell('GET /v1/account/usage/events', '?period=soon');
  story.id = team;
  await tell('DELETE /v1/teams/{id}');
  await tell('GET /v1/teams/{id}');
};
