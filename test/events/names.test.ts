/**
 * By which names webhooks are told of events. The table is written out here once more, from the outside, because
 * customers' programs compare with these words.
 */
import { describe, expect, test } from 'bun:test';
import { catalogue, type EventType } from '../../events/index.ts';
import { isSubscribable, nameFor, toldNames, toldTypes, typesOf } from '../../events/names.ts';
import { shownData } from '../../events/shown.ts';
import { eventOf } from '../support/read-models.ts';

const scan = (kind: 'scan' | 'bot') => ({ type: 'scan.recorded' as const, data: { kind } as never });
const fact = (type: EventType) => ({ type, data: {} as never });

describe('the names of the reference', () => {
  test('stand for what they say', () => {
    const others = ['qr.restored', 'qr.erased', 'quota.reached', 'webhook.disabled'];
    for (const name of ['scan.created', 'qr.created', 'qr.updated', 'qr.deleted', ...others])
      expect(toldNames).toContain(name);
    expect(typesOf('scan.created')).toEqual(['scan.recorded']);
    expect(typesOf('qr.created')).toEqual(['qr.created']);
    const changes: EventType[] = [
      'qr.retargeted',
      'qr.rewritten',
      'qr.relabeled',
      'qr.restyled',
      'qr.tagged',
      'qr.filed',
    ];
    expect(typesOf('qr.updated')).toEqual(expect.arrayContaining(changes));
    for (const stage of ['qr.created', 'qr.deleted', 'qr.restored'] as const)
      expect(typesOf('qr.updated')).not.toContain(stage);
  });

  test('and every event of an organisation can be asked for by its own, but those that deliveries leave behind', () => {
    const all = Object.keys(catalogue) as EventType[];
    const untold: EventType[] = ['counting.revised', 'delivery.attempted', 'replay.advanced'];
    expect(all.filter(type => !toldTypes.includes(type)).sort()).toEqual(untold);
    for (const type of toldTypes) expect(nameFor(fact(type), [type])).toBe(type);
    for (const type of untold) {
      expect(nameFor(fact(type), ['*', type])).toBeUndefined();
      expect(isSubscribable(type)).toBe(false);
    }
  });
});

describe('an event is told', () => {
  test.each<[EventType, string[], string | undefined]>([
    ['qr.created', ['qr.created'], 'qr.created'],
    ['qr.created', ['qr.*'], 'qr.created'],
    ['qr.created', ['*'], 'qr.created'],
    ['qr.created', ['qr.updated', 'scan.*', 'org.*'], undefined],
    ['qr.retargeted', ['qr.updated'], 'qr.updated'],
    ['qr.retargeted', ['qr.*'], 'qr.updated'],
    ['qr.retargeted', ['*'], 'qr.updated'],
    ['qr.retargeted', ['qr.retargeted'], 'qr.retargeted'],
    ['qr.retargeted', ['*', 'qr.updated', 'qr.retargeted'], 'qr.retargeted'],
    ['qr.relabeled', ['qr.retargeted'], undefined],
    ['org.renamed', ['*'], 'org.renamed'],
    ['org.renamed', ['organization.*', 'o.*'], undefined],
    ['webhook.disabled', ['webhook.*'], 'webhook.disabled'],
  ])('%s to who asks for %p as %p', (type, patterns, name) => {
    expect(nameFor(fact(type), patterns)).toBe(name as string);
  });

  test('as scan.created when a person scanned; bots only to who asks for the record itself', () => {
    expect(nameFor(scan('scan'), ['scan.created'])).toBe('scan.created');
    expect(nameFor(scan('scan'), ['scan.*'])).toBe('scan.created');
    expect(nameFor(scan('bot'), ['scan.created', 'scan.*', '*'])).toBeUndefined();
    expect(nameFor(scan('bot'), ['*', 'scan.recorded'])).toBe('scan.recorded');
    expect(nameFor(scan('scan'), ['*', 'scan.recorded'])).toBe('scan.recorded');
  });
});

describe('asked for can be', () => {
  test.each(['*', 'qr.*', 'scan.*', 'webhook.*', 'qr.updated', 'scan.created', 'key.issued'])('%s', pattern => {
    expect(isSubscribable(pattern)).toBe(true);
  });

  test.each(['', '**', 'qr', 'qr.', '.*', 'q*', '*.created', 'qr.painted', 'delivery.*', 'QR.*', 'qr.*.x'])(
    'not %p',
    pattern => {
      expect(isSubscribable(pattern)).toBe(false);
    },
  );
});

test('what is withheld is in nothing that is shown', () => {
  const data = { url: 'https://example.com', events: ['*'], secret: 'whsec_geheim' };
  expect(shownData(eventOf('webhook.created', 'wh_1', data))).toEqual({ url: 'https://example.com', events: ['*'] });
  expect(shownData(eventOf('webhook.rotated', 'wh_1', { secret: 'whsec_geheim', graceUntil: 5 }))).toEqual({
    graceUntil: 5,
  });
  const open = { destination: 'https://example.com' };
  expect(shownData(eventOf('qr.retargeted', 'qr_1', open))).toBe(open);
});
