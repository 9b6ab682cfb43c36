/**
 * All that can be asked about scans, as one group of routes: sums of a code and of many. Put together here, so that what
 * is around every request stands apart from what there is to ask.
 */
import { Elysia } from 'elysia';
import { analytics } from './analytics.ts';
import type { ApiDeps } from './deps.ts';
import { setAnalytics } from './set-analytics.ts';

export const scanRoutes = (deps: ApiDeps) =>
  new Elysia({ name: 'scan routes' }).use(analytics(deps)).use(setAnalytics(deps));
