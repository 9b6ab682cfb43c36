import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { type Answer, type Call, caller } from '../support/client.ts';
import { type Program, startProgram } from '../support/program.ts';
import { places, refusal } from '../support/refusal.ts';

let program: Program;
let call: Call;

beforeAll(async () => {
  program = await startProgram();
  call = caller(program.url, program.key);
});
afterAll(async () => {
  await program?.stop();
});

const destination = 'https://example.com/landing';
const make = (more: object) => call('POST', '/v1/qr/create', { json: { destination, ...more } });

describe('the list', () => {
  const labels = Array.from({ length: 25 }, (_, i) => `listed ${String(i).padStart(2, '0')}`);
  const labelsOf = (answer: Answer): string[] => answer.body.data.map((code: { label: string }) => code.label);

  beforeAll(async () => {
    const codes = labels.map(label => ({ destination, label }));
    codes.push({ destination: 'https://example.com/100%_\\', label: 'odd' });
    await call('POST', '/v1/qr/bulk', { json: { codes } });
  });

  test('is a page of the newest codes, as the reference shows it', async () => {
    const answer = await call('GET', '/v1/qr?search=listed');
    expect(answer.status).toBe(200);
    expect(answer.body).toMatchObject({ total: 25, page: 1, limit: 20, has_more: true });
    expect(labelsOf(answer)).toEqual(labels.toReversed().slice(0, 20));
    expect(answer.body.data[0]).toMatchObject({ label: 'listed 24', scans: 0, status: 'active' });
  });

  test('goes on by page and by cursor, each code once', async () => {
    const second = await call('GET', '/v1/qr?search=listed&page=2');
    expect(labelsOf(second)).toEqual(labels.toReversed().slice(20));
    expect(second.body).toMatchObject({ total: 25, page: 2, has_more: false, next_cursor: null });
    const beyond = await call('GET', '/v1/qr?search=listed&page=1000000');
    expect(beyond.body).toMatchObject({ data: [], total: 25, has_more: false });
    const seen: string[] = [];
    for (let cursor = ''; ; ) {
      const answer = await call('GET', `/v1/qr?search=listed&limit=7${cursor && `&cursor=${cursor}`}`);
      seen.push(...labelsOf(answer));
      if (!answer.body.has_more) break;
      // A code that is made meanwhile is newer than the cursor and shifts nothing.
      await make({ label: 'listed meanwhile' });
      cursor = answer.body.next_cursor;
    }
    expect(seen).toEqual(labels.toReversed());
  });

  test('is searched in label, destination and slug, and signs mean themselves', async () => {
    const count = async (search: string) =>
      (await call('GET', `/v1/qr?search=${encodeURIComponent(search)}`)).body.total;
    await make({ slug: 'find-me-here' });
    expect(await count('LISTED 07')).toBe(1);
    expect(await count('find-me')).toBe(1);
    expect(await count('100%_\\')).toBe(1);
    expect(await count('1%0')).toBe(0);
    expect(await count("'; drop table codes; --")).toBe(0);
  });

  test.each([
    ['page=0', '?page too_small'],
    ['page=-1', '?page too_small'],
    ['page=1.5', '?page type'],
    ['page=one', '?page type'],
    ['page=', '?page type'],
    ['page=99999999999999999999', '?page type'],
    ['limit=10000', '?limit too_large'],
    ['limit=0', '?limit too_small'],
    ['limit=1e2', '?limit type'],
    ['search=', '?search too_short'],
    ['status=deleted', '?status not_allowed'],
    ['cursor=nonsense', '?cursor format'],
    ['cursor=', '?cursor format'],
    ['cursor=cXJfMDFNODE3TVREWDFOV0E1TjAwWFZIWTU4WjE&page=2', '?page not_allowed'],
  ])('refuses %s', async (query, place) => {
    expect(places(refusal(await call('GET', `/v1/qr?${query}`), 422, 'validation_failed'))).toEqual([place]);
  });
});
