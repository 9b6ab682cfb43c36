import { afterAll, beforeAll, expect, test } from 'bun:test';
import { Recent } from '../projections/recent.ts';
import { sumUp } from '../projections/scan-answers.ts';
import { organizationSubject } from '../projections/scan-intake.ts';
import { quarterOf } from '../projections/scan-times.ts';
import { scans } from '../projections/scans.ts';
import { Condenser } from '../src/condenser.ts';
import { burst, comparable, counted } from './support/bursts.ts';
import { prepareModels, trial } from './support/read-models.ts';
import { type TestStore, testStore } from './support/store.ts';
import { until } from './support/until.ts';

let store: TestStore;
beforeAll(async () => {
  store = await testStore();
  await prepareModels(store.sql, [scans]);
});
afterAll(() => store.close());

const [january, february] = [Date.UTC(2026, 0, 1), Date.UTC(2026, 1, 1)];
/** Of scans that are no tests, so that two subjects have enough of them. */
const events = burst(37, 20_000).filter(({ data }) => !data.test);
const names = ['qr_0', organizationSubject('org_1', false)];

test('what is over and was scanned often is condensed before anybody asks, each span once, whoever looks', async () => {
  const errors: unknown[] = [];
  await trial(store.sql, scans, [events], async tx => {
    const kept = () => tx`
      select qr, grain, c.scans, c.xmin::text as version from scan_condensed c
      join (select qr, subject from scan_totals) t using (subject) order by qr, grain`;
    const looked = async (at: number, rows: number) => {
      const condensers = [1, 2].map(
        () => new Condenser({ sql: tx, now: () => at, onError: error => errors.push(error) }),
      );
      for (const condenser of condensers) condenser.start();
      await until(async () => (await kept()).length >= rows, 30_000);
      for (const condenser of condensers) await condenser.stop();
      return kept();
    };
    // The last day, its third and the month end together, and are over when what is on its way has come.
    expect(await looked(february, 0)).toEqual([] as never);
    const rows = await looked(february + 900_000, 6);
    const expected = names.toSorted().flatMap(name => [0, 1, 2].map(grain => ({ qr: name, grain })));
    expect(rows.map(({ qr, grain }) => ({ qr, grain }))).toEqual(expected);

    for (const name of names) {
      const { sums } = await sumUp(tx, {
        ...{ names: [name], spans: [{ from: quarterOf(january), to: quarterOf(february) }] },
        matches: ({ device }) => device === 'mobile',
        condensing: {
          ...{ until: quarterOf(february), left: 0, atOnce: 1, bytesMax: 0, recent: new Recent(0) },
          keep: async row => void errors.push(row),
        },
      });
      const mine = events.filter(
        ({ at, data }) =>
          (name !== 'qr_0' || data.qr === name) && data.device === 'mobile' && at >= january && at < february,
      );
      expect(comparable(sums)).toEqual(comparable(counted(mine, new Map(), name === 'qr_0')));
    }
    expect(await looked(february + 1_800_000, 6)).toEqual(rows);
  });
  expect(errors).toEqual([]);
}, 90_000);
