import { describe, expect, test } from 'bun:test';
import { catalogue } from '../../events/index.ts';
import { askedFor, type EventsQuery, isMeant } from '../../src/http/event-queries.ts';
import { faultsOf, problemOf } from '../support/problem-of.ts';
import { eventOf } from '../support/read-models.ts';

const request = (headers: Record<string, string> = {}) => new Request('http://localhost/v1/events', { headers });
const asked = (query: EventsQuery, headers = {}) => askedFor(query, request(headers), 'org_1');
const refused = async (query: EventsQuery, headers = {}) => faultsOf(await problemOf(() => asked(query, headers)));
const noon = Date.UTC(2026, 3, 8, 12);

describe('what is asked for', () => {
  test('is everything of the organisation unless something is said', () => {
    const { format, filter, after, limit } = asked({});
    expect([format, after, limit]).toEqual(['json', undefined, undefined]);
    expect(filter).toMatchObject({ org: 'org_1' });
    expect(isMeant(filter, eventOf('qr.deleted', 'qr_1', {}))).toBe(true);
    expect(isMeant(filter, eventOf('qr.deleted', 'qr_1', {}, { org: 'org_2' }))).toBe(false);
  });

  test('begins behind a position, which a page gives as its cursor', async () => {
    expect([asked({ after: 7 }).after, asked({ cursor: '7' }).after]).toEqual([7, 7]);
    expect(await refused({ after: 7, cursor: '7' })).toEqual(['?cursor not_allowed']);
  });

  test('may be several types and whole nouns', () => {
    const { types } = asked({ type: 'key.issued, qr.*,qr.created' }).filter;
    const qr = Object.keys(catalogue).filter(type => type.startsWith('qr.'));
    expect(types?.toSorted()).toEqual(['key.issued', ...qr].toSorted());
  });

  test('may be one stream and a span of time, which holds its beginning and not its end', () => {
    const { filter } = asked({ stream: 'qr_1', from: '2026-04-08', before: '2026-04-08T12:00:00Z' });
    const at = (at: number, stream = 'qr_1') => isMeant(filter, eventOf('qr.deleted', stream, {}, { at }));
    expect([Date.UTC(2026, 3, 8) - 1, Date.UTC(2026, 3, 8), noon - 1, noon].map(ms => at(ms))).toEqual([
      false,
      true,
      true,
      false,
    ]);
    expect(at(noon - 1, 'qr_2')).toBe(false);
    expect(isMeant(asked({ type: 'qr.*' }).filter, eventOf('qr.deleted', 'qr_1', {}))).toBe(true);
    expect(isMeant(asked({ type: 'key.*' }).filter, eventOf('qr.deleted', 'qr_1', {}))).toBe(false);
  });

  test('comes in the format that is named, or else accepted', () => {
    expect(asked({}, { accept: 'text/event-stream' }).format).toBe('sse');
    expect(asked({}, { accept: 'application/x-ndjson' }).format).toBe('ndjson');
    expect(asked({ format: 'json' }, { accept: 'text/event-stream' }).format).toBe('json');
    for (const [accept, format] of [
      ['text/event-stream;q=0', 'json'],
      ['application/json, text/event-stream;q=0.1', 'json'],
      ['application/json; q=0.2 , Text/Event-Stream ;q=0.9', 'sse'],
      ['application/x-ndjson;q=0.5, */*', 'ndjson'],
      ['text/html, */*;q=0.8', 'json'],
    ] as const) {
      expect(asked({}, { accept }).format).toBe(format);
    }
  });

  test('of a live tail begins behind the last event that came, whatever the address says', () => {
    expect(asked({ format: 'sse', after: 3 }, { 'last-event-id': '7' }).after).toBe(7);
    expect(asked({ format: 'sse', after: 3 }).after).toBe(3);
    expect(asked({ after: 3 }, { 'last-event-id': '7' }).after).toBe(3);
  });

  test('is refused with all that is wrong', async () => {
    expect(await refused({ type: 'qr.exploded,x.*', from: 'soon', before: '2026-02-30' })).toEqual([
      '?from format',
      '?before format',
      '?type not_allowed',
    ]);
    for (const type of ['toString', '*', 'qr.', 'qr', '', 'qr.*.created']) {
      expect(await refused({ type })).toEqual(['?type not_allowed']);
    }
    expect(await refused({ from: '2026-04-08', before: '2026-04-08' })).toEqual(['?from too_large']);
    const endless = { format: 'sse' as const, limit: 5, before: '2026-04-08' };
    expect(await refused(endless, { 'last-event-id': 'x' })).toEqual([
      '?limit not_allowed',
      '?before not_allowed',
      'header:Last-Event-ID pattern',
    ]);
    const problem = await problemOf(() => asked({ type: 'qr.create' }));
    expect(problem.errors[0]!.detail).toContain('did you mean "qr.created"?');
  });
});
