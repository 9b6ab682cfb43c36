/**
 * Every route of domains and blocked hosts, with answers of each kind that it gives. A domain is proven by the DNS, so
 * the program has to be started with the server that the story is given.
 */
import type { TestDns } from '../../support/dns.ts';
import type { Story } from './story.ts';

export const domains =
  (dns: TestDns): Story =>
  async story => {
    const { tell } = story;
    const { body } = await tell('POST /v1/domains', '', { json: { host: 'story.example' } });
    await tell('POST /v1/domains', '', { json: { host: 'not a host' } });
    story.id = body.id;
    await tell('GET /v1/domains');
    await tell('GET /v1/domains/{id}');
    await tell('GET /v1/domains/{id}', '', { headers: { 'if-none-match': '*' } });
    await tell('POST /v1/domains/{id}/verify');
    dns.records.set(body.record.name, [body.record.value]);
    await tell('POST /v1/domains/{id}/verify');
    const gone = { title: 'Over', text: 'This offer has ended.' };
    await tell('PATCH /v1/domains/{id}', '', { json: { pages: { root: { url: 'https://example.com/' }, gone } } });
    await tell('PATCH /v1/domains/{id}', '', { json: { pages: { root: { url: 'example' } } } });
    await tell('DELETE /v1/domains/{id}', '', { headers: { 'if-match': '"9"' } });
    await tell('POST /v1/domains/{id}/erase');
    await tell('DELETE /v1/domains/{id}');
    await tell('GET /v1/domains/{id}');
    await tell('GET /v1/blocklist');
    await tell('PUT /v1/blocklist', '', { json: { hosts: ['rival.example'] } });
    await tell('PUT /v1/blocklist', '', { json: { hosts: ['https://rival.example'] } });
  };
