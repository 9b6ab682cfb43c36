import { describe, expect, test } from 'bun:test';
import type { DomainFact } from '../../events/domain.ts';
import { fold } from '../../src/decider.ts';
import { hostRules } from '../../src/deciders/destination.ts';
import { canonicalHost, type DomainCommand, domain, hostFaults, recordOf } from '../../src/deciders/domain.ts';
import { faultsOf, problemOf } from '../support/problem-of.ts';

const hosts = hostRules({ own: ['qr.example', 'taken.example'], blocked: ['evil.example'] });
const added: DomainFact = { type: 'domain.added', data: { host: 'go.example.com', token: 'abc' } };
const verified: DomainFact = { type: 'domain.verified', data: {} };
const removed: DomainFact = { type: 'domain.removed', data: {} };
const when = (given: readonly DomainFact[], command: DomainCommand) => domain.decide(command, fold(domain, given));

describe('a domain', () => {
  test('is added in one spelling, once', async () => {
    const add = { do: 'add', host: ' GO.Example.com. ', token: 'abc', hosts } as const;
    expect(when([], add)).toEqual([added]);
    expect((await problemOf(() => when([added], add))).code).toBe('conflict');
    expect(canonicalHost('Bücher.example')).toBe('xn--bcher-kva.example');
  });

  test('is proven by its record, among others, and not twice', async () => {
    const { name, value } = recordOf({ host: 'go.example.com', token: 'abc' });
    expect(name).toBe('_short-link.go.example.com');
    expect(when([added], { do: 'verify', found: ['v=spf1 -all', value] })).toEqual([verified]);
    expect(when([added, verified], { do: 'verify', found: [] })).toEqual([]);
    for (const found of [[], ['short-link-verification=other'], [`${value} `]]) {
      const problem = await problemOf(() => when([added], { do: 'verify', found }));
      expect(faultsOf(problem)).toEqual([' unproven']);
      expect(problem.message).toContain(`${name} with the value ${value}`);
    }
  });

  test('is given pages one by one, and what stays is no fact', () => {
    const root = { url: 'https://example.com/' };
    const [fact] = when([added], { do: 'change_pages', pages: { root }, hosts });
    expect(fact).toEqual({ type: 'domain.pages_changed', data: { root, unknown: null, gone: null } });
    expect(when([added, fact!], { do: 'change_pages', pages: { root, gone: null }, hosts })).toEqual([]);
  });

  test('has no page that leads where no code may lead', async () => {
    const pages = {
      root: { url: 'javascript:alert(1)' },
      unknown: { url: 'https://qr.example/x' },
      gone: { title: 'a\u0007', text: 'b\nc' },
    };
    const problem = await problemOf(() => when([added], { do: 'change_pages', pages, hosts }));
    const faults = { root: 'url scheme', unknown: 'url own_host', gone: 'title format' };
    expect(faultsOf(problem)).toEqual(Object.entries(faults).map(([page, fault]) => `/pages/${page}/${fault}`));
  });

  test('is removed, and then is none', async () => {
    expect(when([added, verified], { do: 'remove' })).toEqual([removed]);
    for (const command of [{ do: 'remove' }, { do: 'verify', found: [] }] as const) {
      expect((await problemOf(() => when([added, removed], command))).code).toBe('not_found');
      expect((await problemOf(() => when([], command))).code).toBe('not_found');
    }
  });
});

test.each(['go.example.com', 'EXAMPLE.com', 'bücher.example', 'a-b.c-d.co.uk', 'xn--bcher-kva.example'])(
  'can be a domain: %s',
  host => expect(hostFaults(host, hosts)).toEqual([]),
);

test.each([
  ['localhost', 'format'],
  ['com', 'format'],
  ['203.0.113.7', 'format'],
  ['[::1]', 'format'],
  ['go.example.com:8080', 'format'],
  ['https://go.example.com', 'format'],
  ['go.example.com/a', 'format'],
  ['user@go.example.com', 'format'],
  ['*.example.com', 'format'],
  ['-a.example.com', 'format'],
  ['a..example.com', 'format'],
  [`${'a'.repeat(64)}.example.com`, 'format'],
  ['qr.example', 'own_host'],
  ['TAKEN.example.', 'own_host'],
])('can not be a domain: %s', (host, code) => expect(hostFaults(host, hosts).map(fault => fault.code)).toEqual([code]));
