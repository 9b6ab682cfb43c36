/**
 * All that can be asked about scans, as one group of routes: sums of one code and of many, scans one by one, as files
 * and as they come, and what of them shall not count.
 */
import { Elysia } from 'elysia';
import { analytics } from './analytics.ts';
import type { ApiDeps } from './deps.ts';
import { exclusions } from './exclusions.ts';
import { liveScans } from './live-scans.ts';
import { scanExports } from './scan-exports.ts';
import { scanLists } from './scan-lists.ts';
import { setAnalytics } from './set-analytics.ts';

export const scanRoutes = (deps: ApiDeps) =>
  new Elysia({ name: 'scan routes' })
    .use(analytics(deps))
    .use(setAnalytics(deps))
    .use(scanExports(deps))
    .use(liveScans(deps))
    .use(scanLists(deps))
    .use(exclusions(deps));
