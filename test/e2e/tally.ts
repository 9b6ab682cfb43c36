/**
 * The test's own count of scans, kept beside the program and sharing no code with it: who was sent where, on which
 * day, from which country, with which device. It promises what analytics must say; uniques are a set of visitors.
 */
import type { Browser, Client, Device } from './real-input.ts';

export interface Visit {
  readonly qr: string;
  readonly day: string;
  readonly browser: Browser;
  readonly client: Client;
}

/** What the analytics of a code must be, but for the uniques, which are estimated there and exact here. */
export interface Expected {
  readonly totalScans: number;
  readonly timeSeries: readonly { date: string; scans: number }[];
  readonly topCountries: readonly { country: string; scans: number }[];
  readonly devices: Readonly<Record<Device, number>>;
  readonly visitors: number;
}

export class Tally {
  readonly #visits = new Map<string, Visit[]>();

  add(visit: Visit): void {
    const known = this.#visits.get(visit.qr);
    if (known) known.push(visit);
    else this.#visits.set(visit.qr, [visit]);
  }

  /** Visits of a code, in all time. */
  total(qr: string): number {
    return this.#visits.get(qr)?.length ?? 0;
  }

  /** Analytics of a code over these days. */
  expected(qr: string, days: readonly string[]): Expected {
    const visits = (this.#visits.get(qr) ?? []).filter(({ day }) => days.includes(day));
    const perDay = countOf(visits.map(({ day }) => day));
    const perCountry = countOf(visits.flatMap(({ client }) => client.country ?? []));
    const perDevice = countOf(visits.map(({ browser }) => browser.device));
    return {
      totalScans: visits.length,
      timeSeries: days.map(date => ({ date, scans: perDay.get(date) ?? 0 })),
      topCountries: [...perCountry]
        .map(([country, scans]) => ({ country, scans }))
        .sort((a, b) => b.scans - a.scans || (a.country < b.country ? -1 : 1)),
      devices: percentsOf(perDevice),
      visitors: new Set(visits.map(({ client, browser }) => `${client.address} ${browser.userAgent}`)).size,
    };
  }
}

function countOf<T>(items: readonly T[]): Map<T, number> {
  const counts = new Map<T, number>();
  for (const item of items) counts.set(item, (counts.get(item) ?? 0) + 1);
  return counts;
}

/** Largest remainder by its definition: floors first, then the missing points one by one to the largest remainders. */
function percentsOf(counts: ReadonlyMap<Device, number>): Record<Device, number> {
  const total = [...counts.values()].reduce((sum, count) => sum + count, 0);
  const percents: Record<Device, number> = { mobile: 0, desktop: 0, tablet: 0 };
  if (total === 0) return percents;
  const share = (device: Device) => (100 * (counts.get(device) ?? 0)) / total;
  const devices: Device[] = ['mobile', 'desktop', 'tablet'];
  for (const device of devices) percents[device] = Math.floor(share(device) + 1e-9);
  for (let given = percents.mobile + percents.desktop + percents.tablet; given < 100; given++) {
    const rest = (device: Device) => share(device) - percents[device];
    // A tie goes to the first in the order above; floats that differ by less than 1e-9 are a tie.
    const next = devices.reduce((best, device) => (rest(device) > rest(best) + 1e-9 ? device : best));
    percents[next] += 1;
  }
  return percents;
}
