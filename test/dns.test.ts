import { afterAll, beforeAll, expect, test } from 'bun:test';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { txtResolver } from '../src/dns.ts';
import { dnsServer, type TestDns } from './support/dns.ts';
import { problemOf } from './support/problem-of.ts';

let dns: TestDns;
beforeAll(async () => {
  dns = await dnsServer();
});
afterAll(() => dns.close());

test('gives all texts of a name, and none where there are none', async () => {
  const resolve = txtResolver([dns.address]);
  dns.records.set('a.example', ['one', 'x'.repeat(250)]);
  dns.records.set('empty.example', []);
  expect((await resolve('a.example')).sort()).toEqual(['one', 'x'.repeat(250)]);
  expect(await resolve('empty.example')).toEqual([]);
  expect(await resolve('missing.example')).toEqual([]);
});

test('what was added is seen at once', async () => {
  const resolve = txtResolver([dns.address]);
  expect(await resolve('new.example')).toEqual([]);
  dns.records.set('new.example', ['there']);
  expect(await resolve('new.example')).toEqual(['there']);
});

test('a server that does not answer is not the answer that there is nothing', async () => {
  const silent = createSocket('udp4');
  silent.bind(0, '127.0.0.1');
  await once(silent, 'listening');
  const problem = await problemOf(txtResolver([`127.0.0.1:${silent.address().port}`])('a.example'));
  expect([problem.code, problem.headers['retry-after']]).toEqual(['unavailable', '10']);
  silent.close();
}, 120_000);
