/**
 * How far read models are, as it is told to whoever acts on them; all else about followers is in `projector.test.ts`.
 */
import { expect, test } from 'bun:test';
import type { Projection } from '../projections/projection.ts';
import { Projector } from '../src/projector.ts';
import { EmbeddedFeed } from '../src/stream/embedded.ts';
import { created, requestOf, scanOf, scansTo, testStore } from './support/store.ts';

const notes = (name: string, family: Projection['family']): Projection => ({
  ...{ name, version: 1, family, handles: ['qr.created'] },
  tables: 'create table notes (position bigint primary key)',
  async apply(sql, events) {
    await sql`insert into notes select unnest(${events.map(({ position }) => position)}::bigint[])`;
  },
});

test('whoever listens hears how far each live model is, and only when it is there', async () => {
  const store = await testStore();
  const feed = new EmbeddedFeed(store.ledger, store.sql);
  const models = [notes('facts', 'facts'), notes('everything', 'all')];
  const heard: [string, number][] = [];
  const onMoved = (name: string, position: number) => void heard.push([name, position]);
  const projector = new Projector({ sql: store.sql, feed, onError: () => {}, onMoved });
  await projector.prepare(models);
  await projector.start(models);
  for (let i = 0; i < 3; i++) await store.ledger.append(requestOf(`qr_${i}`, 0, created('x')));
  await store.ledger.append(scansTo('scans-1', 0, scanOf('qr_1')));
  await projector.reached(4, ['facts', 'everything']);
  for (const { name } of models) {
    const positions = heard.filter(([its]) => its === name).map(([, position]) => position);
    expect(positions).toEqual([...positions].sort((a, b) => a - b));
    expect(positions.at(-1)).toBe(4);
    const [row] = await store.sql.unsafe(`select count(*) as n from ${name}_v1.notes`);
    expect(row!['n']).toBe(3);
  }
  await projector.stop();
  await feed.close();
  await store.close();
});

test('whoever waits is let go when it is stopped, and keeps no process alive', async () => {
  const store = await testStore();
  const feed = new EmbeddedFeed(store.ledger, store.sql);
  const projector = new Projector({ sql: store.sql, feed, onError: () => {} });
  const models = [notes('facts', 'facts')];
  await projector.prepare(models);
  await projector.start(models);
  const waiting = projector.reached(1, ['facts'], 86_400_000).catch((error: unknown) => error);
  await projector.stop();
  expect(String(await waiting)).toContain('projection facts was stopped');
  await feed.close();
  await store.close();
});
