/**
 * What can be dialled and what can be written to. Numbers follow E.164, addresses RFC 5321 and 6531 without their
 * museum pieces (comments, literals). Both are asked whether they can be right, never whether they exist.
 */
import type { HostRules } from '../deciders/destination.ts';

/** A code of the closed list and a sentence. */
export type Refusal = readonly [code: string, detail: string];
export type FieldRule = (value: string, hosts: HostRules) => Refusal | null;

/** Country code and number have at most 15 digits (E.164 §6.2.1); the shortest full ones that are in use have 7. */
const international = /^\+[1-9]\d{6,14}$/;

/** Without a country code: what a phone dials as it stands, from 110 and 112 upwards. */
const national = /^\d{2,15}$/;

/**
 * A number with its country code or, unless that is a must, one that works where it is dialled. `*` and `#` are out:
 * with them a scanned number could give a phone orders (USSD).
 */
export function numberRule(kind?: 'international'): FieldRule {
  return value => {
    if (!/^\+?[\d ().\-/]+$/.test(value)) {
      return ['format', 'A phone number is digits, after a + if the country code comes first; write +49 30 901820.'];
    }
    const digits = value.replace(/[^+\d]/g, '');
    if (kind === 'international') {
      if (international.test(digits.replace(/^(?!\+)/, '+'))) return null;
      return ['format', 'WhatsApp needs the whole number: +, country code, 7 to 15 digits in all.'];
    }
    if (international.test(digits) || national.test(digits)) return null;
    return ['format', 'With its country code a phone number has 7 to 15 digits, without one 2 to 15.'];
  };
}

/** Dot-atom or quoted string, in any script. */
const atom = '[^\\p{C}\\p{Z}"(),.:;<>@[\\\\\\]]+';
const localPart = new RegExp(`^(?:${atom}(?:\\.${atom})*|"(?:[^"\\\\\\p{C}]|\\\\\\P{C})*")$`, 'u');
const domainLabel = /^[\p{L}\p{M}\p{N}](?:[\p{L}\p{M}\p{N}-]{0,61}[\p{L}\p{M}\p{N}])?$/u;

export const emailRule: FieldRule = value => {
  const at = value.lastIndexOf('@');
  const local = value.slice(0, at);
  const labels = value.slice(at + 1).split('.');
  const isRight =
    at > 0 &&
    new TextEncoder().encode(local).length <= 64 &&
    localPart.test(local) &&
    labels.length > 1 &&
    labels.every(label => domainLabel.test(label)) &&
    !/^\d+$/.test(labels.at(-1) ?? '');
  return isRight ? null : ['format', 'An e-mail address looks like jane@example.com.'];
};
