/**
 * What the queue lets go, and what it holds back.
 */
import { describe, expect, test } from 'bun:test';
import type { AppendRequest } from '../../src/store/batch.ts';
import { Queue, type Waiting } from '../../src/store/queue.ts';
import { created, requestOf, scanOf, scansTo } from '../support/store.ts';

const queueOf = (...requests: AppendRequest[]): Queue => {
  const queue = new Queue();
  for (const request of requests) {
    queue.push(
      request,
      () => {},
      () => {},
    );
  }
  return queue;
};
const streams = (batch: readonly Waiting[]) => batch.map(({ request }) => request.writes[0]?.stream ?? 'scans');
const small = (stream: string, expected = 0): AppendRequest => requestOf(stream, expected, created('x'));
const large = (stream: string, rows: number): AppendRequest => requestOf(stream, 0, ...Array(rows).fill(created('x')));

describe('A batch', () => {
  test('holds all that waits, in order of arrival', () => {
    const queue = queueOf(small('a'), small('b'), small('c'));
    expect(streams(queue.take([]))).toEqual(['a', 'b', 'c']);
    expect(queue.isEmpty).toBe(true);
  });

  test('leaves for the next one what shares a stream, a name or a key with it, and what comes behind that', () => {
    const answer = { org: 'org_1', key: 'k', fingerprint: 'f', status: 200, headers: {}, body: '{}' };
    const queue = queueOf(
      { ...small('a'), claims: [{ name: 'slug:x', stream: 'a' }] },
      small('a', 1),
      { ...small('b'), claims: [{ name: 'slug:x', stream: 'b' }] },
      small('b', 1),
      { ...small('c'), answer },
      { ...small('d'), answer },
      small('e'),
    );
    expect(streams(queue.take([]))).toEqual(['a', 'c', 'e']);
    expect(streams(queue.take([]))).toEqual(['a', 'b', 'd']);
    expect(streams(queue.take([]))).toEqual(['b']);
  });

  test('leaves what shares one with a batch under way, until that is over', () => {
    const queue = queueOf(small('a'), scansTo('scans-1', 0, scanOf('qr_1')));
    const underWay = [queue.take([])];
    for (const request of [small('a', 1), scansTo('scans-1', 1, scanOf('qr_1')), small('b')]) {
      queue.push(
        request,
        () => {},
        () => {},
      );
    }
    expect(streams(queue.take(underWay))).toEqual(['b']);
    expect(queue.take(underWay)).toEqual([]);
    expect(streams(queue.take([]))).toEqual(['a', 'scans']);
  });

  test('has at most 1,000 rows, or one request', () => {
    const queue = queueOf(large('a', 400), large('b', 600), small('c'), large('d', 1200));
    const underWay = [queueOf(small('z')).take([])];
    expect(streams(queue.take(underWay))).toEqual(['a', 'b']);
    expect(streams(queue.take(underWay))).toEqual(['c']);
    expect(streams(queue.take(underWay))).toEqual(['d']);
  });
});

describe('A queue', () => {
  test('is worth a second batch under way from 12 rows on', () => {
    const queue = queueOf(large('a', 6), large('b', 5));
    expect(queue.isWorthwhile).toBe(false);
    queue.push(
      small('c'),
      () => {},
      () => {},
    );
    expect(queue.isWorthwhile).toBe(true);
    queue.take([]);
    expect(queue.isWorthwhile).toBe(false);
  });

  test('of many rows lets half go first, and all that is left behind that', () => {
    const names = Array.from({ length: 25 }, (_, i) => `s${i}`);
    const queue = queueOf(...names.map(name => small(name)));
    const first = queue.take([]);
    expect([streams(first), streams(queue.take([first]))]).toEqual([names.slice(0, 13), names.slice(13)]);
    const few = queueOf(...names.slice(0, 23).map(name => small(name)));
    expect(few.take([])).toHaveLength(23);
  });

  test('lets go together what is joined, as far as a batch reaches', () => {
    const joined = (stream: string, rows: number) => ({ ...large(stream, rows), isJoined: true });
    const queue = queueOf(small('a'), joined('b', 399), joined('c', 600), joined('d', 1), small('e'));
    expect(streams(queue.take([]))).toEqual(['a', 'b', 'c']);
    expect(streams(queue.take([]))).toEqual(['d', 'e']);
  });

  test('packs a request that will be a batch of its own while it waits, and no other', () => {
    const [own, shared] = queueOf(large('a', 1000))
      .take([])
      .concat(queueOf(small('b')).take([]));
    expect(own!.packed?.values).toContain(1000);
    expect(shared!.packed).toBeUndefined();
  });
});
