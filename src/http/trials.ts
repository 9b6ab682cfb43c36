/**
 * What a visitor would get who scans a code, and why: the redirect's own rules on a visit that somebody made up. It is
 * decided by the same function, from the code as it is now; nothing is counted and nothing is kept.
 */
import { createHash } from 'node:crypto';
import { isIP } from 'node:net';
import { type Static, Type } from '@sinclair/typebox';
import { Elysia } from 'elysia';
import { Device } from '../../events/scan.ts';
import type { QrRow } from '../../projections/qrs.ts';
import { scanTotals } from '../../projections/scans.ts';
import { type Fault, invalid } from '../problem.ts';
import { route, type Step, type Way } from '../routing/route.ts';
import type { Visit } from '../routing/visit.ts';
import { callerOf } from './caller.ts';
import type { ApiDeps } from './deps.ts';
import { accepts } from './input.ts';
import { timeFrom } from './moments.ts';
import { current } from './qr-lists.ts';
import { reachedQr } from './qr-reach.ts';
import { json } from './replies.ts';
import { NoQuery } from './schemas.ts';
import { Closed, OneOf, OrNull } from './shapes.ts';

const Simulation = Closed(
  {
    at: Type.Optional(
      Type.String({
        maxLength: 40,
        description: 'When; now when absent',
        examples: ['2026-12-24T18:00:00Z'],
      }),
    ),
    address: Type.Optional(Type.String({ maxLength: 45, description: 'IP address, whose country counts' })),
    userAgent: Type.Optional(Type.String({ maxLength: 1_024, description: 'Whose device, system and browser count' })),
    country: Type.Optional(
      Type.String({ pattern: '^[A-Z]{2}$', description: 'ISO 3166-1 alpha-2, instead of an address' }),
    ),
    device: Type.Optional(Device),
    system: Type.Optional(Type.String({ maxLength: 32, examples: ['iOS'] })),
    browser: Type.Optional(Type.String({ maxLength: 32, examples: ['Safari'] })),
    language: Type.Optional(Type.String({ pattern: '^[a-z]{2,3}$', description: 'BCP 47 primary subtag' })),
    query: Type.Optional(
      Type.Record(Type.String({ maxLength: 64 }), Type.String({ maxLength: 256 }), {
        maxProperties: 30,
        description: 'Parameters of the short URL',
      }),
    ),
    visitor: Type.Optional(
      Type.String({
        maxLength: 64,
        description:
          'Any word: another one draws another way where visitors are split. Without it, address and userAgent together draw what that visitor does',
      }),
    ),
    password: Type.Optional(Type.Boolean({ description: 'Whether the right password is given' })),
    scans: Type.Optional(
      Type.Integer({ minimum: 0, description: 'How often it was scanned before; as often as it was when absent' }),
    ),
  },
  {
    title: 'Trial',
    examples: [{ country: 'DE', device: 'mobile', system: 'iOS', language: 'de', at: '2026-04-08T12:00:00Z' }, {}],
  },
);
type Simulation = Static<typeof Simulation>;

const Simulated = Type.Object(
  {
    leadsTo: OneOf(['destination', 'content', 'app', 'password', 'nowhere']),
    status: Type.Integer({
      description: 'Of the answer: to a GET, or to the form with the right password',
      examples: [302],
    }),
    location: OrNull(Type.String(), 'Where the answer leads, letter by letter; also to a page of the domain’s own'),
    rule: OrNull(Type.String(), 'What a scan would name; null for the code itself'),
    closed: OrNull(OneOf(['not_started', 'expired', 'full', 'paused', 'blocked', 'circle']), 'Why it leads nowhere'),
    steps: Type.Array(
      Type.Object({
        step: Type.String(),
        name: Type.Optional(Type.String()),
        matched: Type.Boolean({ description: 'Whether it decided' }),
        because: Type.String(),
      }),
      { description: 'What was looked at, in order, up to what decided' },
    ),
  },
  { title: 'TrialOutcome' },
);
type Simulated = Static<typeof Simulated>;

