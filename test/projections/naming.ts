/**
 * Domains and blocked hosts, for the table of events and read models in `catalogue.test.ts`.
 */
import type { BlocklistFact } from '../../events/blocklist.ts';
import type { DomainFact } from '../../events/domain.ts';
import type { AnyEvent, EventType } from '../../events/index.ts';
import { eventOf, type Rows } from '../support/read-models.ts';

const created = Date.UTC(2026, 3, 8);
const later = Date.UTC(2026, 4, 9);
const next = { version: 2, at: later };
const pages = { root: { url: 'https://example.com/' }, unknown: null, gone: { title: 'Gone', text: 'Sorry' } };
const added = { host: 'go.example.com', token: 'abc' };

export const namingBefore: readonly AnyEvent[] = [eventOf('domain.added', 'dom_1', added, { at: created })];

export const namingAfter: { [T in (DomainFact | BlocklistFact)['type']]: AnyEvent } = {
  'domain.added': eventOf('domain.added', 'dom_2', { host: 'b.example', token: 'def' }, { at: later }),
  'domain.verified': eventOf('domain.verified', 'dom_1', {}, next),
  'domain.pages_changed': eventOf('domain.pages_changed', 'dom_1', pages, next),
  'domain.removed': eventOf('domain.removed', 'dom_1', {}, next),
  'domain.erased': eventOf('domain.erased', 'dom_1', {}, next),
  'blocklist.changed': eventOf('blocklist.changed', 'blocklist-org_1', { hosts: ['evil.example'] }, { at: later }),
};

const row = {
  ...{ id: 'dom_1', org: 'org_1', ...added, status: 'added', proven: false, version: 2 },
  ...{ pages: { root: null, unknown: null, gone: null }, created_ms: created, updated_ms: later },
};
const changed = (change: object): Rows => ({ domains: [{ ...row, ...change }] });

/** Rows that are new or changed after the event; what is not named passes by. */
export const namingRows: Record<string, { [T in EventType]?: Rows }> = {
  domains: {
    'domain.added': changed({ id: 'dom_2', host: 'b.example', token: 'def', version: 1, created_ms: later }),
    'domain.verified': changed({ status: 'verified', proven: true }),
    'domain.pages_changed': changed({ pages }),
    'domain.removed': changed({ status: 'removed' }),
    'domain.erased': changed({ pages: row.pages }),
    'blocklist.changed': { blocklists: [{ org: 'org_1', hosts: ['evil.example'], version: 1 }] },
  },
};
