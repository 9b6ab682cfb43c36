/**
 * The composition root: opens what the configuration asks for, wires it, and takes it down in reverse. The tests start
 * the same instance that `main.ts` starts.
 */
import { randomBytes } from 'node:crypto';
import { domains, timesGivenUp } from '../projections/domains.ts';
import { projections } from '../projections/index.ts';
import { schemaOf } from '../projections/projection.ts';
import { redirects } from '../projections/redirects.ts';
import { bootstrap, type Operator } from './bootstrap.ts';
import type { Config } from './config.ts';
import { defaultLimits } from './deciders/organization.ts';
import { txtResolver } from './dns.ts';
import { freshness } from './freshness.ts';
import { app } from './http/app.ts';
import { Auth, accessModels, changesAccess } from './http/auth.ts';
import type { ApiDeps } from './http/deps.ts';
import { metricsOf } from './http/health.ts';
import { Quota } from './http/quota.ts';
import { router } from './http/router.ts';
import { openJobs } from './jobs.ts';
import { openLimits } from './limits.ts';
import { errorReporter, type Log } from './log.ts';
import { Meter } from './meter.ts';
import { Projector } from './projector.ts';
import { Grower } from './proofs/grower.ts';
import { signerOf } from './proofs/note.ts';
import { Prover } from './proofs/prover.ts';
import { readsOf } from './reads.ts';
import { parseCidrs } from './redirect/address.ts';
import { Directory } from './redirect/directory.ts';
import { knowledgeOf } from './redirect/knowledge.ts';
import { openRedirect } from './redirect/open.ts';
import { openRecognition } from './redirect/recognition.ts';
import { revise } from './redirect/revision.ts';
import { openRedirectNode } from './redirect-node.ts';
import { dropBuilds } from './replay.ts';
import { type Listening, listen } from './runtime.ts';
import { simulatorOn } from './simulator.ts';
import { connect, withDeadline } from './store/connect.ts';
import { startEmbedded } from './store/embedded.ts';
import { Ledger } from './store/ledger.ts';
import { migrate } from './store/migrate.ts';
import { readHead, takenNames } from './store/read.ts';
import { secret } from './store/secrets.ts';
import { openTenants } from './store/tenants.ts';
import { openFeed } from './stream/open.ts';
import type { RelayReport } from './stream/relay.ts';
import { Tail } from './stream/tail.ts';
import { tellThresholds } from './thresholds.ts';
import { startUpkeep } from './upkeep.ts';
import { startWebhooks, type Webhooks } from './webhooks/reactor.ts';
import { networksOf } from './webhooks/vetting.ts';

export interface Instance {
  readonly url: string;
  readonly port: number;
  /** Text of the first organisation's key, when this start made it. */
  readonly firstKey: string | undefined;
  /** Drains: requests under way are answered, what is counted is on record, then everything closes. */
  stop(): Promise<void>;
}

/** Longest wait for a word of the database about itself. */
const headTimeoutMs = 2_000;

/** Starts everything the role needs; rejects with a clear message, having closed what was open. */
export async function startInstance(config: Config, log: Log): Promise<Instance> {
  const closing: (() => Promise<unknown>)[] = [];
  const closeAll = async () => {
    for (const close of closing.reverse().splice(0)) await close().catch(error => log.error({ err: error }, 'closing'));
  };
  try {
    return await open(config, log, closing, closeAll);
  } catch (error) {
    await closeAll();
    throw error;
  }
}

