/**
 * What became of attempts to tell webhooks of events. The attempts of a moment are one event a webhook, because an event
 * for each would outweigh what is told. Together with the events that are told they are all there is to know of the
 * deliveries: when their read model is built anew, what was delivered stays delivered.
 */
import { type Static, Type } from '@sinclair/typebox';
import { Data, type FactOf, Id, personal } from './envelope.ts';

export const Attempt = Data({
  /** Place of the event that was told. */
  position: Type.Integer({ minimum: 1 }),
  /** Of the answer; null when there was none. 2xx means that it was delivered. */
  status: Type.Union([Type.Integer(), Type.Null()]),
  /** Until the first byte of the answer, or until it was given up. */
  latencyMs: Type.Integer({ minimum: 0 }),
  /** Why there was no answer, as a sentence for the owner. */
  error: Type.Optional(Type.String()),
  /** When it will be tried again, in milliseconds since 1970; a failure without it was the last. */
  retryAt: Type.Optional(Type.Integer()),
});
export type Attempt = Static<typeof Attempt>;

/** Whether the endpoint took what it was told. */
export const isDelivered = ({ status }: Pick<Attempt, 'status'>): boolean =>
  status !== null && status >= 200 && status < 300;

/** An attempt with the beginning of the answer, if it is kept, and the stream of what was told. */
export type Attempted = Attempt & { readonly excerpt?: string; readonly about?: string };

export const deliveryEvents = {
  'delivery.attempted': Data({
    webhook: Id('wh'),
    attempts: Type.Array(Attempt, { minItems: 1 }),
    /**
     * Position → beginning of the answer to a failure, secrets blacked out. Apart from the attempts, because somebody else
     * has written it: when it is erased, what was done must stay on record.
     */
    excerpts: Type.Optional(personal(Type.Record(Type.String({ pattern: '^[1-9]\\d*$' }), Type.String()))),
    /** The code, or whatever else the excerpts answer an event about: they are erased with it. */
    about: Type.Optional(Type.String()),
  }),
} as const;

export type DeliveryFact = FactOf<typeof deliveryEvents>;

/** The attempts of an event, each with its excerpt. */
export const attemptsIn = ({ attempts, excerpts, about }: DeliveryFact['data']): Attempted[] =>
  attempts.map(attempt => {
    const excerpt = excerpts?.[attempt.position];
    return excerpt === undefined ? attempt : { ...attempt, excerpt, ...(about !== undefined && { about }) };
  });

/** The event of these attempts at a webhook; those with an excerpt have to be about the same. */
export function attemptedFact(webhook: string, list: readonly Attempted[]): DeliveryFact {
  const excerpts = Object.fromEntries(list.flatMap(({ position, excerpt }) => (excerpt ? [[position, excerpt]] : [])));
  const attempts = list.map(({ excerpt: _, about: __, ...attempt }) => attempt);
  const about = list.find(({ excerpt }) => excerpt)?.about;
  const said = Object.keys(excerpts).length > 0 && { excerpts, ...(about !== undefined && { about }) };
  return { type: 'delivery.attempted', data: { webhook, attempts, ...said } };
}
