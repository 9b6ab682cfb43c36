/**
 * An entry of the ledger as an event again: what `line.ts` and `entries.ts` have written, read back. What is sealed in it
 * stays sealed.
 */
import type { AnyEvent } from '../../events/index.ts';
import { toScan } from '../store/scan-rows.ts';

/** Columns of a scan's line, in order. */
const scanNames = `stream version at_ms org qr qr_version rule kind country device os browser referrer language agent
  visitor region city utm_source utm_medium utm_campaign test rules earlier`.split(/\s+/);
const whole = new Set(['version', 'at_ms', 'qr_version', 'agent', 'visitor']);
/** Columns of a fact's line. */
const factCount = 8;

export function eventOfEntry(entry: string): AnyEvent {
  const [place, ...values] = entry.slice(0, -1).split('\t');
  const position = Number(place);
  if (values.length !== factCount) {
    const row = scanNames.map((name, i) => [name, whole.has(name) ? Number(values[i]) : values[i]]);
    return toScan({ position, ...Object.fromEntries(row) });
  }
  const [stream, version, type, at, org, actor, request, data] = values as string[] & { 7: string };
  return {
    position,
    stream,
    version: Number(version),
    type,
    at: Number(at),
    org: org || null,
    actor,
    request: request || null,
    data: JSON.parse(data!),
  } as unknown as AnyEvent;
}
