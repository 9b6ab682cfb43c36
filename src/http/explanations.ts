/**
 * Why a scan led where it led, from the ledger alone: the scan names the version of the code that was served, the code's
 * events say what that version, or the rule of it that led, held, and the last of them that changed it says who published
 * it and when.
 */
import { Type } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';
import { Elysia } from 'elysia';
import { keyNames, publication, stepsOf } from '../../projections/histories.ts';
import type { QrRow } from '../../projections/qrs.ts';
import { Problem } from '../problem.ts';
import { closure } from '../routing/route.ts';
import { callerOf } from './caller.ts';
import type { ApiDeps } from './deps.ts';
import { entryOf, HistoryEntry } from './histories.ts';
import { reachedEvents } from './qr-reach.ts';
import { rowShown } from './qr-view.ts';
import { json } from './replies.ts';
import * as schemas from './schemas.ts';
import { type Part, servedOf } from './served.ts';
import { OrNull, Time } from './shapes.ts';

const Explanation = Type.Object(
  {
    position: Type.Integer(),
    at: Time,
    kind: Type.String({ description: 'scan, or what is not counted: bot, head, prefetch' }),
    served: Type.Object(
      {
        version: Type.Integer({ description: 'Version of the code' }),
        rule: OrNull(Type.String(), "Null for the code's own destination or content"),
        destination: OrNull(Type.String(), 'Null where a content was shown'),
      },
      { description: 'What the visitor got' },
    ),
    code: schemas.QrPast,
    published: HistoryEntry,
    isCurrent: Type.Boolean({ description: 'Whether visitors of today are served the same' }),
  },
  { title: 'Explanation' },
);

/** Whether whom this rule leads is served today what was served then. */
function isServed(now: QrRow, at: number, rule: string | null, then: Part): boolean {
  const { destination, content } = servedOf(now, rule, at);
  // How often it was scanned is not asked: that is another question.
  const closed = closure(now.routing, { at, isFull: () => false });
  const isOpen = closed === undefined || ('rule' in closed && closed.rule === rule);
  return now.status === 'active' && isOpen && destination === then.destination && Value.Equal(content, then.content);
}

const noSuchScan = (): Problem => new Problem('not_found', 'There is no such scan.');

export function explanations(deps: ApiDeps) {
  return new Elysia({ name: 'explanations', prefix: '/v1/scans', tags: ['Audit'] }).get(
    '/:position/explain',
    async ({ params, request }) => {
      const { access } = callerOf(request, 'audit');
      const scan = /^\d{1,15}$/.test(params.position) ? await deps.readScan(Number(params.position)) : undefined;
      if (scan?.type !== 'scan.recorded' || scan.org !== access.org) throw noSuchScan();
      const { qr, qrVersion, rule, kind } = scan.data;
      const steps = stepsOf(
        await reachedEvents(deps, access, qr).catch((error: unknown) => {
          throw error instanceof Problem && error.code === 'not_found' ? noSuchScan() : error;
        }),
      );
      const code = steps.find(({ event }) => event.version === qrVersion)!.after;
      const served = servedOf(code, rule, scan.at);
      const published = publication(
        steps,
        qrVersion,
        (before, after) => !Value.Equal(servedOf(before, rule, scan.at), servedOf(after, rule, scan.at)),
      )!;
      await deps.fresh(['keys']);
      const names = await keyNames(deps.sql, access.org, [published.event.actor]);
      return json({
        position: scan.position,
        at: new Date(scan.at).toISOString(),
        kind,
        served: { version: qrVersion, rule, destination: served.destination },
        code: { ...rowShown(deps.baseUrl(), code), version: code.version },
        published: entryOf(deps.baseUrl(), published, names),
        isCurrent: isServed(steps.at(-1)!.after, deps.now(), rule, served),
      });
    },
    {
      query: schemas.NoQuery,
      response: { 200: Explanation },
      detail: { operationId: 'explainScan', summary: 'Why a scan led where it led, and who published that' },
    },
  );
}
