import { expect, test } from 'bun:test';
import { openLog } from '../../src/log.ts';
import { openRecognition } from '../../src/redirect/recognition.ts';
import { iPhone } from '../support/client.ts';

test('tells the address behind a proxy, its country and the device, and whom nobody can tell', async () => {
  const log = openLog({ logLevel: 'silent', logFormat: 'json' });
  const options = { geoipDb: null, trustedProxies: 'loopback, 10.0.0.0/8' };
  const { clientAddress, isProxy, country, agent, countries } = await openRecognition(options, log);
  expect(clientAddress('10.1.1.1', '8.8.8.8')).toBe('8.8.8.8');
  expect(['127.0.0.1', '10.1.1.1', '8.8.8.8'].map(isProxy)).toEqual([true, true, false]);
  expect([country('8.8.8.8'), country('10.1.1.1')]).toEqual(['US', null]);
  expect(agent(iPhone)).toMatchObject({ device: 'mobile', os: 'iOS', browser: 'Safari' });
  expect(countries.source).toContain('.mmdb');
});