function faultsIn(body: unknown): Fault[] {
  const { at, country, address, userAgent, device, system, browser } = (body ?? {}) as Simulation;
  const faults: Fault[] = [];
  const fault = (name: string, code: string, detail: string) => faults.push({ pointer: `/${name}`, code, detail });
  if (typeof at === 'string' && timeFrom(at) === null)
    fault('at', 'format', 'Write a time with its offset, 2027-05-01T18:00:00Z.');
  if (typeof address === 'string' && isIP(address) === 0) fault('address', 'format', 'Write an IPv4 or IPv6 address.');
  if (country !== undefined && address !== undefined)
    fault('address', 'not_allowed', 'Give an address or a country, not both.');
  if (userAgent !== undefined && [device, system, browser].some(given => given !== undefined)) {
    fault('userAgent', 'not_allowed', 'Give a user agent, or what it says, not both.');
  }
  return faults;
}

/** The visit that is meant; what is not said is not known. */
function visitOf(deps: ApiDeps, row: QrRow, asked: Simulation, scans: number): Visit {
  const { userAgent, visitor } = asked;
  const agent = userAgent === undefined ? undefined : deps.recognized.agent(userAgent);
  const address = asked.address === undefined ? undefined : deps.addressOf(asked.address, null);
  return {
    at: asked.at === undefined ? deps.now() : timeFrom(asked.at)!,
    country: asked.country ?? (address === undefined ? null : deps.recognized.country(address)),
    device: asked.device ?? agent?.device ?? 'other',
    os: asked.system ?? agent?.os ?? null,
    browser: asked.browser ?? agent?.browser ?? null,
    language: asked.language ?? null,
    query: () => new URLSearchParams(asked.query),
    // Who is described as far as a split knows visitors gets what that one would.
    draw: word =>
      visitor === undefined && address !== undefined && userAgent !== undefined
        ? deps.recognized.share(address, userAgent, `${row.id} ${word}`)
        : shareOf(`${row.id} ${visitor ?? ''} ${word}`),
    isFull: () => scans >= row.routing.maxScans!,
    isUnlocked: asked.password ?? false,
  };
}

/** Somewhere from 0 up to 1, evenly. */
const shareOf = (text: string): number => createHash('sha256').update(text).digest().readUInt32BE() / 2 ** 32;

/** What the visitor is answered, as the redirect itself would. */
function told(deps: ApiDeps, way: Way, row: QrRow, visit: Visit, steps: readonly Step[]): Simulated {
  const { org, slug, type, destination, content, domain, routing } = row;
  const held = type === 'url' || !content ? undefined : { type, content };
  const { answer, closed = null } = deps.ending(way, domain?.host, {
    entry: { org, slug: slug!, destination, ...(held && { held }) },
    ...{ routing, query: visit.query, os: visit.os },
    isForm: routing.lock !== undefined && visit.isUnlocked,
  });
  const isOpen = closed === null && 'rule' in way;
  return {
    leadsTo: closed ? 'nowhere' : kindOf(way, held !== undefined),
    status: answer.status,
    location: isOpen && way.to === 'app' ? way.link : answer.headers.get('location'),
    rule: isOpen ? way.rule : null,
    ...{ closed, steps: [...steps] },
  };
}

function kindOf(way: Way, isHeld: boolean): Simulated['leadsTo'] {
  if (way.to === 'locked') return 'password';
  if (way.to === 'closed') return 'nowhere';
  if (way.to === 'app') return 'app';
  return way.to === 'own' && isHeld ? 'content' : 'destination';
}

export function trials(deps: ApiDeps) {
  return new Elysia({ name: 'trials', prefix: '/v1/qr', tags: ['QR codes'] }).post(
    '/:id/simulate',
    async ({ params, body, request }) => {
      const { access } = callerOf(request, 'read');
      await current(deps);
      const row = await reachedQr(deps, access, params.id);
      if (row.static) {
        const detail = 'A static code holds its content itself: nobody who scans it comes by here.';
        throw invalid([{ pointer: '', code: 'static', detail }]);
      }
      const scans = body.scans ?? (await scanTotals(deps.sql, [row.id])).get(row.id) ?? 0;
      const visit = visitOf(deps, row, body, scans);
      const steps: Step[] = [];
      const way = route(row.routing, visit, step => steps.push(step));
      return json(told(deps, way, row, visit, steps));
    },
    {
      ...accepts(Simulation, faultsIn),
      query: NoQuery,
      response: { 200: Simulated },
      detail: { operationId: 'simulateScan', summary: 'What a visitor would get who scans the code, and why' },
    },
  );
}
