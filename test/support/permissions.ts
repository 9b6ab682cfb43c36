/**
 * What each role may do, written out by hand from what the product promises and not from the table in `rights.ts`: the
 * tests hold that table and every route against this one.
 */
import type { Role } from '../../events/member.ts';

/** What each role adds to the ones before it. */
const nouns = ['qr', 'analytics', 'exclusion', 'style', 'usage', 'job', 'domain', 'organization', 'team'];
const reads = nouns.map(noun => `${noun}.read`);
const edits = [
  ...['qr.create', 'qr.change', 'qr.delete', 'scan.simulate', 'exclusion.write', 'style.write', 'job.write'],
];
const oversees = ['ledger.read', 'history.read', 'member.read', 'key.read'];
const runs = [
  ...['qr.erase', 'style.erase', 'exclusion.erase', 'webhook.read', 'webhook.write'],
  ...['domain.write', 'team.write', 'member.write', 'key.write'],
];

export const byRole: Readonly<Record<Role, readonly string[]>> = {
  viewer: reads,
  auditor: [...reads, ...oversees],
  editor: [...reads, ...edits],
  admin: [...reads, ...edits, ...oversees, ...runs],
  owner: [...reads, ...edits, ...oversees, ...runs, 'organization.write'],
};

/** What each scope lets its keys do, whatever their role. */
export const byScope: Readonly<Record<'read' | 'write' | 'admin' | 'audit', readonly string[]>> = {
  read: [...reads, 'member.read', 'key.read'],
  write: [...reads, 'member.read', 'key.read', ...edits],
  admin: byRole.owner,
  audit: ['ledger.read', 'history.read'],
};

/** What can be done with single codes, and with a team's keys and members. */
export const onCodes = [
  ...['qr.read', 'qr.create', 'qr.change', 'qr.delete', 'qr.erase', 'scan.simulate', 'analytics.read', 'history.read'],
  ...['style.read', 'usage.read', 'job.read', 'job.write'],
];
export const onTeam = [...onCodes, 'team.read', 'member.read', 'member.write', 'key.read', 'key.write'];
