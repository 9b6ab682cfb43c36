/**
 * API keys: one row a key, and the hashes of its texts. A key that was rotated has two texts until its grace period
 * ends. When a key was last used is told by the sums of its requests, which are on record anyway. What a key may do at
 * the moment stands in `access.ts`, how keys are listed in `key-rows.ts`.
 */
import type { Scope } from '../events/key.ts';
import type { Role } from '../events/member.ts';
import type { Projection } from './projection.ts';

export { type Access, chosenHashes, findAccess } from './access.ts';

/** What a key may do by itself: programs' keys of old name no role. */
export const roleOf = (scope: Scope): Role =>
  (({ read: 'viewer', write: 'editor', admin: 'owner', audit: 'auditor' }) as const)[scope];

const list = (values: readonly string[] | null | undefined): string | null => (values ? JSON.stringify(values) : null);

export const keys: Projection = {
  name: 'keys',
  version: 2,
  family: 'facts',
  handles: [
    'key.issued',
    'key.renamed',
    'key.narrowed',
    'key.rate_changed',
    'key.expiry_changed',
    'key.rotated',
    'key.revoked',
    'key.erased',
    'request.metered',
  ],
  tables: `
    create table keys (
      id text collate "C" primary key,
      org text collate "C" not null,
      name text not null,
      mode text not null,
      scope text not null,
      role text not null,
      member text collate "C",
      team text collate "C",
      tags json,
      domains json,
      operations json,
      addresses json,
      requests_per_minute integer,
      expires_ms bigint,
      last_four text not null,
      chosen boolean not null,
      revoked boolean not null default false,
      version integer not null,
      created_ms bigint not null,
      updated_ms bigint not null,
      last_used_ms bigint
    );
    create index keys_org on keys (org, id desc);
    create table key_hashes (
      hash text collate "C" primary key,
      key text collate "C" not null,
      chosen boolean not null,
      until_ms bigint
    );
    create index key_hashes_key on key_hashes (key);
  `,

  // Few and seldom: one statement an event is simple and fast enough. Only what is metered comes often.
  async apply(sql, events) {
    const used = new Map<string, number>();
    for (const event of events) {
      const { stream: id, at, version } = event;
      if (event.type === 'request.metered') {
        used.set(event.data.key, Math.max(used.get(event.data.key) ?? 0, at));
        continue;
      }
      switch (event.type) {
        case 'key.issued': {
          const { name, mode, scope, role = roleOf(scope), member = null, team = null, lastFour } = event.data;
          const { tags, domains, operations, addresses } = event.data;
          const { hash, chosen = false, requestsPerMinute = null, expiresAt = null } = event.data;
          await sql`
            insert into keys (id, org, name, mode, scope, role, member, team, tags, domains, operations, addresses,
              requests_per_minute, expires_ms, last_four, chosen, version, created_ms, updated_ms)
            values (${id}, ${event.org}, ${name}, ${mode}, ${scope}, ${role}, ${member}, ${team},
              ${list(tags)}::text::json, ${list(domains)}::text::json, ${list(operations)}::text::json,
              ${list(addresses)}::text::json, ${requestsPerMinute}, ${expiresAt}, ${lastFour}, ${chosen},
              ${version}, ${at}, ${at})`;
          await sql`insert into key_hashes (hash, key, chosen) values (${hash}, ${id}, ${chosen})`;
          used.delete(id);
          break;
        }
        case 'key.renamed':
          await sql`update keys set name = ${event.data.name} where id = ${id}`;
          break;
        case 'key.narrowed': {
          const { tags, domains, operations, addresses } = event.data;
          await sql`
            update keys set tags = ${list(tags)}::text::json, domains = ${list(domains)}::text::json,
              operations = ${list(operations)}::text::json, addresses = ${list(addresses)}::text::json
            where id = ${id}`;
          break;
        }
        case 'key.rate_changed':
          await sql`update keys set requests_per_minute = ${event.data.requestsPerMinute} where id = ${id}`;
          break;
        case 'key.expiry_changed':
          await sql`update keys set expires_ms = ${event.data.expiresAt} where id = ${id}`;
          break;
        case 'key.rotated': {
          const { hash, lastFour, graceUntil } = event.data;
          // A text that is in its grace period already ends no later: who gives none wants the new text alone.
          await sql`update key_hashes set until_ms = least(until_ms, ${graceUntil}) where key = ${id}`;
          await sql`insert into key_hashes (hash, key, chosen) values (${hash}, ${id}, false)`;
          await sql`update keys set last_four = ${lastFour}, chosen = false where id = ${id}`;
          break;
        }
        case 'key.revoked':
          await sql`update keys set revoked = true where id = ${id}`;
          break;
        case 'key.erased':
          await sql`update keys set revoked = true, name = '', tags = null where id = ${id}`;
          break;
        default:
          continue;
      }
      await sql`update keys set version = ${version}, updated_ms = ${at} where id = ${id}`;
    }
    if (used.size === 0) return;
    const rows = [...used].map(([id, at]) => ({ id, last_used_ms: at }));
    await sql`
      update keys set last_used_ms = greatest(keys.last_used_ms, used.last_used_ms)
      from json_populate_recordset(null::keys, ${JSON.stringify(rows)}::text::json) as used where keys.id = used.id`;
  },
};
