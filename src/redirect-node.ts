/**
 * `ROLE=redirect`, put together: the data plane and nothing else, so that many can stand in front. It starts without the
 * database from what it has kept on disk, and takes up the ledger when that is there; only a node that never saw the
 * database has to wait for it.
 */
import { domains } from '../projections/domains.ts';
import { projections } from '../projections/index.ts';
import { redirects } from '../projections/redirects.ts';
import type { Config } from './config.ts';
import { metricsOf } from './http/health.ts';
import { router } from './http/router.ts';
import type { Log } from './log.ts';
import { Projector } from './projector.ts';
import { Directory } from './redirect/directory.ts';
import { openRedirect } from './redirect/open.ts';
import { openRecognition } from './redirect/recognition.ts';
import { type Listening, listen } from './runtime.ts';
import { isOutage, retryMaxMs, type Sql, withDeadline } from './store/connect.ts';
import { KeptSecrets } from './store/kept-secrets.ts';
import type { Ledger } from './store/ledger.ts';
import { migrate } from './store/migrate.ts';
import { readHead } from './store/read.ts';
import { openFeed } from './stream/open.ts';
import type { Feed } from './stream/subscribe.ts';
import { Worker } from './worker.ts';

export interface RedirectNodeOptions {
  readonly config: Config;
  readonly databaseUrl: string;
  readonly sql: Sql;
  readonly ledger: Ledger;
  readonly node: string;
  readonly log: Log;
  readonly now: () => number;
  readonly onError: (error: unknown, name: string) => void;
  /** What is to be closed, in the order it was opened. */
  readonly closing: (() => Promise<unknown>)[];
}

export interface RedirectNode {
  readonly server: Listening;
  /** From now on it says that it is not ready. */
  leave(): void;
}

/** What is needed before the database is there. */
const names = ['visitor', 'stream'] as const;
/** Who has something to answer with does not wait longer for a database that does not say whether it is there. */
const attachTimeoutMs = 5_000;
const headTimeoutMs = 2_000;

export async function openRedirectNode(options: RedirectNodeOptions): Promise<RedirectNode> {
  const { config, databaseUrl, sql, ledger, node, log, now, onError, closing } = options;
  const { dataDir } = config;
  const secrets = new KeptSecrets(dataDir);
  const isKept = await secrets.load(names);
  const prepare = async () => {
    await migrate(sql);
    await secrets.renew(sql, names);
  };
  const preparing = prepare();
  const isAway = await (isKept ? withDeadline(preparing, attachTimeoutMs, 'the database') : preparing).then(
    () => false,
    (error: unknown) => {
      if (!isKept || !isOutage(error)) throw error;
      onError(error, 'database');
      return true;
    },
  );

  const recognition = await openRecognition(config, log);
  const directory = new Directory({ ...config, baseUrl: () => config.publicUrl ?? '', onError });
  closing.push(() => directory.close());
  await directory.load();
  const redirect = await openRedirect({
    ...config,
    ...{ node, sql, ledger, recognition, directory, now, onError, closing },
    visitorKey: () => secrets.get('visitor'),
  });
  const key = async () => secrets.get('stream');
  const stream = { ...config, databaseUrl, sql, ledger, key, relays: false, onError, onReport: () => {}, closing };
  let feed: Feed | undefined;
  const attach = async () => {
    feed ??= await openFeed(stream);
    const projector = new Projector({ sql, feed, onError });
    await projector.prepare(projections);
    await directory.follow({ sql, feed, ledger, checkpoint: () => projector.checkpoint(domains) });
    await redirect.follow({ feed, checkpoint: () => projector.checkpoint(redirects) });
    log.info(redirect.status(), 'following the ledger');
  };
  if (!isAway) await attach();
  else if (!redirect.loaded) throw new Error('the database is away, and no redirects are kept here to answer with');

  let serving = true;
  const health = {
    head: () => withDeadline(readHead(sql), headTimeoutMs, 'the database'),
    needsLedger: false,
    projections: () => [],
    redirects: () => redirect.status(),
    serving: () => serving,
  };
  const handler = router({
    api: undefined,
    redirect: redirect.answer,
    sites: directory,
    health,
    metrics: metricsOf(health),
    log,
  });
  const server = listen({ port: config.port, hostname: config.host }, handler);
  if (isAway) {
    const again = new Worker(
      async () => {
        await prepare();
        await attach();
        void again.stop();
        return false;
      },
      { name: 'database', idleMs: 1_000, onError, retryMaxMs },
    ).start();
    closing.push(() => again.stop());
  }
  return {
    server,
    leave: () => {
      serving = false;
    },
  };
}
