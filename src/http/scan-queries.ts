/**
 * Which scans are asked for one by one: by code, time and all that a scan says; and how one is shown. A scan is told with
 * the destination that its version and rule led to, so that a reader need not know the history of its code.
 */
import { type Static, Type } from '@sinclair/typebox';
import type { AnyEvent } from '../../events/index.ts';
import { currentRules, kindUnder } from '../../projections/counting.ts';
import { destinationsOf } from '../../projections/destinations.ts';
import type { Access } from '../../projections/keys.ts';
import { invalid } from '../problem.ts';
import { itemsOf, scanFilterFields, valuesIn } from './analytics-queries.ts';
import { codeSetFields, codesMeant } from './code-sets.ts';
import type { ApiDeps, ScanFilter } from './deps.ts';
import { timesIn } from './moments.ts';
import { routingsOf, servedBy } from './served.ts';
import { OrNull, Time } from './shapes.ts';

const time = (description: string) =>
  Type.Optional(
    Type.String({
      maxLength: 40,
      description: `${description}: an RFC 3339 time, or a day, which means its beginning in UTC`,
    }),
  );

export const scanFields = {
  from: time('Scanned then or later'),
  before: time('Scanned earlier'),
  kind: Type.Optional(
    Type.String({
      maxLength: 40,
      pattern: itemsOf('scan|bot|head|prefetch'),
      description: 'scan, bot, head, prefetch, several with commas; all when absent',
    }),
  ),
  ...scanFilterFields,
  ...codeSetFields,
};
const ScanSelection = Type.Object(scanFields);

/** A scan as the API shows it. */
export const ShownScan = Type.Object(
  {
    position: Type.Integer({ description: 'Place in the ledger' }),
    at: Time,
    code: Type.String({ description: 'Id of the code' }),
    version: Type.Integer({ description: 'Version of the code that was served' }),
    destination: Type.String({ description: 'Where it led, or the type of content that was shown' }),
    rule: OrNull(Type.String()),
    kind: Type.String({ description: 'By the newest counting rules that have judged it' }),
    country: OrNull(Type.String()),
    region: OrNull(Type.String()),
    city: OrNull(Type.String()),
    device: Type.String(),
    os: OrNull(Type.String()),
    browser: OrNull(Type.String()),
    language: OrNull(Type.String()),
    referrer: OrNull(Type.String()),
    utmSource: OrNull(Type.String()),
    utmMedium: OrNull(Type.String()),
    utmCampaign: OrNull(Type.String()),
    visitor: Type.Integer({
      description: 'HyperLogLog coordinate, register * 16 + rank; no identity: thousands share one',
    }),
  },
  { title: 'Scan' },
);
export type ShownScan = Static<typeof ShownScan>;
export const shownFields = Object.keys(ShownScan.properties) as (keyof ShownScan)[];

/** The filter that a query asks for, within what the caller sees. Throws problems that name each fault. */
export async function scanFilterOf(
  deps: ApiDeps,
  access: Access,
  query: Static<typeof ScanSelection>,
): Promise<ScanFilter> {
  const { from, before } = spanOf(query);
  const values = Object.fromEntries(
    ['kind' as const, ...(Object.keys(scanFilterFields) as (keyof typeof scanFilterFields)[])].flatMap(name => {
      const text = query[name];
      return text === undefined ? [] : [[name, valuesIn(name, text)]];
    }),
  );
  const codes = await codesMeant(deps, access, query);
  return { org: access.org, test: access.mode === 'test', codes, from, before, values };
}

/** When the scans that are meant were made, in milliseconds, and what is wrong with it. */
export function spanIn(query: Pick<Static<typeof ScanSelection>, 'from' | 'before'>) {
  const { times, faults } = timesIn(query, ['from', 'before']);
  const { from, before } = times;
  if (from !== undefined && before !== undefined && from >= before) {
    faults.push({ pointer: '?from', code: 'too_large', detail: '"from" must be earlier than "before".' });
  }
  return { times, faults };
}

/** The same where nothing else can be wrong. Throws every fault. */
export function spanOf(query: Parameters<typeof spanIn>[0]) {
  const { times, faults } = spanIn(query);
  if (faults.length > 0) throw invalid(faults);
  return times;
}

/** Scans as they are shown. */
export async function shownScans(deps: ApiDeps, events: readonly AnyEvent[]): Promise<ShownScan[]> {
  const scans = events.filter(event => event.type === 'scan.recorded');
  const destinations = await destinationsOf(deps.sql, [...new Set(scans.map(({ data }) => data.qr))]);
  const routed = new Set(scans.flatMap(({ data }) => (data.rule === null ? [] : data.qr)));
  const destinationOf = servedBy(destinations, await routingsOf(deps, [...routed]));
  return scans.map(({ position, at, data }) => ({
    position,
    at: new Date(at).toISOString(),
    code: data.qr,
    version: data.qrVersion,
    destination: destinationOf(data.qr, data.rule === null ? `${data.qrVersion}` : `${data.qrVersion} ${data.rule}`),
    rule: data.rule,
    kind: kindUnder(currentRules, data),
    country: data.country,
    region: data.region ?? null,
    city: data.city ?? null,
    device: data.device,
    os: data.os,
    browser: data.browser,
    language: data.language,
    referrer: data.referrer,
    utmSource: data.utm?.source ?? null,
    utmMedium: data.utm?.medium ?? null,
    utmCampaign: data.utm?.campaign ?? null,
    visitor: data.visitor,
  }));
}
