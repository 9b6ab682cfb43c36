/**
 * The rules of a webhook: created, changed, paused and resumed, its secret rotated while both work, disabled by the
 * system when it fails for too long, and deleted. Whether its address may be reached is not known here; that is asked
 * where it comes in, and again whenever it is called.
 */
import { Value } from '@sinclair/typebox/value';
import { isSubscribable, toldNames } from '../../events/names.ts';
import type { DisabledReason, WebhookFact } from '../../events/webhook.ts';
import type { Decider } from '../decider.ts';
import { type Fault, invalid, Problem } from '../problem.ts';
import { canonicalTags } from './filing.ts';

/** A secret, and until when it signs; null for the one that stays. */
export interface SigningSecret {
  readonly secret: string;
  readonly until: number | null;
}

export interface WebhookState {
  readonly status: 'absent' | 'active' | 'paused' | 'disabled' | 'deleted' | 'erased';
  readonly url: string;
  readonly events: readonly string[];
  /** Null for events about any code, and about none. */
  readonly codes: readonly string[] | null;
  readonly tags: readonly string[] | null;
  readonly test: boolean;
  /** Newest first. */
  readonly secrets: readonly SigningSecret[];
  readonly disabledReason: DisabledReason | null;
  /** How often it was resumed or given another address: what was seen before that says nothing of it now. */
  readonly mended: number;
}

type Narrowed = {
  readonly codes?: readonly string[] | null | undefined;
  readonly tags?: readonly string[] | null | undefined;
};

export type WebhookCommand =
  | (Narrowed & {
      readonly do: 'create';
      readonly url: string;
      readonly events: readonly string[];
      readonly test?: boolean | undefined;
      readonly secret: string;
    })
  | (Narrowed & {
      readonly do: 'change';
      readonly url?: string | undefined;
      readonly events?: readonly string[] | undefined;
      readonly status?: 'active' | 'paused' | undefined;
    })
  | { readonly do: 'pause' }
  | { readonly do: 'resume' }
  | {
      readonly do: 'disable';
      readonly reason: DisabledReason;
      readonly failingSince?: number | undefined;
      /** As it was when the attempt began that says so. */
      readonly mended: number;
    }
  | { readonly do: 'rotate'; readonly secret: string; readonly graceUntil: number; readonly at: number }
  | { readonly do: 'test'; readonly example?: string | undefined }
  | { readonly do: 'delete' }
  | { readonly do: 'erase' };

/** Each signs every message, and a receiver has to look at all of them. */
const secretsMax = 5;

export const webhook: Decider<WebhookState, WebhookCommand, WebhookFact> = {
  initial: {
    ...{ status: 'absent', url: '', events: [], codes: null, tags: null, test: false, secrets: [] },
    disabledReason: null,
    mended: 0,
  },

  evolve(state, { type, data }) {
    switch (type) {
      case 'webhook.created': {
        const { url, events, codes = null, tags = null, test = false, secret } = data;
        return { ...state, status: 'active', url, events, codes, tags, test, secrets: [{ secret, until: null }] };
      }
      case 'webhook.retargeted':
        return { ...state, ...data, mended: state.mended + 1 };
      case 'webhook.subscribed':
      case 'webhook.narrowed':
        return { ...state, ...data };
      case 'webhook.rotated': {
        const { secret, graceUntil } = data;
        // One that is in its grace period already ends no later: who gives none wants the new one alone.
        const before = state.secrets.map(its => ({ ...its, until: Math.min(its.until ?? graceUntil, graceUntil) }));
        return { ...state, secrets: [{ secret, until: null }, ...before] };
      }
      case 'webhook.paused':
        return { ...state, status: 'paused' };
      case 'webhook.resumed':
        return { ...state, status: 'active', disabledReason: null, mended: state.mended + 1 };
      case 'webhook.disabled':
        return { ...state, status: 'disabled', disabledReason: data.reason };
      case 'webhook.deleted':
        return { ...state, status: 'deleted' };
      case 'webhook.erased':
        return { ...state, status: 'erased', url: '', tags: null, secrets: [] };
      default:
        return state;
    }
  },

  decide(command, state) {
    if (command.do === 'create') {
      if (state.status !== 'absent') throw new Problem('conflict', 'A webhook with this id exists already.');
      const { url, secret, test, codes, tags } = command;
      const events = subscribed(command.events);
      const narrowing = narrowed({ codes, tags });
      return [
        {
          type: 'webhook.created',
          data: {
            ...{ url, events },
            ...(narrowing.codes && { codes: narrowing.codes }),
            ...(narrowing.tags && { tags: narrowing.tags }),
            ...(test && { test }),
            secret,
          },
        },
      ];
    }
    if (command.do === 'erase' && state.status !== 'absent') {
      return state.status === 'erased' ? [] : [{ type: 'webhook.erased', data: {} }];
    }
    if (
      state.status === 'absent' ||
      state.status === 'deleted' ||
      state.status === 'erased' ||
      command.do === 'erase'
    ) {
      throw new Problem('not_found', 'There is no such webhook.');
    }
    switch (command.do) {
      case 'change':
        return change(command, state);
      case 'pause':
        return statusFacts('paused', state);
      case 'resume':
        return statusFacts('active', state);
      case 'disable': {
        const { reason, failingSince, mended } = command;
        if (state.status === 'disabled' || state.mended !== mended) return [];
        return [{ type: 'webhook.disabled', data: { reason, ...(failingSince !== undefined && { failingSince }) } }];
      }
      case 'rotate':
        return rotate(command, state);
      case 'test':
        if (state.status !== 'active') {
          throw new Problem('conflict', `The webhook is ${state.status}; resume it before it is tested.`);
        }
        return [
          { type: 'webhook.tested', data: { ...(command.example !== undefined && { example: command.example }) } },
        ];
      case 'delete':
        return [{ type: 'webhook.deleted', data: {} }];
    }
  },
};

