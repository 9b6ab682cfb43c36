/**
 * Taking a code back to what it was. A restoration is one fact that says which version, and behind it the precise facts
 * for every field that differs, so that redirects, pictures and webhooks follow it without knowing of versions. What the
 * code held then must still be allowed today, and what is printed stays as it is.
 */
import { Value } from '@sinclair/typebox/value';
import type { QrFact } from '../../events/qr.ts';
import { type Fault, Problem } from '../problem.ts';
import { destinationFault, type HostRules } from './destination.ts';
import { holdingFaults } from './holding.ts';
import type { QrState } from './qr-state.ts';
import { destinationsOf, routedTo, routingFacts } from './routing.ts';

/** The facts that lead from one state to the fields of another; none where nothing differs. */
export function differences(from: QrState, to: QrState): QrFact[] {
  const facts: QrFact[] = [];
  const isOther = (field: keyof QrState): boolean => !Value.Equal(from[field], to[field]);
  const forced = to.forced ? { forced: true as const } : {};
  if (isOther('destination') && to.destination !== null) {
    facts.push({ type: 'qr.retargeted', data: { destination: to.destination } });
  }
  if (isOther('content') && to.content !== null) facts.push({ type: 'qr.rewritten', data: { content: to.content } });
  if (isOther('label')) facts.push({ type: 'qr.relabeled', data: { label: to.label } });
  const isLogoNew = isOther('logo') && to.logo !== null;
  // The last fact about the looks says whether they were forced.
  if (isOther('style') || (isOther('forced') && !isLogoNew)) {
    facts.push({ type: 'qr.restyled', data: { style: to.style, ...forced } });
  }
  if (isLogoNew) facts.push({ type: 'qr.logo_attached', data: { logo: to.logo!, ...forced } });
  else if (isOther('logo')) facts.push({ type: 'qr.logo_removed', data: {} });
  if (isOther('tags')) facts.push({ type: 'qr.tagged', data: { tags: [...to.tags] } });
  if (isOther('folder')) facts.push({ type: 'qr.filed', data: { folder: to.folder } });
  return [...facts, ...routingFacts(from.routing, to.routing)];
}

export interface Restoration {
  readonly do: 'restore';
  /** The version to go back to, and the code as it was then. */
  readonly version: number;
  readonly to: QrState;
  /** Where the request said so; '' when it named none and meant the last one before the code was deleted. */
  readonly pointer: '/version' | '/asOf' | '';
  readonly hosts: HostRules;
  /** Now: what was planned for a time before is not planned any more. */
  readonly at?: number;
}

/** Restores a code, active or deleted. Throws `validation_failed` where it can't be as it was then. */
export function restore({ version, to: then, pointer, hosts, at = 0 }: Restoration, state: QrState): QrFact[] {
  const fault = (code: string, detail: string) => refusal([{ pointer: pointer || '/version', code, detail }]);
  if (state.status === 'active' && pointer === '') {
    throw fault('required', 'The code is active: say which version, or which time, it shall be as.');
  }
  if (then.status !== 'active') throw fault('not_allowed', `At version ${version} the code was deleted.`);
  const schedule = (then.routing.schedule ?? []).filter(change => change.at > at);
  const to = { ...then, routing: routedTo(then.routing, { schedule }) };
  const facts = differences(state, to);
  if (state.static && facts.some(({ type }) => type === 'qr.retargeted' || type === 'qr.rewritten')) {
    throw fault('static', 'The code is static: what it holds is printed and stays as it is.');
  }
  const elsewhere = destinationsOf(to.routing).flatMap(value => destinationFault(value, '', hosts) ?? []);
  const held = {
    ...(to.destination !== null && { destination: to.destination }),
    ...(to.content !== null && { content: to.content }),
  };
  const own = holdingFaults(to.type, held, { hosts, static: to.static });
  const [refused] = [...own, ...elsewhere];
  if (refused) {
    throw fault(refused.code, `What the code held at version ${version} is not allowed today. ${refused.detail}`);
  }
  if (facts.length === 0 && state.status === 'active') return [];
  return [{ type: 'qr.restored', data: { version } }, ...facts];
}

const refusal = (errors: readonly Fault[]): Problem => new Problem('validation_failed', errors[0]!.detail, { errors });
