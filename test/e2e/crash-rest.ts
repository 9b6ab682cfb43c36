/**
 * The load of a crash campaign rests, and everything is held against the ledger: scans that were answered, where redirects
 * lead, how far the stream goes, every read model against a replay from zero, the chain and the tree.
 */
import { connect } from '../../src/store/connect.ts';
import { secret } from '../../src/store/secrets.ts';
import { Broker } from '../../src/stream/broker.ts';
import { endOf } from '../../src/stream/jetstream.ts';
import { audit } from '../support/audit.ts';
import { until } from '../support/until.ts';
import type { Load, Scanned } from './crash-load.ts';
import { leads, type World } from './crash-world.ts';
import type { Books } from './ledger-books.ts';

const settleMs = 60_000;
/** Redirects looked at in a rest. */
const sample = 20;

/** What is not as it must be. */
export async function compared(
  world: World,
  load: Load,
  books: Books,
  scanned: readonly Scanned[],
  random: (limit: number) => number,
): Promise<string[]> {
  const url = world.env['DATABASE_URL']!;
  const faults = await countsOf(books, scanned);
  for (let i = 0; i < sample && load.made.length > 0; i++) {
    const made = load.made[random(load.made.length)]!;
    for (const node of [world.office.url, world.node.url]) {
      const isLed = await until(() => leads(node, made), 10_000).catch(() => false);
      if (!isLed) faults.push(`${node}/${made.slug} does not lead to ${made.destination}`);
    }
  }
  await streamed(url, world.nats.url).catch(error => void faults.push(`the stream: ${error.message}`));
  for (const words of [['replay', '--keep'], ['verify']]) {
    const { status, output, errors } = await audit(url, ...words);
    if (status !== 0) faults.push(`audit ${words.join(' ')}: ${output.slice(-500)} ${errors.slice(-500)}`);
  }
  return faults;
}

/** Scans answered are scans recorded, but for those of which a scanner could not tell. */
async function countsOf(books: Books, scanned: readonly Scanned[]): Promise<string[]> {
  const recorded = ({ code }: Scanned) => books.scans.get(code.id) ?? 0;
  const isHome = async () => {
    await books.read();
    return scanned.every(one => recorded(one) >= one.answered);
  };
  await until(isHome, settleMs).catch(() => {});
  const faults: string[] = [];
  for (const one of scanned) {
    const count = recorded(one);
    if (count < one.answered) faults.push(`lost: ${one.answered - count} of ${one.answered} answered scans`);
    if (count > one.answered + one.unsure)
      faults.push(`done twice: ${count} scans on record, ${one.answered} answered and ${one.unsure} cut off`);
    [one.answered, one.unsure] = [count, 0];
  }
  return faults;
}

/** Resolves when the streams end where the ledger does. */
export async function streamed(databaseUrl: string, natsUrl: string): Promise<void> {
  const sql = connect(databaseUrl, { max: 1 });
  const broker = new Broker({ url: natsUrl, key: await secret(sql, 'stream'), onError: () => {} });
  try {
    for (const family of ['facts', 'scans'] as const) {
      const isThere = async () => {
        const [row] = await sql`
          select max(position) as last from ${sql(family === 'facts' ? 'ledger.events' : 'ledger.scans')}`;
        const { link } = broker;
        return link && (await endOf(link, family))?.message?.event.position === row!['last'];
      };
      await until(() => isThere().catch(() => false), settleMs);
    }
  } finally {
    await broker.close();
    await sql.end();
  }
}
