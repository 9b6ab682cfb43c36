/**
 * Scan analytics of many codes together: of the organisation, a tag, a folder, a list, or whatever the list of codes can
 * be narrowed to. A visitor of several codes is one; of an organisation the sums stand ready, however many codes it has.
 */
import { Type } from '@sinclair/typebox';
import { Elysia } from 'elysia';
import { destinationsOf } from '../../projections/destinations.ts';
import { qrIds } from '../../projections/qr-filters.ts';
import { isOfCodes } from '../../projections/scan-exclusions.ts';
import { organizationSubject } from '../../projections/scan-intake.ts';
import { invalid } from '../problem.ts';
import { analyticsFields, questionOf, toldInFull } from './analytics-queries.ts';
import { report, reportFields } from './analytics-report.ts';
import { callerOf } from './caller.ts';
import { codeSetFields, codesMeant } from './code-sets.ts';
import { condensingAt, summedUp } from './condensing.ts';
import type { ApiDeps } from './deps.ts';
import { exclusionsOf, withoutExcluded } from './exclusion-use.ts';
import { asks } from './query.ts';
import { json } from './replies.ts';
import { matchesOf, routingsOf, servedBy } from './served.ts';
import { Closed, OrNull } from './shapes.ts';
import { TopCodes, topOfAll, topOfMany } from './top-codes.ts';
import { visibleTo } from './visible.ts';

const SetAnalyticsQuery = Closed({ ...analyticsFields, ...codeSetFields });

const SetAnalytics = Type.Object(
  {
    codes: OrNull(Type.Integer(), 'How many codes this is about; null for the whole organisation'),
    ...reportFields,
    topCodes: TopCodes,
  },
  { title: 'SetAnalytics' },
);

/** Codes of an organisation that are looked at one by one when nothing narrows the question. */
const eachMax = 1_000;
/** Days that are told when no first one is named. */
const daysDefault = 30;
const dayMs = 86_400_000;

export function setAnalytics(deps: ApiDeps) {
  return new Elysia({ name: 'set analytics', prefix: '/v1/analytics', tags: ['Analytics'] }).get(
    '/',
    async ({ query, request }) => {
      const { access, at } = callerOf(request, 'read');
      await deps.fresh(['qrs', 'scans', 'exclusions']);
      const question = questionOf(query, at - (daysDefault - 1) * dayMs, at);
      const meant = await codesMeant(deps, access, query);
      const all = meant ?? (await qrIds(deps.sql, access.org, { status: 'any' }, visibleTo(access)));
      const exclusions = query.exclusions === 'ignore' ? [] : await exclusionsOf(deps, access);
      // Of an organisation's sums nothing can be taken away that only some codes are about.
      const isEach = meant !== null || all.length <= eachMax || exclusions.some(isOfCodes);
      if (!isEach && question.destination !== undefined) {
        const detail = `Destinations are told for at most ${eachMax} codes at once: narrow the question.`;
        throw invalid([{ pointer: '?destination', code: 'not_allowed', detail }]);
      }
      const destinations = isEach ? await destinationsOf(deps.sql, all) : new Map();
      const destinationOf = servedBy(destinations, await routingsOf(deps, all));
      const matches = matchesOf(question, destinationOf);
      const names = isEach ? all : [organizationSubject(access.org, access.mode === 'test')];
      const asked = {
        ...{ names, spans: question.spans, matches, inFull: toldInFull(question) },
        condensing: condensingAt(deps, at),
      };
      const { questions, excluded } = await withoutExcluded(deps, asked, exclusions);
      const found = await summedUp(deps, questions);
      const told = report(question, found, excluded, destinationOf);
      const topCodes = isEach
        ? topOfAll(question, found)
        : await topOfMany(deps, question, asked, all, exclusions, told.totalScans);
      return json({ codes: meant?.length ?? null, ...told, topCodes });
    },
    {
      ...asks(SetAnalyticsQuery, query => questionOf(query, deps.now(), deps.now())),
      response: { 200: SetAnalytics },
      detail: { operationId: 'getSetAnalytics', summary: 'Scan analytics of many codes together' },
    },
  );
}
