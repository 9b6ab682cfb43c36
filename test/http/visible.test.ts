import { describe, expect, test } from 'bun:test';
import type { Access } from '../../projections/keys.ts';
import { belonging, visibleTo } from '../../src/http/visible.ts';

const whole = { mode: 'live', team: null, tags: null } as Access;
const trial = { ...whole, mode: 'test' } as Access;
const team = { ...whole, team: 'team_1' } as Access;
const tagged = { ...whole, tags: ['summer', 'winter'] } as Access;

describe('what a key sees', () => {
  test('is its mode, its team, its tags and its domains', () => {
    expect(visibleTo(whole)).toEqual({ test: false, team: null, tags: null });
    expect(visibleTo(trial)).toEqual({ test: true, team: null, tags: null });
    expect(visibleTo(team)).toEqual({ test: false, team: 'team_1', tags: null });
    expect(visibleTo({ ...whole, domains: ['go.example'] })).toMatchObject({ domains: ['go.example'] });
    expect(visibleTo(tagged)).toEqual({ test: false, team: null, tags: ['summer', 'winter'] });
  });
});

describe('what a key makes', () => {
  test('belongs where the key does, and a key for the whole adds nothing', () => {
    expect(belonging(whole)).toEqual({});
    expect(belonging(whole, { tags: ['a'] })).toEqual({ tags: ['a'] });
    expect(belonging(trial)).toEqual({ test: true });
    expect(belonging(team, { tags: ['a'] })).toEqual({ team: 'team_1', tags: ['a'] });
  });

  test('has one of the tags of a key that needs one: those that were asked for, or else all of them', () => {
    expect(belonging(tagged)).toEqual({ tags: ['summer', 'winter'] });
    expect(belonging(tagged, { tags: ['a'] })).toEqual({ tags: ['a', 'summer', 'winter'] });
    expect(belonging(tagged, { tags: ['winter', 'a', 'a'] })).toEqual({ tags: ['winter', 'a'] });
  });
});
