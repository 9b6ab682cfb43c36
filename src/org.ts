/**
 * The operator's command line: organisations, plans, limits and keys. It works on the same database as the program,
 * also while that runs; everything it does is an event with the actor `operator`.
 */
import { defineCommand, runMain } from 'citty';
import type { KeyMode, Scope } from '../events/key.ts';
import type { Role } from '../events/member.ts';
import type { Plan } from '../events/organization.ts';
import { listKeys } from '../projections/key-rows.ts';
import { keys as keyModel } from '../projections/keys.ts';
import { members } from '../projections/members.ts';
import { listOrganizations, organizations } from '../projections/organizations.ts';
import { listTeams } from '../projections/teams.ts';
import {
  changeLimits,
  changePlan,
  createOrganization,
  createTeam,
  issueKey,
  type Operator,
  renameOrganization,
  revokeKey,
} from './bootstrap.ts';
import { command } from './command.ts';
import { ConfigError } from './config.ts';
import { narrowed } from './http/grants.ts';
import { shown } from './http/key-view.ts';
import { actions } from './http/rights.ts';
import { operate as operateOn } from './operation.ts';
import { invalid } from './problem.ts';
import { Projector } from './projector.ts';
import { readHead } from './store/read.ts';
import { EmbeddedFeed } from './stream/embedded.ts';

/** For a ledger that no program has read yet: 588,000 events a second were measured. */
const catchUpMs = 600_000;

const org = { type: 'string', required: true, description: 'Id of the organisation, org_…' } as const;
const roles = ['owner', 'admin', 'editor', 'viewer', 'auditor'];
const plan = {
  type: 'enum' as const,
  options: ['free', 'pro', 'enterprise'],
  default: 'enterprise',
  description: 'Only enterprise has the API',
};

/** Runs one piece of work as the operator. */
const operate = (work: (operator: Operator) => Promise<void>): Promise<void> =>
  operateOn('org', ({ sql, ledger }) => work({ deps: { ledger, sql }, actor: 'operator', now: Date.now }), {
    mayBegin: true,
  });

