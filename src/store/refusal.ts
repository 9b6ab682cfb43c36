/**
 * What the ledger refuses, and whom that concerns: of a batch only the requests that something stands against, each told
 * what it is.
 */
import { tooMuch } from './allowances.ts';
import type { AppendRequest } from './batch.ts';
import type { Refusals } from './carrier.ts';
import type { Waiting } from './queue.ts';

/** Why a request was not written: streams, names, keys or allowances it failed on. Nothing of it was written. */
export class Refused extends Error {
  readonly reason: 'version' | 'claim' | 'answer' | 'allowance';
  readonly names: readonly string[];
  /** What is used of an allowance that did not suffice. */
  readonly used: number;

  constructor(reason: Refused['reason'], names: readonly string[], used = 0) {
    super(`refused by the ledger (${reason}): ${names.slice(0, 5).join(', ')}`);
    this.reason = reason;
    this.names = names;
    this.used = used;
  }
}

/** Tells the requests that something stands against; returns the others. */
export function refuse(batch: readonly Waiting[], refused: Refusals): Waiting[] {
  const left: Waiting[] = [];
  const used = new Map(refused.flatMap(([reason, name, used]) => (reason === 'allowance' ? [[name, used]] : [])));
  for (const item of batch) {
    const [over] = tooMuch(item.request.spends ?? [], used);
    if (over) {
      item.failed(new Refused('allowance', [over.name], used.get(over.name)));
      continue;
    }
    const against = refused.filter(([reason, name]) => concerns(item.request, reason, name));
    if (against.length === 0) {
      left.push(item);
      continue;
    }
    const [reason] = against[0]!;
    item.failed(
      new Refused(reason, reason === 'answer' ? [item.request.answer!.key] : against.map(([, name]) => name)),
    );
  }
  return left;
}

/** Whether what was refused is in this request; no two requests of a batch share it. */
function concerns(request: AppendRequest, reason: Refused['reason'], name: string): boolean {
  if (reason === 'claim') return request.claims?.some(claim => claim.name === name) ?? false;
  if (reason === 'answer')
    return request.answer !== undefined && `${request.answer.org} ${request.answer.key}` === name;
  return request.scans?.stream === name || request.writes.some(write => write.stream === name);
}
