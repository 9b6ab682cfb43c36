/**
 * What may be given away with a key: never more than the key that asks for it may do itself. It holds for keys that are
 * issued, changed and rotated, since who rotates a key holds it afterwards. What is not asked for is what the asking key
 * has, so that a narrowed key makes keys that are as narrow.
 */
import ipaddr from 'ipaddr.js';
import type { Narrowing } from '../../events/key.ts';
import type { Role } from '../../events/member.ts';
import type { Access } from '../../projections/keys.ts';
import { canonicalHost } from '../deciders/domain.ts';
import { canonicalTags, tagFaults } from '../deciders/filing.ts';
import { type Fault, Problem } from '../problem.ts';
import { cidrsFrom } from './addresses.ts';
import type { KeyPatch } from './key-schemas.ts';
import { timeFrom } from './moments.ts';
import { covers } from './rights.ts';

/** As far as one key can be more than another one. */
export interface Powers {
  readonly role: Role;
  readonly team: string | null;
  readonly operations: readonly string[] | null;
  readonly addresses: readonly string[] | null;
  readonly requestsPerMinute: number | null;
}

/** Whether all of a network lies in one of these. */
function isWithin(cidr: string, cidrs: readonly string[]): boolean {
  const [address, bits] = ipaddr.parseCIDR(cidr);
  return cidrs.some(each => {
    const range = ipaddr.parseCIDR(each);
    return range[0].kind() === address.kind() && range[1] <= bits && address.match(range);
  });
}

/** Throws 403 when a key with these powers could do what the asking key can't. */
export function refuseMore(access: Powers, wanted: Powers): void {
  const errors: Fault[] = [];
  const more = (pointer: string, detail: string) => errors.push({ pointer, code: 'not_allowed', detail });
  if (!covers(access.role, wanted.role)) {
    more('/role', `The role ${wanted.role} may do more than ${access.role}, which is that of this key.`);
  }
  if (access.team !== null && wanted.team !== access.team) {
    more('/team', 'This key is for one team, and so are the keys that it gives away.');
  }
  const { operations, addresses, requestsPerMinute } = access;
  if (operations !== null && !wanted.operations?.every(operation => operations.includes(operation))) {
    more('/operations', `This key is for ${operations.join(', ')} only.`);
  }
  if (addresses !== null && !wanted.addresses?.every(cidr => isWithin(cidr, addresses))) {
    more('/addresses', `This key may be used from ${addresses.join(', ')} only.`);
  }
  if (requestsPerMinute !== null && (wanted.requestsPerMinute ?? Number.POSITIVE_INFINITY) > requestsPerMinute) {
    more('/requestsPerMinute', `This key may make ${requestsPerMinute} requests a minute.`);
  }
  if (errors.length === 0) return;
  const detail = errors.length === 1 ? errors[0]!.detail : 'The key would be able to do more than the one that asks.';
  throw new Problem('not_permitted', detail, { errors });
}

type Asked = { readonly [N in keyof KeyPatch]?: KeyPatch[N] | undefined };

/** Throws 403 when a key would outlast the one that asks. */
export function refuseLonger({ keyExpiresAt }: Pick<Access, 'keyExpiresAt'>, expiresAt: number | null): void {
  if (keyExpiresAt === null || (expiresAt !== null && expiresAt <= keyExpiresAt)) return;
  const detail = `This key ends at ${new Date(keyExpiresAt).toISOString()}, and so do the keys that it gives away.`;
  throw new Problem('not_permitted', detail, {
    errors: [{ pointer: '/expiresAt', code: 'not_allowed', detail }],
  });
}

/** A narrowing as it was asked for, in the form that is kept; what is not asked for is absent. */
export function narrowed(asked: Asked) {
  const faults: Fault[] = [...tagFaults(asked.tags ?? undefined)];
  const cidrs = asked.addresses ? cidrsFrom(asked.addresses) : undefined;
  faults.push(...(cidrs?.faults ?? []));
  const expiresAt = asked.expiresAt == null ? asked.expiresAt : timeFrom(asked.expiresAt);
  if (expiresAt === null && asked.expiresAt !== null) {
    const detail = '"expiresAt" is a time such as 2030-01-01T00:00:00Z (RFC 3339).';
    faults.push({ pointer: '/expiresAt', code: 'format', detail });
  }
  const { domains, operations, requestsPerMinute } = asked;
  const fields = {
    ...(asked.tags !== undefined && { tags: asked.tags && canonicalTags(asked.tags) }),
    ...(domains !== undefined && { domains: domains && [...new Set(domains.map(canonicalHost))].sort() }),
    ...(operations !== undefined && { operations: operations && [...new Set(operations)].sort() }),
    ...(asked.addresses !== undefined && { addresses: cidrs?.cidrs ?? null }),
    ...(requestsPerMinute !== undefined && { requestsPerMinute }),
    ...(expiresAt !== undefined && { expiresAt }),
  } satisfies Partial<Narrowing> & { requestsPerMinute?: number | null; expiresAt?: number | null };
  return { fields, faults };
}

/** What is wrong with a narrowing in a body as it came; what a schema refuses anyway is passed over. */
export function narrowingFaults(body: unknown): Fault[] {
  const { tags, addresses, expiresAt } = Object(body) as Record<string, unknown>;
  const texts = (value: unknown) => (isTexts(value) ? value : undefined);
  return narrowed({
    tags: texts(tags),
    addresses: texts(addresses),
    expiresAt: typeof expiresAt === 'string' ? expiresAt : undefined,
  }).faults;
}

const isTexts = (value: unknown): value is string[] =>
  Array.isArray(value) && value.every(text => typeof text === 'string');
