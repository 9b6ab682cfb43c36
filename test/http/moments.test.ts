import { beforeAll, describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { momentOf, timeFrom, timeOrDayFrom, timesIn } from '../../src/http/moments.ts';
import { type Call, caller } from '../support/client.ts';
import { faultsOf, problemOf } from '../support/problem-of.ts';
import type { Place } from '../support/program.ts';
import { places, refusal } from '../support/refusal.ts';
import { sharedProgram } from '../support/shared-program.ts';

const noon = Date.UTC(2026, 3, 8, 12);

describe('a time', () => {
  test('of any instant is read as it was written, in UTC and in any zone', () => {
    const between = { min: new Date('0001-01-02'), max: new Date('9998-12-30'), noInvalidDate: true };
    const zone = fc.integer({ min: -14 * 60, max: 14 * 60 });
    fc.assert(
      fc.property(fc.date(between), zone, (date, minutes) => {
        const [hours, rest] = [Math.floor(Math.abs(minutes) / 60), Math.abs(minutes) % 60];
        const offset = `${minutes < 0 ? '-' : '+'}${String(hours).padStart(2, '0')}:${String(rest).padStart(2, '0')}`;
        const local = new Date(date.getTime() + minutes * 60_000).toISOString().slice(0, -1);
        expect(timeFrom(date.toISOString())).toBe(date.getTime());
        expect(timeFrom(date.toISOString().toLowerCase())).toBe(date.getTime());
        expect(timeFrom(local + offset)).toBe(date.getTime());
      }),
    );
  });

  test('may have no fraction or a longer one, which is rounded down', () => {
    expect(timeFrom('2026-04-08T12:00:00Z')).toBe(noon);
    expect(timeFrom('2026-04-08T12:00:00.1Z')).toBe(noon + 100);
    expect(timeFrom('2026-04-08T12:00:00.001999999Z')).toBe(noon + 1);
  });

  test.each([
    '2026-02-30T12:00:00Z',
    '2025-02-29T12:00:00Z',
    '2026-13-01T12:00:00Z',
    '0000-01-01T12:00:00Z',
    '2026-04-08T24:00:00Z',
    '2026-04-08T12:60:00Z',
    '2026-04-08T12:00:60Z',
    '2026-04-08T12:00:00',
    '2026-04-08T12:00:00+24:00',
    '2026-04-08 12:00:00Z',
    '2026-04-08T12:00:00.Z',
    '2026-04-08',
    '1775649600000',
    'yesterday',
    '',
  ])('is not taken for another one when it is none: %j', text => {
    expect(timeFrom(text)).toBeNull();
  });

  test('may be a day where days are taken, which begins in UTC', () => {
    expect(timeOrDayFrom('2026-04-08')).toBe(Date.UTC(2026, 3, 8));
    expect(timeOrDayFrom('2026-04-08T12:00:00Z')).toBe(noon);
    expect(timeOrDayFrom('2026-02-30')).toBeNull();
  });

  test('that is none is named among others that are', () => {
    const query = { a: '2026-04-08', b: 'never', c: undefined, d: '2026-02-30T00:00:00Z' };
    const { times, faults } = timesIn(query, ['a', 'b', 'c', 'd']);
    expect(times).toEqual({ a: Date.UTC(2026, 3, 8) });
    expect(places(faults)).toEqual(['?b format', '?d format']);
  });
});

describe('a moment', () => {
  const ledger = (head = 7) => {
    const waited: unknown[] = [];
    const reached = async (position: number, models: readonly string[]) => void waited.push([position, ...models]);
    return { waited, deps: { head: async () => head, now: () => noon, reached } };
  };

  test('is a position that is waited for, or a time for which all that is on record is', async () => {
    const { waited, deps } = ledger();
    expect(await momentOf(deps, '3', '?asOf', ['qrs'])).toEqual({ position: 3 });
    expect(await momentOf(deps, 7, '/asOf')).toEqual({ position: 7 });
    expect(await momentOf(deps, '2026-04-08T12:00:00Z', '?asOf', ['qrs'])).toEqual({ at: noon + 999 });
    expect(await momentOf(deps, '2026-04-08T12:00:00.0Z', '?asOf')).toEqual({ at: noon });
    expect(waited).toEqual([[3, 'qrs'], [7], [7, 'qrs'], [7]]);
  });

  test.each([
    ['8', 'too_large'],
    ['999999999999999', 'too_large'],
    ['1234567890123456', 'format'],
    ['-1', 'format'],
    ['2026-04-08T12:00:00.001Z', 'too_large'],
    ['2026-02-30T12:00:00Z', 'format'],
  ])('is not %s, which lies in the future or nowhere', async (asOf, code) => {
    const problem = await problemOf(momentOf(ledger().deps, asOf, '?asOf'));
    expect(faultsOf(problem)).toEqual([`?asOf ${code}`]);
  });
});

describe('a code', () => {
  let program: Place;
  let call: Call;

  beforeAll(async () => {
    program = await sharedProgram();
    call = caller(program.url, program.key);
  });

  test('and a list are read as they were at each position and each time', async () => {
    const made = { destination: 'https://example.com/1', label: 'first' };
    const { id, createdAt } = (await call('POST', '/v1/qr/create', { json: made })).body;
    expect((await call('GET', `/v1/qr/${id}?asOf=${createdAt}`)).body.id).toBe(id);
    await call('PATCH', `/v1/qr/${id}`, { json: { label: 'second' } });
    await call('PATCH', `/v1/qr/${id}`, { json: { destination: 'https://example.com/2' } });
    await call('DELETE', `/v1/qr/${id}`);
    const events = (await call('GET', `/v1/events?stream=${id}`)).body.data as { position: number; at: string }[];
    const told = async (asOf: string | number) => {
      const code = await call('GET', `/v1/qr/${id}?asOf=${asOf}`);
      const list = await call('GET', `/v1/qr?asOf=${asOf}`);
      expect(list.status).toBe(200);
      expect(list.body.data).toEqual(code.status === 200 ? [code.body] : []);
      expect(list.body.total).toBe(list.body.data.length);
      if (code.status !== 200) return refusal(code, 404, 'not_found');
      expect(code.headers.get('etag')).toBe(`"${code.body.version}"`);
      expect(code.body).not.toHaveProperty('scans');
      return [code.body.version, code.body.label, code.body.destination];
    };
    const versions = [
      [1, 'first', 'https://example.com/1'],
      [2, 'second', 'https://example.com/1'],
      [3, 'second', 'https://example.com/2'],
      [],
    ];
    expect(await told(events[0]!.position - 1)).toEqual([]);
    for (const [i, { position }] of events.entries()) expect(await told(position)).toEqual(versions[i]!);
    // Two changes may fall into one millisecond: then the later one is what was there.
    for (const { at } of events) {
      const last = events.findLastIndex(event => event.at === at);
      expect(await told(at)).toEqual(versions[last]!);
    }
    expect(await told(new Date(Date.parse(events[0]!.at) - 1).toISOString())).toEqual([]);
    const known = await call('GET', `/v1/qr/${id}?asOf=${events[1]!.position}`, {
      headers: { 'if-none-match': '"2"' },
    });
    expect(known.status).toBe(304);
  });

  test('has no future', async () => {
    const { id } = (await call('POST', '/v1/qr/create', { json: { destination: 'https://example.com/' } })).body;
    for (const asOf of ['999999999', new Date(Date.now() + 60_000).toISOString()]) {
      for (const path of ['/v1/qr', `/v1/qr/${id}`]) {
        const faults = refusal(await call('GET', `${path}?asOf=${asOf}`), 422, 'validation_failed');
        expect(places(faults)).toEqual(['?asOf too_large']);
      }
    }
  });
});