const create = command({
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

const list = command({
  meta: { name: 'list', description: 'List organisations with plan and limits' },
  run: () =>
    operate(async ({ deps }) => {
      await catchUp(deps);
      for (const { id, name, plan, limits } of await listOrganizations(deps.sql)) {
        console.log([id, plan, limits ? JSON.stringify(limits) : 'default limits', name].join('\t'));
      }
    }),
});

const setPlan = command({
  meta: { name: 'plan', description: 'Change the plan of an organisation' },
  args: { org, plan: { ...plan, required: true } },
  run: ({ args }) => operate(operator => changePlan(operator, args.org, args.plan as Plan)),
});

const limits = command({
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

const rename = command({
  meta: { name: 'rename', description: 'Rename an organisation' },
  args: { org, name: { type: 'string', required: true, description: 'Its new name' } },
  run: ({ args }) => operate(operator => renameOrganization(operator, args.org, args.name)),
});

const key = command({
  meta: { name: 'key', description: 'Issue an API key; it is shown this once' },
  args: {
    org,
    scope: {
      type: 'enum',
      options: ['read', 'write', 'admin', 'audit'],
      default: 'read',
      description: 'What it may do',
    },
    name: { type: 'string', default: 'Key', description: 'What it is for' },
    mode: {
      type: 'enum',
      options: ['live', 'test'],
      default: 'live',
      description: 'Test keys have codes of their own',
    },
    role: { type: 'enum', options: roles, description: 'The most it may do, whatever its scope' },
    team: { type: 'string', description: 'Only the codes, keys and members of this team, team_…' },
    tags: { type: 'string', description: 'Only codes with one of these tags, separated by commas' },
    operations: { type: 'string', description: `Only these operations, separated by commas: ${actions.join(', ')}` },
    addresses: { type: 'string', description: 'Only from these networks, separated by commas: 203.0.113.0/24, …' },
    requests: { type: 'string', description: 'Requests a minute, if fewer than it had anyway' },
    expires: { type: 'string', description: 'When it ends, such as 2030-01-01T00:00:00Z' },
  },
  run: ({ args }) =>
    operate(async operator => {
      const listOf = (text: string | undefined) => text?.split(',').map(part => part.trim());
      const { fields, faults } = narrowed({
        tags: listOf(args.tags),
        operations: listOf(args.operations),
        addresses: listOf(args.addresses),
        requestsPerMinute: args.requests === undefined ? undefined : wholeNumber('--requests', args.requests, 1),
        expiresAt: args.expires,
      });
      const strange = (fields.operations ?? []).filter(name => !(actions as readonly string[]).includes(name));
      for (const name of strange)
        faults.push({ pointer: '--operations', code: 'unknown', detail: `There is no operation ${name}.` });
      if (faults.length > 0) throw invalid(faults);
      const { org, name, team } = args;
      const [scope, mode, role] = [args.scope as Scope, args.mode as KeyMode, args.role as Role | undefined];
      console.log(await issueKey(operator, { ...fields, org, name, scope, mode, role, team }));
    }),
});

const keys = command({
  meta: { name: 'keys', description: 'List the keys of an organisation: id, scope, last four, last use, state, name' },
  args: { org },
  run: ({ args }) =>
    operate(async ({ deps, now }) => {
      await catchUp(deps);
      const { rows } = await listKeys(deps.sql, args.org, { all: true }, null, { limit: listMax });
      for (const row of rows) {
        const { id, scope, lastFour, lastUsedAt, status, name } = shown(row, now());
        console.log([id, scope, `…${lastFour}`, lastUsedAt ?? 'never used', status, name].join('\t'));
      }
    }),
});

const revoke = command({
  meta: { name: 'revoke', description: 'Revoke an API key: it opens nothing any more' },
  args: { org, key: { type: 'string', required: true, description: 'Id of the key, key_…' } },
  run: ({ args }) => operate(operator => revokeKey(operator, args.org, args.key)),
});

const team = command({
  meta: { name: 'team', description: 'Create a team, with a quota of its own or without' },
  args: {
    org,
    name: { type: 'string', required: true, description: 'Its name' },
    codes: { type: 'string', description: 'Codes a month that it has to itself' },
    requests: { type: 'string', description: 'Requests a minute that its keys have together' },
  },
  run: ({ args }) =>
    operate(async operator => {
      const quota = {
        ...(args.codes !== undefined && { qrCodesPerMonth: wholeNumber('--codes', args.codes, 0) }),
        ...(args.requests !== undefined && { requestsPerMinute: wholeNumber('--requests', args.requests, 0) }),
      };
      console.log(await createTeam(operator, args.org, args.name, quota));
    }),
});

const teams = command({
  meta: { name: 'teams', description: 'List the teams of an organisation with what each has to itself' },
  args: { org },
  run: ({ args }) =>
    operate(async ({ deps }) => {
      await catchUp(deps);
      const { rows } = await listTeams(deps.sql, args.org, null, { limit: listMax });
      const told = (amount: number | null, what: string) => `${amount === null ? 'shared' : amount} ${what}`;
      for (const row of rows) {
        const quota = [
          told(row.qr_codes_per_month, 'codes a month'),
          told(row.requests_per_minute, 'requests a minute'),
        ];
        console.log([row.id, ...quota, row.name].join('\t'));
      }
    }),
});

const listMax = 10_000;

const models = [organizations, members, keyModel];

/** The read models are made current here, because the program that keeps them so need not be running. */
async function catchUp({ ledger, sql }: Operator['deps']): Promise<void> {
  const onError = (error: unknown) => console.error(error);
  const feed = new EmbeddedFeed(ledger, sql);
  const projector = new Projector({ sql, feed, onError });
  try {
    await projector.prepare(models);
    await projector.start(models);
    await projector.reached(
      await readHead(sql),
      models.map(({ name }) => name),
      catchUpMs,
    );
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
    meta: { name: 'bun run org', description: 'Organisations, plans, limits, teams and keys' },
    subCommands: { create, list, rename, plan: setPlan, limits, team, teams, key, keys, revoke },
  }),
);
