import { describe, expect, test } from 'bun:test';
import type { QrFact } from '../../events/qr.ts';
import { fold } from '../../src/decider.ts';
import { hostRules } from '../../src/deciders/destination.ts';
import { type QrCommand, qr } from '../../src/deciders/qr.ts';
import { problemOf } from '../support/problem-of.ts';

const hosts = hostRules({ own: ['qr.example'] });
const create = { do: 'create', type: 'url', slug: 'Sale', destination: 'https://a.example/', hosts } as const;
const created: QrFact = { type: 'qr.created', data: { slug: 'sale', type: 'url', destination: 'https://a.example/' } };
const deleted: QrFact = { type: 'qr.deleted', data: {} };
const when = (given: readonly QrFact[], command: QrCommand) => qr.decide(command, fold(qr, given));

describe('an erasure', () => {
  const erased: QrFact = { type: 'qr.erased', data: {} };

  test('is one event, whether the code is active or deleted, and none when it was erased already', () => {
    expect(when([created], { do: 'erase' })).toEqual([erased]);
    expect(when([created, deleted], { do: 'erase' })).toEqual([erased]);
    expect(when([created, erased], { do: 'erase' })).toEqual([]);
  });

  test('leaves nothing that could be changed, deleted or restored', async () => {
    const to = fold(qr, [created]);
    const restore = { do: 'restore', version: 1, to, pointer: '/version', hosts } as const;
    expect((await problemOf(() => when([created, erased], restore))).code).toBe('gone');
    expect((await problemOf(() => when([created, erased], { do: 'delete' }))).code).toBe('not_found');
    expect((await problemOf(() => when([created, erased], { do: 'change', hosts, label: 'x' }))).code).toBe(
      'not_found',
    );
    expect((await problemOf(() => when([created, erased], create))).code).toBe('conflict');
    expect((await problemOf(() => when([], { do: 'erase' }))).code).toBe('not_found');
  });
});
