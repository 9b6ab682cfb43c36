/**
 * The catalogue: every event this product has ever known, by the one name that the ledger, the stream, a webhook and
 * a customer's filter use. Adding a noun means adding its file here.
 */
import { type BlocklistFact, blocklistEvents } from './blocklist.ts';
import { type CountingFact, countingEvents } from './counting.ts';
import { type DeliveryFact, deliveryEvents } from './delivery.ts';
import { type DomainFact, domainEvents } from './domain.ts';
import type { Recorded } from './envelope.ts';
import { type JobFact, jobEvents } from './job.ts';
import { type KeyFact, keyEvents } from './key.ts';
import { type MemberFact, memberEvents } from './member.ts';
import { type OrganizationFact, organizationEvents } from './organization.ts';
import { type QrFact, qrEvents } from './qr.ts';
import { type QuotaFact, quotaEvents } from './quota.ts';
import { type ReplayFact, replayEvents } from './replay.ts';
import { type RequestFact, requestEvents } from './request.ts';
import { type ScanFact, scanEvents } from './scan.ts';
import { type StyleFact, styleEvents } from './style.ts';
import { type TeamFact, teamEvents } from './team.ts';
import { type TrafficFact, trafficEvents } from './traffic.ts';
import { type WebhookFact, webhookEvents } from './webhook.ts';

export const catalogue = {
  ...organizationEvents,
  ...teamEvents,
  ...memberEvents,
  ...keyEvents,
  ...domainEvents,
  ...blocklistEvents,
  ...qrEvents,
  ...styleEvents,
  ...scanEvents,
  ...requestEvents,
  ...quotaEvents,
  ...jobEvents,
  ...countingEvents,
  ...trafficEvents,
  ...webhookEvents,
  ...deliveryEvents,
  ...replayEvents,
} as const;

export type AnyFact =
  | OrganizationFact
  | TeamFact
  | MemberFact
  | KeyFact
  | DomainFact
  | BlocklistFact
  | QrFact
  | StyleFact
  | ScanFact
  | RequestFact
  | QuotaFact
  | JobFact
  | CountingFact
  | TrafficFact
  | WebhookFact
  | DeliveryFact
  | ReplayFact;
export type EventType = AnyFact['type'];
/** Any stored event, discriminated by `type`. */
export type AnyEvent = { [F in AnyFact as F['type']]: Recorded<F> }[EventType];

/** Scans are stored and carried apart from the facts that say what a code is: they are many, and nobody decides on them. */
export type Family = 'facts' | 'scans';
export const familyOf = (type: string): Family => (type === 'scan.recorded' ? 'scans' : 'facts');
