/**
 * The first organisation and its admin key, made when the ledger is empty, and what an operator does afterwards. All
 * of it are commands like any other, so it stands in the ledger with its actor.
 */
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { KeyFact, Scope } from '../events/key.ts';
import type { Limits, Plan } from '../events/organization.ts';
import type { Quota } from '../events/team.ts';
import type { Config } from './config.ts';
import { fold } from './decider.ts';
import { keyClaim } from './deciders/claims.ts';
import { type KeyCommand, type KeyState, key } from './deciders/key.ts';
import {
  type OrganizationCommand,
  type OrganizationState,
  type OrganizationStreamFact,
  organization,
} from './deciders/organization.ts';
import { type Deps, execute } from './execute.ts';
import { hashSecret, modeOf, newSecret, secretFault } from './http/secret.ts';
import { newId } from './ids.ts';
import { Problem } from './problem.ts';
import { transaction } from './store/connect.ts';
import { readRun, readStream } from './store/read.ts';

const done = () => ({ status: 200, headers: {}, body: null });

/** Who commands here: the operator of the instance, from the command line, or the program itself at its first start. */
export interface Operator {
  readonly deps: Deps;
  readonly actor: 'operator' | 'system';
  readonly now: () => number;
}

async function command(operator: Operator, id: string, order: OrganizationCommand): Promise<void> {
  const { deps, actor, now } = operator;
  const context = { at: now(), org: id, actor, request: null };
  await execute<OrganizationState, OrganizationCommand, OrganizationStreamFact>(
    deps,
    context,
    () => [{ decider: organization, stream: id, command: order }],
    done,
  );
}

/** Creates an organisation; returns its id. */
export async function createOrganization(operator: Operator, name: string, plan: Plan): Promise<string> {
  const id = newId('org', operator.now());
  await command(operator, id, { do: 'create', name, plan });
  return id;
}

export const changePlan = (operator: Operator, id: string, plan: Plan): Promise<void> =>
  command(operator, id, { do: 'change_plan', plan });

export const changeLimits = (operator: Operator, id: string, limits: Partial<Limits>): Promise<void> =>
  command(operator, id, { do: 'change_limits', limits });

export const renameOrganization = (operator: Operator, id: string, name: string): Promise<void> =>
  command(operator, id, { do: 'rename', name });

/** Creates a team with a quota of its own or without; returns its id. */
export async function createTeam(operator: Operator, org: string, name: string, quota: Quota): Promise<string> {
  const team = newId('team', operator.now());
  await command(operator, org, { do: 'create_team', team, name, ...(Object.keys(quota).length > 0 && { quota }) });
  return team;
}

/** Revokes a key of an organisation. */
export async function revokeKey({ deps, actor, now }: Operator, org: string, id: string): Promise<void> {
  const context = { at: now(), org, actor, request: null };
  const order = { decider: key, stream: id, command: { do: 'revoke' } as const };
  await execute<KeyState, KeyCommand, KeyFact>(deps, context, () => [order], done);
}

type Issue = Extract<KeyCommand, { do: 'issue' }>;
export interface KeyOptions
  extends Partial<
    Pick<Issue, 'mode' | 'role' | 'team' | 'tags' | 'operations' | 'addresses' | 'requestsPerMinute' | 'expiresAt'>
  > {
  readonly org: string;
  readonly name: string;
  readonly scope: Scope;
  /** The key's text; a new live one when absent. */
  readonly secret?: string | undefined;
}

/** Issues a key; returns its text, which nobody can read again. */
export async function issueKey(operator: Operator, options: KeyOptions): Promise<string> {
  const { org, name, scope, secret, mode, ...more } = options;
  const { deps, actor, now } = operator;
  const text = secret ?? newSecret(mode ?? 'live');
  const events = await readStream(deps.sql, org);
  const state = fold(organization, events as never[]);
  if (!state.exists) throw new Problem('not_found', `There is no organisation ${org}.`);
  if (more.team && !state.teams[more.team]) throw new Problem('not_found', `There is no team ${more.team}.`);
  const at = now();
  const hash = hashSecret(text);
  const issue: KeyCommand = {
    ...more,
    do: 'issue',
    plan: state.plan,
    name,
    mode: modeOf(text),
    scope,
    hash,
    lastFour: text.slice(-4),
    chosen: secretFault(text) !== null,
    at,
  };
  await execute<KeyState, KeyCommand, KeyFact>(
    deps,
    { at, org, actor, request: null },
    () => [{ decider: key, stream: newId('key', at), command: issue, fresh: true, claims: [keyClaim(hash)] }],
    done,
  );
  return text;
}

/** Where the generated first key is kept for the operator of this machine. */
export const keyFileOf = ({ dataDir }: Pick<Config, 'dataDir'>): string => join(dataDir, 'api-key');

/**
 * Makes the first organisation and its key, unless they are there; returns the key's text if it did. Several programs
 * that start at once wait for the first one. A start that was killed halfway is finished by the next, and a generated
 * key is in its file before it is on record, so that no kill leaves a key that nobody knows.
 */
export function bootstrap(operator: Operator, config: Pick<Config, 'bootstrapApiKey' | 'dataDir'>) {
  const { sql } = operator.deps;
  return transaction(sql, async (tx): Promise<string | undefined> => {
    await tx`select pg_advisory_xact_lock(hashtext('indelible bootstrap'))`;
    const [first, second] = (await readRun(tx, 'facts', 0, 2)).events;
    const isHalfMade = first?.actor === 'system' && second === undefined;
    if (first && !isHalfMade) return undefined;
    const org = first?.stream ?? (await createOrganization(operator, 'First organisation', 'enterprise'));
    const text = config.bootstrapApiKey ?? newSecret('live');
    if (config.bootstrapApiKey === null) await keep(text, config);
    return issueKey(operator, { org, name: 'First key', scope: 'admin', secret: text });
  });
}

async function keep(key: string, config: Pick<Config, 'dataDir'>): Promise<void> {
  await mkdir(config.dataDir, { recursive: true, mode: 0o700 });
  await writeFile(keyFileOf(config), `${key}\n`, { mode: 0o600 });
  await chmod(keyFileOf(config), 0o600);
}

/** Throws when a key's text is none that an operator may choose. */
export function checkChosenKey(text: string): void {
  if (!/^[\x21-\x7e]{20,200}$/.test(text)) throw new Error('a key has 20 to 200 visible ASCII characters');
}
