/**
 * The rules of a webhook: given what has happened, when a command comes, then these facts follow or it is refused.
 */
import { describe, expect, test } from 'bun:test';
import type { WebhookFact } from '../../events/webhook.ts';
import { fold } from '../../src/decider.ts';
import { secretsAt, subscriptionFaults, type WebhookCommand, webhook } from '../../src/deciders/webhook.ts';
import { problemOf } from '../support/problem-of.ts';

const when = (given: readonly WebhookFact[], command: WebhookCommand) => webhook.decide(command, fold(webhook, given));
const code = async (given: readonly WebhookFact[], command: WebhookCommand) =>
  (await problemOf(() => when(given, command))).code;

const url = 'https://yourapp.com/hook';
const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const other = 'whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD';
const created: WebhookFact = { type: 'webhook.created', data: { url, events: ['scan.created'], secret } };
const [paused, resumed, deleted]: WebhookFact[] = [
  { type: 'webhook.paused', data: {} },
  { type: 'webhook.resumed', data: {} },
  { type: 'webhook.deleted', data: {} },
];
const disabled: WebhookFact = { type: 'webhook.disabled', data: { reason: 'gone' } };

describe('a webhook', () => {
  test('is created once, with each name once', async () => {
    const command: WebhookCommand = { do: 'create', url, events: ['scan.created', 'scan.created'], secret };
    expect(when([], command)).toEqual([created]);
    expect(await code([created], command)).toBe('conflict');
  });

  test('is narrowed to codes and to tags in their canonical form, and told of test codes when it asks', () => {
    const command: WebhookCommand = {
      ...{
        do: 'create',
        url,
        events: ['*'],
        secret,
        codes: ['qr_2', 'qr_1', 'qr_2'],
        tags: ['Menu', 'menu '],
        test: true,
      },
    };
    expect(when([], command)).toEqual([
      {
        type: 'webhook.created',
        data: { url, events: ['*'], codes: ['qr_1', 'qr_2'], tags: ['menu'], test: true, secret },
      },
    ]);
    const wide: WebhookCommand = { do: 'create', url, events: ['*'], secret, codes: [], tags: null, test: false };
    expect(when([], wide)).toEqual([{ type: 'webhook.created', data: { url, events: ['*'], secret } }]);
  });

  test('is not subscribed to what no event is called', async () => {
    const { errors } = await problemOf(() => when([], { do: 'create', url, events: ['*', 'qr.painted'], secret }));
    expect(errors).toMatchObject([{ pointer: '/events/1', code: 'not_allowed' }]);
    expect(subscriptionFaults(['a', 'qr.*', 'b']).map(({ pointer }) => pointer)).toEqual(['/events/0', '/events/2']);
  });

  test('is changed by an event for each thing that changes, and by none where nothing does', () => {
    expect(when([created], { do: 'change', url: `${url}/2`, events: ['*'], tags: ['Menu'], status: 'paused' })).toEqual(
      [
        { type: 'webhook.retargeted', data: { url: `${url}/2` } },
        { type: 'webhook.subscribed', data: { events: ['*'] } },
        { type: 'webhook.narrowed', data: { codes: null, tags: ['menu'] } },
        paused!,
      ],
    );
    const same: WebhookCommand = {
      do: 'change',
      url,
      events: ['scan.created'],
      codes: [],
      tags: null,
      status: 'active',
    };
    expect(when([created], same)).toEqual([]);
    expect(when([created], { do: 'change' })).toEqual([]);
  });

  test('rests and goes on, once each', () => {
    expect(when([created], { do: 'pause' })).toEqual([paused!]);
    expect(when([created, paused!], { do: 'pause' })).toEqual([]);
    expect(when([created, paused!], { do: 'resume' })).toEqual([resumed!]);
    expect(when([created], { do: 'resume' })).toEqual([]);
  });

  test('is disabled once, by whichever reason comes first, and taken up again', async () => {
    expect(when([created], { do: 'disable', reason: 'gone', mended: 0 })).toEqual([disabled]);
    expect(when([created, paused!], { do: 'disable', reason: 'failing', failingSince: 7, mended: 0 })).toEqual([
      { type: 'webhook.disabled', data: { reason: 'failing', failingSince: 7 } },
    ]);
    expect(when([created, disabled], { do: 'disable', reason: 'failing', mended: 0 })).toEqual([]);
    expect(fold(webhook, [created, disabled]).disabledReason).toBe('gone');
    expect(await code([created, disabled], { do: 'pause' })).toBe('conflict');
    expect(when([created, disabled], { do: 'resume' })).toEqual([resumed!]);
    expect(fold(webhook, [created, disabled, resumed!])).toMatchObject({ status: 'active', disabledReason: null });
  });

  test('is not disabled for what was seen before it was resumed or given another address', () => {
    const moved: WebhookFact = { type: 'webhook.retargeted', data: { url: 'https://new.example.com/' } };
    for (const mend of [resumed!, moved]) {
      expect(when([created, disabled, resumed!, mend], { do: 'disable', reason: 'gone', mended: 1 })).toEqual([]);
      expect(when([created, disabled, resumed!, mend], { do: 'disable', reason: 'gone', mended: 2 })).toEqual([
        disabled,
      ]);
    }
  });

  test('is tried out only while it is at work', async () => {
    expect(when([created], { do: 'test' })).toEqual([{ type: 'webhook.tested', data: {} }]);
    expect(when([created], { do: 'test', example: 'scan.created' })).toEqual([
      { type: 'webhook.tested', data: { example: 'scan.created' } },
    ]);
    for (const fact of [paused!, disabled]) expect(await code([created, fact], { do: 'test' })).toBe('conflict');
  });

  test('is gone when it is deleted, and was never there before it was created', async () => {
    expect(when([created], { do: 'delete' })).toEqual([deleted!]);
    const commands: WebhookCommand[] = [
      ...([{ do: 'delete' }, { do: 'pause' }, { do: 'resume' }, { do: 'test' }, { do: 'change', url }] as const),
      ...([
        { do: 'disable', reason: 'gone', mended: 0 },
        { do: 'rotate', secret: other, graceUntil: 9, at: 0 },
      ] as const),
    ];
    for (const given of [[], [created, deleted!]])
      for (const command of commands) expect(await code(given, command)).toBe('not_found');
  });
});

