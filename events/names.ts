/**
 * By which names a webhook is told of events, and how it asks for them: the one table. An event goes by its own name,
 * unless it stands here: then it has a broader one too, that of the reference, under which several events go or only the
 * part of them that most people mean. Patterns ask for the broader names; an event that has one is told under its own
 * name only to those who name it.
 */
import type { AnyEvent, EventType } from './index.ts';
import { catalogue } from './index.ts';

/** Stages in the life of a code; whatever else happens to one is a change of it. */
const stages: ReadonlySet<string> = new Set(['qr.created', 'qr.deleted', 'qr.restored', 'qr.erased']);

/** The first two come of deliveries: told to a webhook, each would bring about the next. The last is no organisation's. */
const untold: ReadonlySet<string> = new Set(['delivery.attempted', 'replay.advanced', 'counting.revised']);

/** The broader name of a type; undefined for one that goes by its own. */
function broaderName(type: string): string | undefined {
  if (type === 'scan.recorded') return 'scan.created';
  return type.startsWith('qr.') && !stages.has(type) ? 'qr.updated' : undefined;
}

/** Types a webhook can be told of. */
export const toldTypes = (Object.keys(catalogue) as EventType[]).filter(type => !untold.has(type));

/** Every name that can be asked for: the broader ones and each event's own. */
export const toldNames: readonly string[] = [
  ...new Set(toldTypes.flatMap(type => [broaderName(type) ?? [], type].flat())),
].sort();

/** The types that go by a name, so that it can be said what stands behind it. */
export const typesOf = (name: string): EventType[] =>
  toldTypes.filter(type => type === name || broaderName(type) === name);

/** Whether this is a name or a pattern that some event answers to. */
export function isSubscribable(pattern: string): boolean {
  if (pattern === '*' || toldNames.includes(pattern)) return true;
  return pattern.endsWith('.*') && toldNames.some(name => name.startsWith(pattern.slice(0, -1)));
}

/** Scans that are not counted go by their own name alone. */
const hasBroaderName = (event: Pick<AnyEvent, 'type' | 'data'>): boolean =>
  event.type !== 'scan.recorded' || (event.data as { kind?: string }).kind === 'scan';

/** Under which name these patterns ask for an event; undefined when they don't. The name that says most is taken. */
export function nameFor(event: Pick<AnyEvent, 'type' | 'data'>, patterns: readonly string[]): string | undefined {
  const { type } = event;
  if (untold.has(type)) return undefined;
  if (patterns.includes(type)) return type;
  const broader = broaderName(type);
  if (broader !== undefined && !hasBroaderName(event)) return undefined;
  const name = broader ?? type;
  const family = `${name.slice(0, name.indexOf('.'))}.*`;
  return patterns.includes(name) || patterns.includes(family) || patterns.includes('*') ? name : undefined;
}