/** What signs at a moment, newest first; a secret that was erased is blank. */
export const secretsAt = ({ secrets }: Pick<WebhookState, 'secrets'>, at: number): string[] =>
  secrets.filter(({ secret, until }) => secret !== '' && (until === null || until > at)).map(({ secret }) => secret);

/** What is wrong with a subscription, each fault at the name that has it. */
export const subscriptionFaults = (names: readonly string[], pointer = '/events'): Fault[] =>
  names.flatMap((name, i) => {
    if (isSubscribable(name)) return [];
    const detail = `No event answers to this name; there are ${toldNames.join(', ')}, and patterns such as qr.* and *.`;
    return [{ pointer: `${pointer}/${i}`, code: 'not_allowed', detail }];
  });

function subscribed(names: readonly string[]): string[] {
  const faults = subscriptionFaults(names);
  if (faults.length > 0) throw invalid(faults);
  return [...new Set(names)];
}

function narrowed({ codes, tags }: Narrowed): { codes: string[] | null; tags: string[] | null } {
  return {
    codes: codes && codes.length > 0 ? [...new Set(codes)].sort() : null,
    tags: tags && tags.length > 0 ? canonicalTags(tags) : null,
  };
}

function change(command: Extract<WebhookCommand, { do: 'change' }>, state: WebhookState): WebhookFact[] {
  const { url = state.url, codes = state.codes, tags = state.tags, status } = command;
  const events = command.events === undefined ? state.events : subscribed(command.events);
  const before = { codes: state.codes, tags: state.tags };
  const after = narrowed({ codes, tags });
  const facts: WebhookFact[] = [];
  if (url !== state.url) facts.push({ type: 'webhook.retargeted', data: { url } });
  if (!Value.Equal(events, state.events)) facts.push({ type: 'webhook.subscribed', data: { events: [...events] } });
  if (!Value.Equal(after, before)) facts.push({ type: 'webhook.narrowed', data: after });
  return status === undefined ? facts : [...facts, ...statusFacts(status, state)];
}

function statusFacts(wanted: 'active' | 'paused', { status }: WebhookState): WebhookFact[] {
  if (wanted === status) return [];
  if (wanted === 'active') return [{ type: 'webhook.resumed', data: {} }];
  if (status === 'disabled') throw new Problem('conflict', 'The webhook is disabled; nothing is kept for it to pause.');
  return [{ type: 'webhook.paused', data: {} }];
}

function rotate(command: Extract<WebhookCommand, { do: 'rotate' }>, state: WebhookState): WebhookFact[] {
  const { secret, graceUntil, at } = command;
  if (state.secrets.some(its => its.secret === secret && its.until === null)) {
    throw invalid([{ pointer: '/secret', code: 'not_allowed', detail: 'This is the secret that signs already.' }]);
  }
  if (secretsAt(state, at).length >= secretsMax) {
    throw new Problem('conflict', `${secretsMax} secrets sign already; wait until the grace period of one has ended.`);
  }
  return [{ type: 'webhook.rotated', data: { secret, graceUntil } }];
}