describe('a secret', () => {
  const rotated = (text: string, graceUntil: number): WebhookFact => ({
    type: 'webhook.rotated',
    data: { secret: text, graceUntil },
  });

  test('is rotated: both sign until the grace period ends, the new one first', () => {
    const [fact] = when([created], { do: 'rotate', secret: other, graceUntil: 100, at: 10 });
    expect(fact).toEqual(rotated(other, 100));
    const state = fold(webhook, [created, fact!]);
    expect(secretsAt(state, 99)).toEqual([other, secret]);
    expect(secretsAt(state, 100)).toEqual([other]);
  });

  test('keeps the end it was given when another rotation comes', () => {
    const state = fold(webhook, [created, rotated(other, 100), rotated('whsec_c', 500)]);
    expect(secretsAt(state, 50)).toEqual(['whsec_c', other, secret]);
    expect(secretsAt(state, 200)).toEqual(['whsec_c', other]);
    expect(secretsAt(state, 600)).toEqual(['whsec_c']);
    const leaked = fold(webhook, [created, rotated(other, 100), rotated('whsec_c', 20)]);
    expect(secretsAt(leaked, 20)).toEqual(['whsec_c']);
  });

  test('is not rotated to itself, but to one of old', async () => {
    const { errors } = await problemOf(() => when([created], { do: 'rotate', secret, graceUntil: 9, at: 0 }));
    expect(errors).toMatchObject([{ pointer: '/secret', code: 'not_allowed' }]);
    expect(when([created, rotated(other, 5)], { do: 'rotate', secret, graceUntil: 9, at: 6 })).toHaveLength(1);
  });

  test('is one of five at most that sign at once', async () => {
    const given = [created, ...['a', 'b', 'c', 'd'].map(text => rotated(`whsec_${text}`, 100))];
    const command: WebhookCommand = { do: 'rotate', secret: other, graceUntil: 200, at: 99 };
    expect(await code(given, command)).toBe('conflict');
    expect(when(given, { ...command, at: 100 })).toHaveLength(1);
  });
});
