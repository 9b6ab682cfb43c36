/**
 * Scans on their way into the read model, by subject: a code, or all codes of an organisation. What many of them have in
 * common is told once, so that a scan is some numbers from here on.
 */
import type { AnyEvent } from '../events/index.ts';
import type { Revision } from './counting.ts';
import { combinationOf, type Item } from './scan-items.ts';
import { quarterOf, spanOf } from './scan-times.ts';

/** An organisation as a subject; scans of test codes are told apart. */
export const organizationSubject = (org: string, isTest: boolean): string => (isTest ? `${org} test` : org);

/** Of codes, which are told by which version they were served. */
export const isCode = (name: string): boolean => name.startsWith('qr_');

export interface Subject {
  readonly name: string;
  readonly org: string;
  /** By the start of the month. */
  readonly months: Map<number, Item[]>;
  counted: number;
}

/** Scans that are to be added, by subject; combinations are told by their place in `texts`. */
export class Intake {
  readonly subjects = new Map<string, Subject>();
  readonly #numbers = new Map<string, number>();
  /** The quarter of the scan before, and its month: mostly those of the next, too. */
  #quarter = -1;
  #month = 0;

  get texts(): string[] {
    return [...this.#numbers.keys()];
  }

  /** The place of a combination in `texts`. */
  numberOf(text: string): number {
    const known = this.#numbers.get(text);
    if (known !== undefined) return known;
    const number = this.#numbers.size;
    this.#numbers.set(text, number);
    return number;
  }

  /** The subject of a name, from the first time it is asked for. */
  subjectOf(name: string, org: string): Subject {
    const known = this.subjects.get(name);
    if (known) return known;
    const subject = { name, org, months: new Map(), counted: 0 };
    this.subjects.set(name, subject);
    return subject;
  }

  /** A scan of a code, which is one of its organisation's. */
  add(code: Subject, organization: Subject, quarter: number, visitor: number, version: number, combination: number) {
    if (quarter !== this.#quarter) {
      this.#quarter = quarter;
      this.#month = spanOf('month', quarter).from;
    }
    // One for each subject, for it has another place in each.
    put(code, this.#month, { quarter, visitor, combination, version, part: 0 });
    put(organization, this.#month, { quarter, visitor, combination, version, part: 0 });
  }
}

function put({ months }: Subject, month: number, item: Item): void {
  const items = months.get(month);
  if (items) items.push(item);
  else months.set(month, [item]);
}

/** The scans among events. */
export function intakeOf(events: readonly AnyEvent[], revisions: ReadonlyMap<number, Revision>): Intake {
  const intake = new Intake();
  for (const event of events) {
    if (event.type !== 'scan.recorded') continue;
    const { at, org, data } = event;
    const number = intake.numberOf(combinationOf(data, revisions.get(data.agent)));
    const code = intake.subjectOf(data.qr, org!);
    const organization = intake.subjectOf(organizationSubject(org!, data.test === true), org!);
    intake.add(code, organization, quarterOf(at), data.visitor, data.qrVersion, number);
  }
  return intake;
}
