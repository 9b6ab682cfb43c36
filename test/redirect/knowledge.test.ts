import { expect, test } from 'bun:test';
import { openLog } from '../../src/log.ts';
import { Directory } from '../../src/redirect/directory.ts';
import { knowledgeOf } from '../../src/redirect/knowledge.ts';
import { openRecognition } from '../../src/redirect/recognition.ts';
import { iPhone } from '../support/client.ts';
import { entryOf, redirecting, visitorKey } from '../support/redirecting.ts';

test('a visitor who is only described draws what the one who comes does', async () => {
  const log = openLog({ logLevel: 'silent', logFormat: 'json' });
  const recognition = await openRecognition({ geoipDb: null, trustedProxies: 'loopback' }, log);
  const directory = new Directory({ blockedHosts: [], appSchemes: [], baseUrl: () => '', onError: () => {} });
  const { recognized, addressOf } = knowledgeOf({ recognition, directory, visitorKey });
  const split = Array.from({ length: 20 }, (_, n) => ({
    ...{ name: `v${n}`, weight: 1, destination: `https://example.com/${n}` },
  }));
  const redirect = await redirecting([entryOf('split', { routing: { rules: [{ name: 'r', when: {}, split }] } })]);
  for (let n = 0; n < 20; n++) {
    const [userAgent, address] = [`${iPhone} ${n}`, `::ffff:203.0.113.${n}`];
    const request = new Request('http://localhost/split', { headers: { 'user-agent': userAgent } });
    const answer = await redirect.handle(request, 'split', `203.0.113.${n}`);
    const share = recognized.share(addressOf(address, null), userAgent, 'qr_split r');
    expect(answer.headers.get('location')).toBe(`https://example.com/${Math.floor(share * 20)}`);
  }
  await redirect.close();
});
