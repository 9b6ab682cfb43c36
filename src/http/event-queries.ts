/**
 * What the ledger can be asked for: by position, type, stream and time, as it arrives in a query, as the ledger is read
 * and as an event at hand is judged, so that what is read and what is watched are the same; and an event as it is given.
 */
import { type Static, Type } from '@sinclair/typebox';
import { closest } from 'fastest-levenshtein';
import { type AnyEvent, catalogue, type EventType } from '../../events/index.ts';
import { type Fault, invalid } from '../problem.ts';
import type { EventFilter } from './deps.ts';
import { timesIn } from './moments.ts';
import { Closed, OneOf, OrNull, Time } from './shapes.ts';

const time = (description: string) =>
  Type.Optional(
    Type.String({ maxLength: 40, description: `${description}: an RFC 3339 time, or a day, which begins in UTC` }),
  );
const formats = ['json', 'ndjson', 'sse', 'entries'] as const;
type Format = (typeof formats)[number];

export const StoredEvent = Type.Object(
  {
    position: Type.Integer(),
    stream: Type.String(),
    version: Type.Integer(),
    type: Type.String(),
    at: Time,
    actor: Type.String(),
    request: OrNull(Type.String()),
    data: Type.Record(Type.String(), Type.Unknown()),
  },
  { title: 'StoredEvent' },
);
export const EventList = Type.Object(
  {
    data: Type.Array(StoredEvent),
    limit: Type.Integer(),
    has_more: Type.Boolean(),
    next_cursor: OrNull(Type.String(), 'Position to go on after'),
  },
  { title: 'EventList' },
);

export const EventsQuery = Closed({
  after: Type.Optional(
    Type.Integer({
      minimum: 0,
      description: 'Only events behind this position; of a live tail the present end when absent',
    }),
  ),
  cursor: Type.Optional(
    Type.String({
      pattern: '^\\d{1,15}$',
      description: 'next_cursor of the page before, as in every list: the position that after takes as a number',
    }),
  ),
  // No default here: it would cut lines short, which go on to the ledger's end.
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000, description: '100 for JSON, all for NDJSON' })),
  type: Type.Optional(
    Type.String({ maxLength: 500, description: 'Types with commas between; qr.* for all of a noun' }),
  ),
  stream: Type.Optional(Type.String({ maxLength: 128, description: 'Of one thing: an id' })),
  from: time('Happened then or later'),
  before: time('Happened earlier'),
  format: Type.Optional(
    OneOf(
      formats,
      'json; ndjson streams lines, sse goes on as the ledger grows, and Accept says the same. entries are the lines that proofs are about, byte for byte',
    ),
  ),
});
export type EventsQuery = Static<typeof EventsQuery>;

const known = Object.keys(catalogue) as EventType[];

/** What a query means. Throws `validation_failed` with every fault that the schema can't see. */
export function askedFor(query: EventsQuery, request: Request, org: string) {
  const format = query.format ?? accepted(request);
  const { types, faults: typeFaults } = typesIn(query.type);
  const { times, faults } = timesIn(query, ['from', 'before']);
  faults.push(...typeFaults);
  if (times.from !== undefined && times.before !== undefined && times.from >= times.before) {
    faults.push({ pointer: '?from', code: 'too_large', detail: '"from" must be earlier than "before".' });
  }
  if (query.cursor !== undefined && query.after !== undefined) {
    faults.push({ pointer: '?cursor', code: 'not_allowed', detail: 'Give a cursor or a position, not both.' });
  }
  if (format === 'sse') faults.push(...endless(query));
  if (format === 'entries') faults.push(...whole(query));
  const lastId = format === 'sse' ? request.headers.get('last-event-id') : null;
  if (lastId !== null && !/^\d{1,15}$/.test(lastId)) {
    faults.push({ pointer: 'header:Last-Event-ID', code: 'pattern', detail: 'Last-Event-ID is a position.' });
  }
  if (faults.length > 0) throw invalid(faults);
  const filter: EventFilter = { org, types, stream: query.stream, ...times };
  const place = lastId ?? query.cursor;
  return {
    format,
    filter,
    after: place === undefined ? query.after : Number(place),
    /** Where the request said so. */
    pointer: lastId !== null ? 'header:Last-Event-ID' : query.cursor !== undefined ? '?cursor' : '?after',
    limit: query.limit,
  };
}

/** What a live tail can't be asked for: it ends when its reader goes. */
const endless = ({ limit, before }: EventsQuery): Fault[] =>
  Object.entries({ limit, before }).flatMap(([name, value]) =>
    value === undefined
      ? []
      : [{ pointer: `?${name}`, code: 'not_allowed', detail: `A live tail has no end, so "${name}" says nothing.` }],
  );

/** What entries can't be chosen by: the tree over them is that of all. */
const whole = ({ type, stream, from, before, limit }: EventsQuery): Fault[] =>
  Object.entries({ type, stream, from, before, limit }).flatMap(([name, value]) =>
    value === undefined
      ? []
      : [{ pointer: `?${name}`, code: 'not_allowed', detail: `Entries come whole, so "${name}" is not for them.` }],
  );

/** Types by their names and by the nouns they begin with; undefined for all. */
function typesIn(text: string | undefined): { types: readonly string[] | undefined; faults: Fault[] } {
  if (text === undefined) return { types: undefined, faults: [] };
  const types = new Set<string>();
  const faults: Fault[] = [];
  for (const name of text.split(',').map(part => part.trim())) {
    const found = known.filter(type => type === name || (name.endsWith('.*') && type.startsWith(name.slice(0, -1))));
    for (const type of found) types.add(type);
    if (found.length > 0) continue;
    const detail = `There is no event "${name.slice(0, 64)}"; did you mean "${closest(name, known)}"?`;
    faults.push({ pointer: '?type', code: 'not_allowed', detail });
  }
  return { types: [...types], faults: faults.slice(0, 1) };
}

const mediaTypes = [
  ['sse', 'text/event-stream'],
  ['ndjson', 'application/x-ndjson'],
  ['json', 'application/json'],
] as const;

/** Of the formats that the caller names, the one of the greatest weight (RFC 9110 §12.5.1); JSON where it names none. */
function accepted(request: Request): Format {
  const ranges = (request.headers.get('accept') ?? '').toLowerCase().split(',');
  const weights = new Map(
    ranges.map(range => {
      const [name = '', ...parameters] = range.split(';').map(part => part.trim());
      const weight = parameters.find(parameter => parameter.startsWith('q='))?.slice(2) ?? '1';
      return [name, Number(weight) || 0];
    }),
  );
  let [format, most]: [Format, number] = ['json', 0];
  for (const [name, type] of mediaTypes) {
    const weight = weights.get(type) ?? 0;
    if (weight > most) [format, most] = [name, weight];
  }
  return format;
}

/** Whether an event is one of those that are meant. */
export const isMeant = ({ org, types, stream, from, before }: EventFilter, event: AnyEvent): boolean =>
  event.org === org &&
  (types === undefined || types.includes(event.type)) &&
  (stream === undefined || event.stream === stream) &&
  (from === undefined || event.at >= from) &&
  (before === undefined || event.at < before);
