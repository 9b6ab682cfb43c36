/**
 * The part of the table in `catalogue.test.ts` that is about organisations, teams, members and keys: what was there
 * before, one event of each kind, and the rows it leaves.
 */
import type { AnyEvent, EventType } from '../../events/index.ts';
import type { KeyFact } from '../../events/key.ts';
import type { MemberFact } from '../../events/member.ts';
import type { OrganizationFact } from '../../events/organization.ts';
import type { TeamFact } from '../../events/team.ts';
import { eventOf, type Rows } from '../support/read-models.ts';

const created = Date.UTC(2026, 3, 8);
const later = Date.UTC(2026, 4, 9);
const next = { version: 2, at: later };
const key = { name: 'Server', mode: 'live', scope: 'admin', hash: 'aa', lastFour: '7QxZ' } as const;
const wide = { tags: null, domains: null, operations: null, addresses: null };
const narrowed = { ...wide, tags: ['summer'], addresses: ['203.0.113.0/24'] };
const ada = { name: 'Ada', email: 'ada@example.com', role: 'admin', team: null } as const;

export const tenancyBefore: readonly AnyEvent[] = [
  eventOf('org.created', 'org_1', { name: 'Nordlicht', plan: 'enterprise' }, { at: created }),
  eventOf('team.created', 'org_1', { team: 'team_1', name: 'A', quota: { qrCodesPerMonth: 9 } }, { at: created }),
  eventOf('team.created', 'org_1', { team: 'team_2', name: 'B' }, { at: created }),
  eventOf('member.added', 'mem_1', ada, { at: created }),
  eventOf('key.issued', 'key_1', key, { at: created }),
];

type TenancyType = (OrganizationFact | TeamFact | MemberFact | KeyFact)['type'];
export const tenancyAfter: { [T in TenancyType]: AnyEvent } = {
  'org.created': eventOf('org.created', 'org_2', { name: 'Café', plan: 'free' }, { at: later }),
  'org.renamed': eventOf('org.renamed', 'org_1', { name: 'Südlicht' }, next),
  'org.plan_changed': eventOf('org.plan_changed', 'org_1', { plan: 'pro' }, next),
  'org.limits_changed': eventOf(
    'org.limits_changed',
    'org_1',
    { limits: { qrCodesPerMonth: 7, apiRequestsPerMinute: 9 } },
    next,
  ),
  'org.erased': eventOf('org.erased', 'org_1', {}, next),
  'team.created': eventOf(
    'team.created',
    'org_1',
    { team: 'team_3', name: 'C', quota: { requestsPerMinute: 4 } },
    next,
  ),
  'team.renamed': eventOf('team.renamed', 'org_1', { team: 'team_1', name: 'A 2' }, next),
  'team.quota_moved': eventOf('team.quota_moved', 'org_1', { from: 'team_1', to: 'team_2', qrCodesPerMonth: 5 }, next),
  'team.quota_returned': eventOf('team.quota_returned', 'org_1', { team: 'team_1', quotas: ['qrCodesPerMonth'] }, next),
  'team.deleted': eventOf('team.deleted', 'org_1', { team: 'team_1' }, next),
  'member.added': eventOf('member.added', 'mem_2', { name: 'Eve', role: 'viewer', team: 'team_1' }, { at: later }),
  'member.renamed': eventOf('member.renamed', 'mem_1', { name: 'Ada King' }, next),
  'member.readdressed': eventOf('member.readdressed', 'mem_1', { email: null }, next),
  'member.assigned': eventOf('member.assigned', 'mem_1', { role: 'editor', team: 'team_2' }, next),
  'member.removed': eventOf('member.removed', 'mem_1', {}, next),
  'member.erased': eventOf('member.erased', 'mem_1', {}, next),
  'key.issued': eventOf(
    'key.issued',
    'key_2',
    {
      ...{ ...key, hash: 'bb', chosen: true, role: 'editor', member: 'mem_1', team: 'team_1', tags: ['summer'] },
      ...{ addresses: ['203.0.113.0/24'], requestsPerMinute: 60, expiresAt: later + 1 },
    },
    { at: later },
  ),
  'key.renamed': eventOf('key.renamed', 'key_1', { name: 'Shop' }, next),
  'key.narrowed': eventOf('key.narrowed', 'key_1', narrowed, next),
  'key.rate_changed': eventOf('key.rate_changed', 'key_1', { requestsPerMinute: 5 }, next),
  'key.expiry_changed': eventOf('key.expiry_changed', 'key_1', { expiresAt: later + 1 }, next),
  'key.rotated': eventOf('key.rotated', 'key_1', { hash: 'cc', lastFour: 'new1', graceUntil: later + 9 }, next),
  'key.revoked': eventOf('key.revoked', 'key_1', {}, next),
  'key.erased': eventOf('key.erased', 'key_1', {}, next),
};

