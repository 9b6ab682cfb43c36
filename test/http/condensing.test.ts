/**
 * Questions with filters over HTTP: what is over is condensed when somebody asks, kept as the organisation's, and told in
 * the same numbers as without; and who asks about more scans than one call may condense is told to come again.
 */
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { type Sql, schemaOf } from '../../projections/projection.ts';
import { Recent } from '../../projections/recent.ts';
import { type CondensedRow, keepCondensed } from '../../projections/scan-condensing.ts';
import { partMax } from '../../projections/scan-parts.ts';
import { quarterOf } from '../../projections/scan-times.ts';
import { Outgrown } from '../../projections/scan-walk.ts';
import { scans } from '../../projections/scans.ts';
import { condensedMax, condensingAt, summedUp } from '../../src/http/condensing.ts';
import { Problem } from '../../src/problem.ts';
import { connect } from '../../src/store/connect.ts';
import { Ledger } from '../../src/store/ledger.ts';
import { burst } from '../support/bursts.ts';
import { type Call, caller } from '../support/client.ts';
import { type Program, startProgram } from '../support/program.ts';
import { prepareModels, trial } from '../support/read-models.ts';
import { scanOf, scansTo, testStore } from '../support/store.ts';
import { until } from '../support/until.ts';

let program: Program;
let call: Call;
beforeAll(async () => {
  program = await startProgram();
  call = caller(program.url, program.key);
});
afterAll(async () => {
  await program?.stop();
});

test('scans of a month that is over are condensed for a filter once, and the numbers are those without it', async () => {
  const { body } = await call('POST', '/v1/qr/create', { json: { destination: 'https://example.com/' } });
  const sql = connect(program.databaseUrl, { max: 1, searchPath: [schemaOf(scans)] });
  const ledger = new Ledger(program.databaseUrl);
  try {
    const [row] = await sql`select org from ledger.events where stream = ${body.id} limit 1`;
    const mine = row!['org'] as string;
    const visits = Array.from({ length: 20 * partMax }, (_, i) => {
      const { data } = scanOf(body.id);
      const at = Date.UTC(2023, 1, 1) + i * 900_000;
      return { at, org: mine, data: { ...data, country: i % 3 === 0 ? 'DE' : 'FR', visitor: (i % 500) * 16 + 1 } };
    });
    await ledger.append(scansTo('scans-condensing', 0, ...visits));
    const ask = async (query: string) =>
      (await call('GET', `/v1/qr/${body.id}/analytics?from=2023-02-01&to=2023-02-28${query}`)).body;
    await until(async () => (await ask('')).totalScans === visits.length, 20_000);
    const kept = () => sql`select org, grain, scans, xmin::text as xmin from scan_condensed`;
    expect(await kept()).toEqual([] as never);
    const { dimensions, timeSeries, weekdayHours, uniqueScans } = await ask('&country=DE,FR');
    const all = await ask('');
    expect({ dimensions, timeSeries, weekdayHours, uniqueScans }).toEqual({
      ...{ dimensions: all.dimensions, timeSeries: all.timeSeries },
      ...{ weekdayHours: all.weekdayHours, uniqueScans: all.uniqueScans },
    });
    const rows = await kept();
    expect(rows).toMatchObject([{ org: mine, grain: 0, scans: visits.length }]);
    expect(await ask('&country=DE')).toMatchObject({ totalScans: 854, topCountries: [{ country: 'DE', scans: 854 }] });
    expect((await ask(`&country=FR&destination=${encodeURIComponent('https://example.com/')}`)).totalScans).toBe(1_706);
    // Nobody has written there again.
    expect(await kept()).toEqual(rows);
  } finally {
    await ledger.close();
    await sql.end();
  }
}, 60_000);

test('who asks while sums are raised at each look is told to come again', async () => {
  let tries = 0;
  const sql = (() => {
    tries += 1;
    return Promise.reject(new Outgrown('scans are being added up'));
  }) as unknown as Sql;
  const refused = await summedUp({ sql }, [{ names: ['qr_0'], spans: [] }]).catch((error: unknown) => error);
  expect(refused).toBeInstanceOf(Problem);
  expect(refused).toMatchObject({ code: 'unavailable', status: 503, headers: { 'retry-after': '1' } });
  expect(tries).toBe(5);
});

test('who asks about more than one call condenses is told to come again, and then gets the answer', async () => {
  const store = await testStore();
  try {
    await prepareModels(store.sql, [scans]);
    const names = ['qr_0', 'qr_1'];
    const events = burst(29, 6_000);
    for (const [i, { data }] of events.entries()) data.qr = names[i % names.length]!;
    const at = Date.UTC(2027, 0, 1);
    await trial(store.sql, scans, [events], async tx => {
      const keep = (row: CondensedRow) => keepCondensed(tx, row);
      const recent = new Recent(1_000_000);
      const deps = { recent, keepCondensed: keep, onError: (error: unknown) => expect(error).toBeUndefined() };
      expect(condensingAt(deps, at)).toMatchObject({ left: condensedMax, until: quarterOf(at) - 1 });
      const ask = (left: number) =>
        summedUp({ sql: tx }, [
          {
            ...{ names, spans: [{ from: 0, to: quarterOf(at) }], matches: () => true },
            condensing: { ...condensingAt(deps, at), left },
          },
        ]);
      const refused = await ask(1).catch((error: unknown) => error);
      expect(refused).toBeInstanceOf(Problem);
      expect(refused).toMatchObject({ code: 'unavailable', status: 503, headers: { 'retry-after': '1' } });
      const { sums } = await ask(1);
      expect([...sums.values()].reduce((n, sum) => n + sum.scans, 0)).toBe(6_000);
    });
  } finally {
    await store.close();
  }
}, 60_000);
