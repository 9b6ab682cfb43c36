/**
 * Scan analytics of a code over HTTP: asked of sums and scans as far as they are meant and not excluded, told with every
 * change that the code went through meanwhile. Of many codes together they are told by `set-analytics.ts`.
 */
import { type Static, Type } from '@sinclair/typebox';
import { Elysia } from 'elysia';
import type { AnyEvent } from '../../events/index.ts';
import { destinationsOf } from '../../projections/destinations.ts';
import { quarterMs } from '../../projections/scan-times.ts';
import { AnalyticsQuery, type Question, questionOf, toldInFull } from './analytics-queries.ts';
import { report, reportFields } from './analytics-report.ts';
import { callerOf } from './caller.ts';
import { condensingAt, summedUp } from './condensing.ts';
import type { ApiDeps } from './deps.ts';
import { exclusionsOf, withoutExcluded } from './exclusion-use.ts';
import { reachedEvents, reachedQr } from './qr-reach.ts';
import { asks } from './query.ts';
import { json, timeOf } from './replies.ts';
import { matchesOf, routingsIn, servedBy } from './served.ts';
import { Time } from './shapes.ts';

/** What changed on the time line of a code. */
const Mark = Type.Object(
  {
    at: Time,
    date: Type.String({ description: 'The step of the series that it lies in' }),
    version: Type.Integer({ description: 'Version of the code after it' }),
    type: Type.String({ examples: ['qr.retargeted'] }),
  },
  { title: 'Mark' },
);

export const Analytics = Type.Object(
  {
    id: Type.String(),
    ...reportFields,
    marks: Type.Array(Mark, { description: 'Every change of the code within the range, oldest first' }),
  },
  { title: 'Analytics' },
);

function marksOf(events: readonly AnyEvent[], { range, buckets }: Question): Static<typeof Mark>[] {
  return events.flatMap(({ at, version, type }) => {
    const quarter = Math.floor(at / quarterMs);
    if (quarter < range.from || quarter >= range.to) return [];
    const { date } = buckets.find(bucket => quarter < bucket.to)!;
    return [{ at: timeOf(at), date, version, type }];
  });
}

export function analytics(deps: ApiDeps) {
  return new Elysia({ name: 'analytics', prefix: '/v1/qr', tags: ['Analytics'] }).get(
    '/:id/analytics',
    async ({ params: { id }, query, request }) => {
      const { access, at } = callerOf(request, 'read');
      await deps.fresh(['qrs', 'scans', 'exclusions']);
      const row = await reachedQr(deps, access, id);
      const question = questionOf(query, row.created_ms, at);
      const [destinations, events] = await Promise.all([
        destinationsOf(deps.sql, [id]),
        reachedEvents(deps, access, id),
      ]);
      const destinationOf = servedBy(destinations, new Map([[id, routingsIn(events)]]));
      const matches = matchesOf(question, destinationOf);
      const exclusions = query.exclusions === 'ignore' ? [] : await exclusionsOf(deps, access);
      const { questions, excluded } = await withoutExcluded(
        deps,
        {
          ...{ names: [id], spans: question.spans, matches, inFull: toldInFull(question) },
          condensing: condensingAt(deps, at),
        },
        exclusions,
      );
      const found = await summedUp(deps, questions);
      return json({ id, ...report(question, found, excluded, destinationOf), marks: marksOf(events, question) });
    },
    {
      ...asks(AnalyticsQuery, query => questionOf(query, deps.now(), deps.now())),
      response: { 200: Analytics },
      detail: { operationId: 'getAnalytics', summary: 'Scan analytics of a code' },
    },
  );
}