const changed = { version: 2, created_ms: created, updated_ms: later };
const org = {
  ...{ id: 'org_1', name: 'Nordlicht', plan: 'enterprise', limits: null, held_codes: 9, held_requests: 0 },
  ...changed,
};
/** A team's event moves the version of its organisation. */
const organizations = [org];
const emptied = [{ ...org, held_codes: 0 }];
const free = { qr_codes_per_month: null, requests_per_minute: null };
const team = { id: 'team_1', org: 'org_1', name: 'A', ...free, qr_codes_per_month: 9, deleted: false };
const moved = { created_ms: created, updated_ms: later };
const member = { id: 'mem_1', org: 'org_1', ...ada, removed: false, ...changed };
const row = {
  ...{
    id: 'key_1',
    org: 'org_1',
    name: 'Server',
    mode: 'live',
    scope: 'admin',
    role: 'owner',
    member: null,
    team: null,
  },
  ...{ ...wide, requests_per_minute: null, expires_ms: null, last_four: '7QxZ', chosen: false, revoked: false },
  // The sums of its requests told when it was used.
  ...{ ...changed, last_used_ms: created },
};

/** Rows that are new or changed after the event. */
export const tenancyRows: Record<'organizations' | 'members' | 'keys', { [T in EventType]?: Rows }> = {
  organizations: {
    'org.created': {
      organizations: [
        {
          ...{ ...org, id: 'org_2', name: 'Café', plan: 'free', held_codes: 0 },
          ...{ version: 1, created_ms: later, updated_ms: later },
        },
      ],
    },
    'org.renamed': { organizations: [{ ...org, name: 'Südlicht' }] },
    'org.plan_changed': { organizations: [{ ...org, plan: 'pro' }] },
    'org.limits_changed': { organizations: [{ ...org, limits: { qrCodesPerMonth: 7, apiRequestsPerMinute: 9 } }] },
    'org.erased': {
      organizations: [{ ...org, name: '' }],
      teams: [
        { ...team, name: '', created_ms: created, updated_ms: created },
        { ...team, ...free, id: 'team_2', name: '', created_ms: created, updated_ms: created },
      ],
    },
    'team.created': {
      organizations: [{ ...org, held_requests: 4 }],
      teams: [
        {
          ...{ ...team, ...free, id: 'team_3', name: 'C', requests_per_minute: 4 },
          ...{ created_ms: later, updated_ms: later },
        },
      ],
    },
    'team.renamed': { organizations, teams: [{ ...team, ...moved, name: 'A 2' }] },
    'team.quota_moved': {
      organizations,
      teams: [
        { ...team, ...moved, qr_codes_per_month: 4 },
        { ...team, ...moved, ...free, id: 'team_2', name: 'B', qr_codes_per_month: 5 },
      ],
    },
    'team.quota_returned': { organizations: emptied, teams: [{ ...team, ...moved, ...free }] },
    'team.deleted': { organizations: emptied, teams: [{ ...team, ...moved, ...free, deleted: true }] },
  },
  members: {
    'member.added': {
      members: [
        {
          ...{ ...member, id: 'mem_2', name: 'Eve', email: null, role: 'viewer', team: 'team_1', version: 1 },
          ...{ created_ms: later, updated_ms: later },
        },
      ],
    },
    'member.renamed': { members: [{ ...member, name: 'Ada King' }] },
    'member.readdressed': { members: [{ ...member, email: null }] },
    'member.assigned': { members: [{ ...member, role: 'editor', team: 'team_2' }] },
    'member.removed': { members: [{ ...member, removed: true }] },
    'member.erased': { members: [{ ...member, removed: true, name: '', email: null }] },
  },
  keys: {
    'key.issued': {
      keys: [
        {
          ...{ ...row, id: 'key_2', chosen: true, role: 'editor', member: 'mem_1', team: 'team_1', tags: ['summer'] },
          ...{ addresses: ['203.0.113.0/24'], requests_per_minute: 60, expires_ms: later + 1, last_used_ms: null },
          ...{ version: 1, created_ms: later, updated_ms: later },
        },
      ],
      key_hashes: [{ hash: 'bb', key: 'key_2', chosen: true, until_ms: null }],
    },
    'key.renamed': { keys: [{ ...row, name: 'Shop' }] },
    'key.narrowed': { keys: [{ ...row, ...narrowed }] },
    'key.rate_changed': { keys: [{ ...row, requests_per_minute: 5 }] },
    'key.expiry_changed': { keys: [{ ...row, expires_ms: later + 1 }] },
    'key.rotated': {
      keys: [{ ...row, last_four: 'new1' }],
      key_hashes: [
        { hash: 'aa', key: 'key_1', chosen: false, until_ms: later + 9 },
        { hash: 'cc', key: 'key_1', chosen: false, until_ms: null },
      ],
    },
    'key.revoked': { keys: [{ ...row, revoked: true }] },
    'key.erased': { keys: [{ ...row, revoked: true, name: '', tags: null }] },
    'request.metered': { keys: [{ ...row, version: 1, updated_ms: created, last_used_ms: later }] },
  },
};
