/**
 * The operator's command line: organisations, plans, limits and keys. It works on the same database as the program,
 * also while that runs; everything it does is an event with the actor `operator`.
 */
import { defineCommand, runMain } from 'citty';
import type { Scope } from '../events/key.ts';
import type { Plan } from '../events/organization.ts';
import { listOrganizations, organizations } from '../projections/organizations.ts';
import { changeLimits, changePlan, createOrganization, issueKey, type Operator } from './bootstrap.ts';
import { ConfigError } from './config.ts';
import { operate as operateOn } from './operation.ts';
import { Projector } from './projector.ts';
import { readHead } from './store/read.ts';
import { EmbeddedFeed } from './stream/embedded.ts';

/** For a ledger that no program has read yet: 588,000 events a second were measured. */
const catchUpMs = 600_000;

const org = { type: 'string', required: true, description: 'Id of the organisation, org_…' } as const;
const plan = { type: 'enum' as const, options: ['free', 'pro', 'enterprise'], default: 'enterprise' };

/** Runs one piece of work as the operator. */
const operate = (work: (operator: Operator) => Promise<void>): Promise<void> =>
  operateOn('org', ({ sql, ledger }) => work({ deps: { ledger, sql }, actor: 'operator', now: Date.now }));

const create = defineCommand({
  meta: { name: 'create', description: 'Create an organisation and, on the enterprise plan, its admin key' },
  args: { name: { type: 'string', required: true, description: 'Its name' }, plan },
  run: ({ args }) =>
    operate(async operator => {
      const id = await createOrganization(operator, args.name, args.plan as Plan);
      console.log(`organisation ${id}`);
      if (args.plan !== 'enterprise') return;
      console.log(`admin key    ${await issueKey(operator, { org: id, name: 'First key', scope: 'admin' })}`);
    }),
});

const list = defineCommand({
  meta: { name: 'list', description: 'List organisations with plan and limits' },
  run: () =>
    operate(async ({ deps }) => {
      await catchUp(deps);
      for (const { id, name, plan, limits } of await listOrganizations(deps.sql)) {
        console.log([id, plan, limits ? JSON.stringify(limits) : 'default limits', name].join('\t'));
      }
    }),
});

const setPlan = defineCommand({
  meta: { name: 'plan', description: 'Change the plan of an organisation' },
  args: { org, plan: { ...plan, required: true } },
  run: ({ args }) => operate(operator => changePlan(operator, args.org, args.plan as Plan)),
});

const limits = defineCommand({
  meta: { name: 'limits', description: 'Change the limits of an organisation' },
  args: {
    org,
    codes: { type: 'string', description: 'Codes a month' },
    requests: { type: 'string', description: 'Requests a minute for each key' },
  },
  run: ({ args }) =>
    operate(operator =>
      changeLimits(operator, args.org, {
        ...(args.codes !== undefined && { qrCodesPerMonth: wholeNumber('--codes', args.codes, 0) }),
        ...(args.requests !== undefined && { apiRequestsPerMinute: wholeNumber('--requests', args.requests, 1) }),
      }),
    ),
});

const key = defineCommand({
  meta: { name: 'key', description: 'Issue an API key; it is shown this once' },
  args: {
    org,
    scope: { type: 'enum', options: ['read', 'write', 'admin', 'audit'], default: 'read' },
    name: { type: 'string', default: 'Key', description: 'What it is for' },
  },
  run: ({ args }) =>
    operate(async operator => {
      console.log(await issueKey(operator, { org: args.org, name: args.name, scope: args.scope as Scope }));
    }),
});

/** The read model is made current here, because the program that keeps it so need not be running. */
async function catchUp({ ledger, sql }: Operator['deps']): Promise<void> {
  const onError = (error: unknown) => console.error(error);
  const feed = new EmbeddedFeed(ledger, sql);
  const projector = new Projector({ sql, feed, onError });
  try {
    await projector.prepare([organizations]);
    await projector.start([organizations]);
    await projector.reached(await readHead(sql), [organizations.name], catchUpMs);
  } finally {
    await projector.stop();
    await feed.close();
  }
}

function wholeNumber(name: string, text: string, minimum: number): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(value) && value >= minimum) return value;
  throw new ConfigError(`${name} must be a whole number from ${minimum} on, not "${text}"`);
}

runMain(
  defineCommand({
    meta: { name: 'bun run org', description: 'Organisations, plans, limits and keys' },
    subCommands: { create, list, plan: setPlan, limits, key },
  }),
);