async function open(
  config: Config,
  log: Log,
  closing: (() => Promise<unknown>)[],
  closeAll: () => Promise<void>,
): Promise<Instance> {
  const onError = errorReporter(log);
  const now = Date.now;
  const does = (role: Config['role']) => config.role === 'all' || config.role === role;
  const node = randomBytes(6).toString('hex');

  // The store.
  const embedded = config.databaseUrl === null ? await startEmbedded(config.dataDir, onError) : undefined;
  if (embedded) closing.push(embedded.stop);
  const databaseUrl = config.databaseUrl ?? embedded!.url;
  const sql = connect(databaseUrl, { max: 8, searchPath: projections.map(schemaOf) });
  closing.push(() => sql.end({ timeout: 3 }));
  const ledger = new Ledger(databaseUrl);
  closing.push(() => ledger.close());
  const common = { config, databaseUrl, sql, ledger, node, log, now, onError, closing };
  if (config.role === 'redirect') {
    const { server, leave } = await openRedirectNode(common);
    return started(config.publicUrl ?? `http://localhost:${server.port}`, server, leave);
  }
  await migrate(sql);

  // The stream.
  const onReport = (report: RelayReport) => log.info(report, 'stream compared with the ledger');
  const relays = does('worker');
  const feed = await openFeed({ ...config, ...common, key: () => secret(sql, 'stream'), relays, onReport });
  const tail = new Tail({ sql, feed, onError });

  // The read models.
  let webhooks: Webhooks | undefined;
  const onMoved = (name: string, position: number) => void (name === 'deliveries' && webhooks?.moved(position));
  const projector = new Projector({ sql, feed, onError, onMoved });
  closing.push(() => projector.stop());
  await projector.prepare(projections);
  if (does('worker')) {
    const revised = await revise(sql, ledger, now());
    if (revised.length > 0) log.info({ rules: revised }, 'the past is counted by new rules');
    await projector.start(projections);
  }

  // The proofs.
  const grower = new Grower(sql, onError, ledger);
  closing.push(() => grower.stop());
  if (does('worker')) grower.start();
  const keeper = does('worker') ? projector : undefined;
  const { caughtUp, reached, fresh, grown } = freshness({ sql, ledger, projector: keeper, grower });

  // The first organisation.
  const operator: Operator = { deps: { ledger, sql }, actor: 'operator', now };
  const first = does('api') || does('worker') ? await bootstrap({ ...operator, actor: 'system' }, config) : undefined;
  // What was in the ledger before is in the read models before the first answer.
  if (does('worker')) {
    await projector.settled(await readHead(sql));
    closing.push(await tellThresholds({ sql, ledger, feed, reached: caughtUp, now, onError }));
  }

  // The webhooks.
  const allow = networksOf(parseCidrs(config.webhookAllow));
  if (does('worker')) {
    const deliveriesReached = (position: number) => caughtUp(position, ['deliveries']);
    const sending = { execution: { ledger, sql }, client: { allow }, node, reached: deliveriesReached, now, onError };
    webhooks = await startWebhooks(sending).catch(error => void onError(error, 'webhooks'));
    closing.push(async () => webhooks?.stop());
  }

  // What is due without anybody asking.
  if (does('worker'))
    closing.push(startUpkeep({ ...common, projections, deps: operator.deps, fresh: () => fresh(['qrs']) }));

  // The redirect.
  let baseUrl = config.publicUrl ?? '';
  const recognition = await openRecognition(config, log);
  const visitorKey = await secret(sql, 'visitor');
  const directory = new Directory({ ...config, baseUrl: () => baseUrl, onError });
  closing.push(() => directory.close());
  await directory.follow({ sql, feed, ledger, checkpoint: () => projector.checkpoint(domains) });
  const eyes = { ...common, ...config, recognition, directory, visitorKey: () => visitorKey };
  const redirect = does('redirect') ? await openRedirect(eyes) : undefined;
  await redirect?.follow({ feed, checkpoint: () => projector.checkpoint(redirects) });

  // The API.
  const meter = new Meter(ledger, node, now, onError);
  closing.push(() => meter.stop());
  const limits = openLimits(databaseUrl, onError);
  closing.push(limits.close);
  const auth = new Auth({
    sql,
    fresh: () => fresh(accessModels),
    settled: async () => reached(await readHead(sql), accessModels),
    now,
  });
  // Nothing waits for it: where no worker runs yet, the first mistyped key tries again.
  if (does('api')) auth.open().catch(() => {});
  closing.push(async () => stopForgetting());
  const stopForgetting = ledger.onCommit(({ facts }) => {
    if (facts.some(({ type }) => changesAccess(type))) auth.forget();
  });
  const jobs = openJobs(sql);
  const tenants = await openTenants(databaseUrl, sql, projections.map(schemaOf), closing);
  const deps: ApiDeps = {
    ...{ ...jobs.deps, ...tenants, ...readsOf(sql, tenants.sql), simulate: simulatorOn(ledger) },
    execution: { ledger, sql: tenants.sql },
    taken: names => takenNames(sql, names),
    auth,
    quota: new Quota({ sql, settled: () => fresh(['usage', 'organizations']) }),
    limiter: limits.limiter,
    limitsOf: ({ access }) => access.limits ?? defaultLimits,
    ...knowledgeOf({ recognition, directory, visitorKey }),
    baseUrl: () => baseUrl,
    resolveTxt: txtResolver(config.dnsServers),
    timesGivenUp: host => timesGivenUp(sql, host),
    fresh,
    reached,
    dropBuilds: () => dropBuilds(sql),
    tail,
    prover: new Prover(sql, signerOf(await secret(sql, 'ledger signing key'), 'indelible')),
    grown,
    webhookAllow: allow,
    meter: request => meter.count(request),
    meterFlush: () => meter.flush(),
    now,
    onError,
  };
  if (does('api')) jobs.start(deps);
  closing.push(jobs.close);
  let serving = true;
  const health = {
    head: () => withDeadline(readHead(sql), headTimeoutMs, 'the database'),
    needsLedger: true,
    projections: () => projector.status(),
    redirects: () => redirect?.status(),
    serving: () => serving,
  };
  const handler = router({
    api: does('api') ? { answer: app(deps), deps } : undefined,
    redirect: redirect?.answer,
    sites: directory,
    health,
    metrics: metricsOf(health),
    log,
  });
  const server = listen({ port: config.port, hostname: config.host }, handler);
  baseUrl ||= `http://localhost:${server.port}`;
  const leave = async () => {
    serving = false;
    await tail.close();
  };
  return started(baseUrl, server, leave, first);

  function started(url: string, server: Listening, leave: () => unknown, firstKey?: string): Instance {
    const { port } = server;
    log.info({ port, role: config.role, url, stream: config.natsUrl ? 'nats' : 'embedded' }, 'listening');
    let stopping: Promise<void> | undefined;
    const stop = () => {
      stopping ??= (async () => {
        await leave();
        await server.drain();
        await closeAll();
      })();
      return stopping;
    };
    return { url, port, firstKey, stop };
  }
}
