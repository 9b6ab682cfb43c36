import { describe, expect, test } from 'bun:test';
import type { TrafficFact } from '../../events/traffic.ts';
import { fold } from '../../src/decider.ts';
import { type Exclusion, type ExclusionCommand, exclusion } from '../../src/deciders/exclusion.ts';
import { problemOf } from '../support/problem-of.ts';

const when = (given: readonly TrafficFact[], command: ExclusionCommand) =>
  exclusion.decide(command, fold(exclusion, given));
const noon = Date.UTC(2026, 3, 8, 12);
const said: Exclusion = { from: noon, before: noon + 900_000, reason: 'Trial' };
const excluded: TrafficFact = { type: 'traffic.excluded', data: said };
const included: TrafficFact = { type: 'traffic.included', data: {} };

describe('an exclusion', () => {
  test('is made once, of whatever it names, and says why', async () => {
    expect(when([], { do: 'exclude', exclusion: said })).toEqual([excluded]);
    for (const data of [{ key: 'key_1' }, { codes: ['qr_1'] }, { utmMedium: 'qa' }, { before: noon }] as Exclusion[]) {
      expect(when([], { do: 'exclude', exclusion: data })).toEqual([{ type: 'traffic.excluded', data }]);
    }
    expect((await problemOf(() => when([excluded], { do: 'exclude', exclusion: said }))).code).toBe('conflict');
  });

  test.each<[Exclusion, string[]]>([
    [{}, [' required']],
    [{ reason: 'Because' }, [' required']],
    [{ from: noon + 1, before: noon + 60_000 }, ['/from multiple_of', '/before multiple_of']],
    [{ from: noon, before: noon }, ['/from too_large']],
    [{ key: 'key_1', reason: 'a\nb' }, ['/reason format']],
  ])('is not made of %j', async (asked, faults) => {
    const { errors } = await problemOf(() => when([], { do: 'exclude', exclusion: asked }));
    expect(errors.map(({ pointer, code }) => `${pointer} ${code}`)).toEqual(faults);
  });

  test('ends when its scans are included again, once', async () => {
    expect(when([excluded], { do: 'include' })).toEqual([included]);
    for (const given of [[], [excluded, included]]) {
      expect((await problemOf(() => when(given, { do: 'include' }))).code).toBe('not_found');
    }
    expect(fold(exclusion, [excluded, included])).toEqual({ status: 'included', isErased: false, exclusion: said });
  });
});
